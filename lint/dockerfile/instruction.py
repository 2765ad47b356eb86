"""Instructions of a Dockerfile: names, flags and arguments with places."""

from __future__ import annotations

import re

from ..cached import cached_property
from ..place import Place
from ..record import dataclass
from ..regex import regex
from .heredoc import Heredoc
from .lines import Statement
from .passage import Passage, Word, word
from .words import Flag, NotStringsError, Pair, bare_words, flags, json_words, pairs, quoted_words

KNOWN = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip

KNOWN_FLAGS = {
    "ADD": {"chmod", "chown", "checksum", "exclude", "keep-git-dir", "link", "parents", "unpack"},
    "COPY": {"chmod", "chown", "exclude", "from", "link", "parents"},
    "FROM": {"platform"},
    "HEALTHCHECK": {"interval", "retries", "start-interval", "start-period", "timeout"},
    "RUN": {"device", "mount", "network", "security"},
}

WITH_JSON = {"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"}


@dataclass(frozen=True, eq=False)
class Instruction:
    """
    One instruction.

    Attributes:
        name: In capitals, also when unknown.
        word: The name as written.
        passage: The whole instruction, continuations joined.
        arguments: Where in *passage* the arguments start, after the flags.
        trigger: The instruction after ONBUILD, else None.
    """

    name: str
    word: Word
    flags: tuple[Flag, ...]
    passage: Passage
    arguments: int
    escape: str
    heredocs: tuple[Heredoc, ...]
    empty_lines: tuple[Place, ...]
    end: int
    trigger: Instruction | None = None

    @property
    def place(self) -> Place:
        """From the name to the end of the last argument, heredocs not included."""
        return self.passage.place(self.word.start, max(self.word.end, len(self.passage.text.rstrip())))

    @property
    def text(self) -> str:
        """The arguments as one text, continuations joined."""
        return self.passage.text[self.arguments :].strip()

    @property
    def argument(self) -> Word:
        """All arguments as one word."""
        end = max(self.arguments, len(self.passage.text.rstrip()))
        return word(self.passage, self.arguments, end)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments cut at white space; those of ENV, ARG and LABEL outside quotes only."""
        if self.name in ("ENV", "ARG", "LABEL"):
            return quoted_words(self.passage, self.arguments, self.escape)
        return bare_words(self.passage, self.arguments)

    @cached_property
    def json(self) -> tuple[Word, ...] | None:
        """The strings of the exec form; None for the shell form, which malformed JSON is too."""
        if self.name not in WITH_JSON and self.name != "HEALTHCHECK":
            return None
        try:
            return json_words(self.passage, self.command_start)
        except NotStringsError:
            return None

    @property
    def command_start(self) -> int:
        """Where the command starts: for HEALTHCHECK after CMD, else where the arguments do."""
        if self.name != "HEALTHCHECK" or not self.words:
            return self.arguments
        match = re.compile(r"\s*").match(self.passage.text, self.words[0].end)
        return match.end() if match else self.arguments

    @property
    def command(self) -> Passage:
        """The shell form of RUN, CMD, ENTRYPOINT or HEALTHCHECK CMD."""
        return self.passage.part(self.command_start, len(self.passage.text))

    @cached_property
    def is_legacy_pair(self) -> bool:
        """Whether ENV or LABEL has the old form with a space: ``ENV name value``."""
        return self.name in ("ENV", "LABEL") and bool(self.words) and "=" not in self.words[0].text

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The settings of ENV, LABEL and ARG."""
        if self.name not in ("ENV", "ARG", "LABEL") or not self.words:
            return ()
        if not self.is_legacy_pair:
            return tuple(pairs(self.words))
        name, end = bare_words(self.passage, self.arguments)[0], len(self.passage.text.rstrip())
        match = re.compile(r"\s+").match(self.passage.text, name.end)
        start = match.end() if match else name.end
        return (Pair(name, word(self.passage, min(start, end), end) if start < end else None),)

    @property
    def sources(self) -> tuple[Word, ...]:
        """What COPY or ADD takes, heredocs left out; empty when there is no target."""
        written = self.json if self.json is not None else self.words
        opened = [heredoc.word for heredoc in self.heredocs]
        return tuple(
            each
            for each in written[:-1]
            if not any(word.start <= each.start and each.end <= word.end for word in opened)
        )

    @property
    def target(self) -> Word | None:
        """Where COPY or ADD puts it."""
        written = self.json if self.json is not None else self.words
        return written[-1] if len(written) > 1 else None

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name."""
        return next((flag for flag in reversed(self.flags) if flag.name == name), None)


_NAME = regex(r"\s*([^\s]+)\s*")


def instruction(statement: Statement, escape: str) -> Instruction:
    """The instruction in *statement*."""
    return _instruction(statement, statement.passage, 0, escape)


def _instruction(statement: Statement, passage: Passage, start: int, escape: str) -> Instruction:
    match = _NAME.match(passage.text, start)
    first, last = match.span(1) if match else (start, start)
    name = passage.text[first:last].upper()
    found, arguments = flags(passage, last)
    trigger = None
    if name == "ONBUILD" and passage.text[arguments:].strip():
        trigger = _instruction(statement, passage, arguments, escape)
    return Instruction(
        name,
        word(passage, first, last),
        found,
        passage,
        arguments,
        escape,
        statement.heredocs,
        statement.empty_lines,
        statement.end,
        trigger,
    )
