"""
How Compose splits a command that is written as one text. No shell reads it.

Source: Parse of mattn/go-shellwords, without variables and backticks being run.
"""

from __future__ import annotations

from ..record import dataclass

_SPACE = " \t\r\n"
_OPERATORS = ";&|<>"


class UnbalancedError(ValueError):
    """A quote, bracket or backtick that is never closed, or a bracket outside of quotes."""


@dataclass(frozen=True, slots=True)
class Split:
    """The words, and what follows the first operator such as ``&&``: Compose drops it without a word."""

    words: tuple[str, ...]
    dropped: str


def split(text: str) -> Split:
    """
    The words of *text*.

    Raises:
        UnbalancedError: as Compose does.
    """
    splitter = _Splitter()
    for index, character in enumerate(text):
        if splitter.take(character):
            return Split(splitter.done(is_cut=True), text[index:])
    return Split(splitter.done(), "")


class _Splitter:
    """What has been read: the finished words, the one being read, and which of the quotes are open."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.word = ""
        self.has_word = False
        self.escaped = False
        self.open = dict.fromkeys("\"'`(", False)

    def take(self, character: str) -> bool:
        """Reads one character; True at an operator, which ends the reading."""
        if self.escaped:
            self.escaped = False
        elif character == "\\" and not self.open["'"]:
            self.escaped = True
            return False
        elif character in _SPACE:
            self._space(character)
            return False
        elif self._is_quote(character):
            return False
        elif character in _OPERATORS and not any(self.open.values()):
            if character == ">" and self.word[:1].isdigit():
                self.has_word = False
            return True
        self.word += character
        self.has_word = True
        return False

    def done(self, *, is_cut: bool = False) -> tuple[str, ...]:
        """The words, the last one with them."""
        if not is_cut and (self.escaped or any(self.open.values())):
            raise UnbalancedError
        return (*self.words, self.word) if self.has_word else tuple(self.words)

    def _space(self, character: str) -> None:
        if any(self.open.values()):
            self.word += character
        elif self.has_word:
            self.words.append(self.word)
            self.word, self.has_word = "", False

    def _is_quote(self, character: str) -> bool:
        """Whether *character* is a quote that leaves no trace; brackets and backticks stay in the word."""
        opened = self.open
        if character == "`" and not (opened["'"] or opened['"'] or opened["("]):
            opened["`"] = not opened["`"]
        elif character in "()" and not (opened["'"] or opened['"'] or opened["`"]):
            self._bracket(character)
        elif character in "\"'" and not opened["("] and not opened["'" if character == '"' else '"']:
            self.has_word = self.has_word or opened[character]
            opened[character] = not opened[character]
            return True
        return False

    def _bracket(self, character: str) -> None:
        if character == ")":
            self.open["("] = not self.open["("]
        elif self.open["("] or not self.word.endswith("$"):
            raise UnbalancedError
        else:
            self.open["("] = True
