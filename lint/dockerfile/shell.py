"""Shell text cut into simple commands with places; says so where it does not understand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ..place import Place
from .passage import Passage, Word
from .tokens import Token, tokens

DEEPEST = 8
"""How far ``$(...)`` and ``sh -c`` are followed into each other."""

_OPENING_WORDS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"}
_CLOSING_WORDS = {"fi", "done", "esac", "}", "]]"}
_WRAPPERS = {"sudo", "exec", "command", "nohup", "nice", "ionice", "env", "stdbuf", "chronic", "eatmydata", "builtin"}
_SHELLS = {"sh", "bash", "ash", "dash", "ksh", "zsh", "busybox"}
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")


@dataclass(frozen=True, slots=True, eq=False)
class ShellWord:
    """
    One word of a command.

    Attributes:
        text: What the shell makes of it, quotes gone; None where a variable, a glob or a command decides.
        raw: As written.
    """

    text: str | None
    raw: str
    passage: Passage
    start: int
    end: int

    @property
    def place(self) -> Place:
        """The word with its quotes."""
        return self.passage.place(self.start, self.end)

    @property
    def known(self) -> str:
        """What is certain: the text, or what is written."""
        return self.raw if self.text is None else self.text

    def __str__(self) -> str:
        return self.known


@dataclass(frozen=True, slots=True, eq=False)
class Redirect:
    """``> file``, ``2>&1``, ``<<EOF``: the operator, and the word after it."""

    operator: str
    word: ShellWord | None


@dataclass(frozen=True, eq=False)
class Command:
    """
    A simple command.

    Attributes:
        words: Without assignments in front and without redirections.
        assignments: ``NAME=value`` words before the command.
        before: The operator in front of it, empty for the first: ``&&``, ``||``, ``;``, ``|``, ``&`` or a line end.
        piped_from: The command whose output it reads.
        depth: 0 at the top, more inside ``$(...)`` and ``sh -c``.
    """

    words: tuple[ShellWord, ...]
    assignments: tuple[ShellWord, ...]
    redirects: tuple[Redirect, ...]
    before: str
    piped_from: Command | None = None
    depth: int = 0
    is_conditional: bool = False

    @property
    def place(self) -> Place:
        """From its first word to its last."""
        first = (self.words or self.assignments)[0]
        last = (self.words or self.assignments)[-1]
        return first.passage.place(first.start, last.end)

    @cached_property
    def argv(self) -> tuple[ShellWord, ...]:
        """The words from the program that does the work on: ``sudo``, ``env`` and their like skipped."""
        words = self.words
        while words and words[0].text in _WRAPPERS:
            words = words[1:]
            while words and (words[0].known.startswith("-") or _ASSIGNMENT.match(words[0].known)):
                words = words[1:]
        return words

    @property
    def program(self) -> str:
        """The file name of the program; empty where it cannot be known."""
        return (self.argv[0].text or "").rpartition("/")[2] if self.argv else ""

    @property
    def arguments(self) -> tuple[ShellWord, ...]:
        """The words after the program."""
        return self.argv[1:]

    def option(self, *names: str) -> ShellWord | None:
        """The first argument that is one of *names*, alone, or followed by ``=`` for a long one."""
        for argument in self.arguments:
            if argument.known in names or (argument.known.startswith("--") and argument.known.split("=")[0] in names):
                return argument
        return None

    def has_short(self, letter: str) -> bool:
        """Whether *letter* is among the bundled short options, as ``f`` in ``-sSfL``."""
        return any(re.fullmatch(rf"-[A-Za-z]*{letter}[A-Za-z]*", argument.known) for argument in self.arguments)

    def operands(self, with_value: Sequence[str] = ()) -> tuple[ShellWord, ...]:
        """The arguments that are no options; *with_value* names options that take the next word."""
        found: list[ShellWord] = []
        skip = False
        for argument in self.arguments:
            if skip:
                skip = False
            elif argument.known in with_value:
                skip = True
            elif not argument.known.startswith("-") or argument.known == "-":
                found.append(argument)
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Script:
    """
    The commands of one RUN, CMD or HEALTHCHECK.

    *is_understood* is False where something was met that this splitter does not know; then commands may be missing.
    """

    commands: tuple[Command, ...]
    is_understood: bool = True

    def named(self, *programs: str) -> Iterator[Command]:
        """The commands whose program is one of *programs*."""
        return (command for command in self.commands if command.program in programs)


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
            is_assignment = not self.words and _ASSIGNMENT.match(word.raw)
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
            return replace(script(passage, depth + 1))
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
