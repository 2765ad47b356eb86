"""Simple commands of a shell, as values: words with places, what was assigned and redirected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..cached import cached_property
from ..place import Place
from ..record import dataclass
from ..regex import regex
from .passage import Passage

ASSIGNMENT = regex(r"[A-Za-z_]\w*\+?=")
_WRAPPERS = {"sudo", "exec", "command", "nohup", "nice", "ionice", "env", "stdbuf", "chronic", "eatmydata", "builtin"}


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
            while words and (words[0].known.startswith("-") or ASSIGNMENT.match(words[0].known)):
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
