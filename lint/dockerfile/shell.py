"""Shell text cut into simple commands with places; says so where it does not understand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .command import ASSIGNMENT, Command, Redirect, Script, ShellWord
from .passage import Passage, Word
from .tokens import Token, tokens

DEEPEST = 8
"""How far ``$(...)`` and ``sh -c`` are followed into each other."""

_OPENING_WORDS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"}
_CLOSING_WORDS = {"fi", "done", "esac", "}", "]]"}
_SHELLS = {"sh", "bash", "ash", "dash", "ksh", "zsh", "busybox"}


def script(passage: Passage, depth: int = 0) -> Script:
    """The commands in *passage*, which a POSIX shell reads."""
    reader = _Reader(depth)
    for token in tokens(passage):
        reader.take(token)
    reader.close(";")
    return Script(tuple(reader.commands), reader.is_understood)


def exec_command(words: Sequence[Word]) -> Script:
    """The exec form as a command; what ``sh -c`` runs in it is read too."""
    argv = tuple(ShellWord(each.text, each.text, each.passage, each.start, each.end) for each in words)
    if not argv:
        return Script(())
    command = Command(argv, (), (), "")
    inner = _inner(command, 0, _inside_json)
    return Script((command, *inner.commands), inner.is_understood)


class _Reader:
    """Takes tokens and puts them together to commands."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.commands: list[Command] = []
        self.is_understood = True
        self.words: list[ShellWord] = []
        self.assignments: list[ShellWord] = []
        self.redirects: list[Redirect] = []
        self.nested: list[Passage] = []
        self.pending = ""
        self.before = ""
        self.previous: Command | None = None
        self.skipping = ""
        self.conditions = 0
        self.case_depth = 0
        self.in_pattern = False

    def take(self, token: Token) -> None:
        if token.kind == "broken":
            self.is_understood = False
        elif token.kind == "redirect":
            self.pending = token.text
        elif token.kind == "operator":
            self._operator(token.text)
        else:
            self._word(token)

    def _word(self, token: Token) -> None:
        word = ShellWord(token.value, token.text, token.passage, token.start, token.end)
        self.nested.extend(token.nested)
        if self.pending:
            self.redirects.append(Redirect(self.pending, word))
            self.pending = ""
        elif self.in_pattern or self.skipping:
            self._skipped(word)
        elif self.words or not self._reserved(word):
            is_assignment = not self.words and ASSIGNMENT.match(word.raw)
            (self.assignments if is_assignment else self.words).append(word)

    def _skipped(self, word: ShellWord) -> None:
        if self.skipping == "case" and word.raw == "in":
            self.skipping = ""
            self.in_pattern = True
        elif self.in_pattern and word.raw == "esac":
            self.in_pattern = False
            self.case_depth -= 1

    def _reserved(self, word: ShellWord) -> bool:
        if word.raw in _OPENING_WORDS or word.raw in _CLOSING_WORDS:
            self.conditions += (word.raw in ("then", "else", "elif", "do")) - (word.raw in ("fi", "done"))
            if word.raw == "esac":
                self.case_depth -= 1
            return True
        if word.raw in ("for", "case", "select", "function"):
            self.skipping = word.raw
            self.case_depth += word.raw == "case"
            return True
        return False

    def _operator(self, text: str) -> None:
        if self.words and self.words[0].raw == "[[" and self.words[-1].raw != "]]" and text != "\n":
            return
        if text == "(" and len(self.words) == 1 and not self.assignments:  # name() { ...; }
            self.words.clear()
        elif text == "(" and not self.words and self.assignments:  # name=(an array)
            self.is_understood = False
            self.skipping = "array"
        elif text == "\n" and (self.skipping in ("case", "array") or self.in_pattern):
            return
        elif text == ")" and self.in_pattern:
            self.in_pattern = False
            self.before = ";"
        elif text in (";;", ";&", ";;&"):
            self.close(";")
            self.in_pattern = self.case_depth > 0
        elif not (text == "(" and self.in_pattern) and not (text == "|" and self.in_pattern):
            self.close(text)

    def close(self, operator: str) -> None:
        """Ends the command that was being read; *operator* stands before the next."""
        self.skipping = ""
        self.pending = ""
        command = None
        if self.words or self.assignments or self.redirects:
            command = self._command()
        elif operator in ("\n", ";", "(", ")") and self.before in ("&&", "||", "|"):
            return
        self.nested, self.words, self.assignments, self.redirects = [], [], [], []
        self.before = ";" if operator in ("(", ")") else operator
        self.previous = command if operator in ("|", "|&") else None

    def _command(self) -> Command | None:
        if not self.words and not self.assignments:
            return None
        command = Command(
            tuple(self.words),
            tuple(self.assignments),
            tuple(self.redirects),
            self.before,
            self.previous if self.before in ("|", "|&") else None,
            self.depth,
            self.conditions > 0 or self.case_depth > 0,
        )
        self.commands.append(command)
        self._descend(command)
        return command

    def _descend(self, command: Command) -> None:
        inner = [_inner(command, self.depth, _inside_quotes)]
        if self.depth < DEEPEST:
            inner += [script(passage, self.depth + 1) for passage in self.nested]
        elif self.nested:
            self.is_understood = False
        for each in inner:
            self.commands.extend(each.commands)
            self.is_understood = self.is_understood and each.is_understood


def _inner(command: Command, depth: int, inside: object) -> Script:
    """What ``sh -c "..."`` runs."""
    if command.program not in _SHELLS:
        return Script(())
    arguments = command.arguments
    for index, argument in enumerate(arguments[:-1]):
        if re.fullmatch(r"-[a-z]*c", argument.known):
            passage = inside(arguments[index + 1]) if callable(inside) else None
            if not isinstance(passage, Passage) or depth >= DEEPEST:
                return Script((), False)
            return script(passage, depth + 1)
        if not argument.known.startswith(("-", "+")) and argument.known != "pipefail":
            break
    return Script(())


def _inside_quotes(word: ShellWord) -> Passage | None:
    raw = word.raw
    if len(raw) > 1 and raw[0] == raw[-1] == "'" and "'" not in raw[1:-1]:
        return word.passage.part(word.start + 1, word.end - 1)
    if len(raw) > 1 and raw[0] == raw[-1] == '"' and not set(raw[1:-1]) & set('"\\`$'):
        return word.passage.part(word.start + 1, word.end - 1)
    return None


def _inside_json(word: ShellWord) -> Passage | None:
    written = word.passage.text[word.start + 1 : word.end - 1]
    return word.passage.part(word.start + 1, word.end - 1) if written == word.text else None
