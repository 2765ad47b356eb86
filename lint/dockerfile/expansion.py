"""Variables that the builder itself replaces: ``$NAME`` and ``${NAME...}`` outside RUN, CMD and ENTRYPOINT."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..place import Place
from ..record import dataclass, field
from ..regex import regex
from .passage import Word

DEEPEST = 20
LARGEST_MATCH = 2000
"""Characters of value times characters of pattern; beyond it nobody works out what a pattern leaves."""


class Unset:
    """Says that a variable is certainly not set."""


UNSET = Unset()

Lookup = Callable[[str], str | Unset | None]
"""The value of a variable; None where it cannot be known."""


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """
    A variable in a word.

    Attributes:
        operator: Empty, or one of ``- :- + :+ ? :? # ## % %% / //``.
    """

    name: str
    operator: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Expansion:
    """
    A word as the builder reads it.

    Attributes:
        text: Quotes removed and variables replaced; None where a value in it cannot be known.
        uses: The variables, in their order.
        errors: What the builder refuses, with the place.
    """

    text: str | None
    uses: tuple[Use, ...] = ()
    errors: tuple[tuple[Place, str], ...] = ()


def expanded(word: Word, lookup: Lookup, escape: str, keeps_quotes: bool = False) -> Expansion:
    """
    *word* with variables replaced, as BuildKit's own small shell does it.

    Args:
        keeps_quotes: For the old form of ENV and other places where quotes are plain characters.
    """
    if not set(word.text) & set("$'\"\\`"):
        return Expansion(word.text)
    reader = _Reader(word, lookup, escape, keeps_quotes)
    try:
        text = reader.up_to("", False)
    except _BrokenError as error:
        return Expansion(None, tuple(reader.uses), ((word.part(error.start, error.end).place, error.reason),))
    return Expansion(text, tuple(reader.uses))


class _BrokenError(Exception):
    def __init__(self, start: int, end: int, reason: str) -> None:
        super().__init__(reason)
        self.start, self.end, self.reason = start, end, reason


_NAME = regex(r"[0-9]+|[^\W\d]\w*|[@*#?\-$!0]")
_OPERATOR = regex(r"\}|:[-+?]|[-+?]|##?|%%?|//?")
_PLAIN = regex(r"[^$'\"\\`/}]+")


@dataclass
class _Reader:
    word: Word
    lookup: Lookup
    escape: str
    keeps_quotes: bool
    at: int = 0
    depth: int = 0
    uses: list[Use] = field(default_factory=list)

    def up_to(self, stop: str, keeps_escapes: bool) -> str | None:
        """Reads as far as *stop*, or to the end; None where a value is unknown."""
        text, start = self.word.text, self.at
        pieces: list[str | None] = []
        while self.at < len(text):
            if stop and text[self.at] == stop:
                self.at += 1
                return _joined(pieces)
            pieces.append(self._piece(keeps_escapes))
        if stop:
            raise _BrokenError(max(start - 1, 0), len(text), f'a variable without its closing "{stop}"')
        return _joined(pieces)

    def _piece(self, keeps_escapes: bool) -> str | None:
        text, at = self.word.text, self.at
        plain = _PLAIN.match(text, at)
        if plain:
            self.at = plain.end()
            return plain[0]
        character = text[at]
        if character == "$":
            return self._variable()
        self.at += 1
        if character == self.escape:
            following = text[self.at : self.at + 1]
            self.at += 1
            return (character if keeps_escapes else "") + following
        if character == "'" and not self.keeps_quotes:
            return self._single_quoted(at)
        if character == '"' and not self.keeps_quotes:
            return self._double_quoted(at)
        return character

    def _single_quoted(self, start: int) -> str:
        end = self.word.text.find("'", self.at)
        if end < 0:
            raise _BrokenError(start, start + 1, "a ' without its partner")
        value = self.word.text[self.at : end]
        self.at = end + 1
        return value

    def _double_quoted(self, start: int) -> str | None:
        text = self.word.text
        pieces: list[str | None] = []
        while self.at < len(text):
            character = text[self.at]
            if character == '"':
                self.at += 1
                return _joined(pieces)
            if character == "$":
                pieces.append(self._variable())
                continue
            following = text[self.at + 1 : self.at + 2]
            if character == self.escape and following and following in '"$' + self.escape:
                self.at, character = self.at + 1, following
            self.at += 1
            pieces.append(character)
        raise _BrokenError(start, start + 1, 'a " without its partner')

    def _variable(self) -> str | None:
        text, start = self.word.text, self.at
        braced = text.startswith("{", start + 1)
        name = _NAME.match(text, start + 1 + braced)
        if not braced and not name:
            self.at += 1
            return "$"
        if not name or self.depth > DEEPEST:
            raise _BrokenError(
                start, min(start + 3, len(text)), 'not a variable; write ${NAME}, or "\\$" for a plain "$"'
            )
        self.at = name.end()
        operator = ""
        if braced:
            match = _OPERATOR.match(text, self.at)
            if not match:
                raise _BrokenError(start, min(self.at + 1, len(text)), "a variable without its closing }")
            operator = "" if match[0] == "}" else match[0]
            self.at = match.end()
        index = len(self.uses)
        value = self._value(name[0], operator)
        self.uses.insert(index, Use(name[0], operator, self.word.part(start, self.at).place))
        return value

    def _value(self, name: str, operator: str) -> str | None:
        value = self.lookup(name)
        if not operator:
            return "" if isinstance(value, Unset) else value
        self.depth += 1
        argument = self.up_to("/" if operator[0] == "/" else "}", operator[0] in "#%/")
        replacement = self.up_to("}", True) if operator[0] == "/" else ""
        self.depth -= 1
        if value is None or argument is None or replacement is None:
            return argument if operator[-1] == "+" and value is not None else None
        return _applied(operator, value, argument, replacement)


def _applied(operator: str, value: str | Unset, argument: str, replacement: str) -> str | None:
    missing = isinstance(value, Unset) or (operator[0] == ":" and not value)
    if operator[-1] == "+":
        return "" if missing else argument
    if isinstance(value, Unset):
        return {"-": argument, "?": None}.get(operator[-1], "")
    if operator[-1] in "-?":
        return argument if missing and operator[-1] == "-" else value
    return _cut(operator, value, argument, replacement) if len(value) * len(argument) <= LARGEST_MATCH else None


def _cut(operator: str, value: str, argument: str, replacement: str) -> str:
    if operator[0] in "#%":
        return _trimmed(operator, value, argument)
    pattern = re.compile(_regex(argument, True), re.DOTALL)
    return pattern.sub(lambda _: replacement, value, count=0 if operator == "//" else 1)


def _trimmed(operator: str, value: str, pattern: str) -> str:
    greedy = len(operator) > 1
    lengths = range(len(value) + 1)
    matcher = re.compile(_regex(pattern, True), re.DOTALL)
    for length in reversed(lengths) if greedy else lengths:
        piece = value[:length] if operator[0] == "#" else value[len(value) - length :]
        if matcher.fullmatch(piece):
            return value[length:] if operator[0] == "#" else value[: len(value) - length]
    return value


def _regex(pattern: str, greedy: bool) -> str:
    pieces = []
    for match in re.finditer(r"\\(.)|(.)", pattern, re.DOTALL):
        escaped, plain = match.groups()
        if plain == "*":
            pieces.append(".*" if greedy else ".*?")
        else:
            pieces.append("." if plain == "?" else re.escape(escaped or plain))
    return "".join(pieces)


def _joined(pieces: list[str | None]) -> str | None:
    return None if None in pieces else "".join(piece for piece in pieces if piece is not None)
