"""Lines of a Dockerfile joined to statements: directives, comments, continuations and heredocs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..family import Problem
from ..place import Place
from ..record import dataclass
from ..regex import regex
from ..source import Source
from .heredoc import Heredoc, Opening, openings
from .passage import Passage, Word, word

DIRECTIVES = ("syntax", "escape", "check")
LARGEST_LINE_BYTES = 65535
"""What BuildKit's reader takes."""

INVALID_DIRECTIVE = "dockerfile/invalid-directive"
LINE_TOO_LONG = "dockerfile/line-too-long"
UNTERMINATED_HEREDOC = "dockerfile/unterminated-heredoc"

_DIRECTIVE = regex(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
_CONTINUATION = {
    "\\": re.compile(r"(?:(?<=[^\\])|^)\\[ \t]*\Z"),
    "`": re.compile(r"(?:(?<=[^`])|^)`[ \t]*\Z"),
}
_MAY_HOLD_HEREDOC = regex(r"(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Directive:
    """A parser directive at the top of the file, such as ``# syntax=docker/dockerfile:1``."""

    name: str
    value: str
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """
    One instruction as text, with what belongs to it.

    Attributes:
        passage: The instruction from its first character, continuations joined and comment lines left out.
        empty_lines: Blank lines inside its continuations.
        end: Offset in the file after the instruction and its heredocs.
    """

    passage: Passage
    heredocs: tuple[Heredoc, ...]
    empty_lines: tuple[Place, ...]
    end: int


class Lines:
    """Reads a source once; the results are in the attributes after `statements` ran to its end."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 1 if source.text.startswith("\ufeff") else 0
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.comments: list[tuple[Place, str]] = []
        self.problems: list[Problem] = []

    def statements(self) -> Iterator[Statement]:
        self._read_directives()
        while self.at < len(self.text):
            start, end = self._line()
            first = start + len(self.text[start:end]) - len(self.text[start:end].lstrip())
            if first >= end:
                continue
            if self.text[first] == "#":
                self._comment(first, end)
                continue
            if statement := self._statement(first, end):
                yield statement

    def _line(self) -> tuple[int, int]:
        """The next line without its end, and moves on."""
        start = self.at
        end = self.source.line_end(start)
        self.at = end + 1
        while end > start and self.text[end - 1] == "\r":
            end -= 1
        return start, end

    def _comment(self, start: int, end: int) -> None:
        self.comments.append((self.source.place(start, end), self.text[start:end]))

    def _read_directives(self) -> None:
        while self.at < len(self.text):
            before = self.at
            start, end = self._line()
            match = _DIRECTIVE.fullmatch(self.text[start:end].lstrip())
            if match is None or match[1].lower() not in DIRECTIVES:
                self.at = before
                return
            self._comment(start, end)
            self._directive(match[1].lower(), match[2], self.source.place(start, end))

    def _directive(self, name: str, value: str, place: Place) -> None:
        if any(directive.name == name for directive in self.directives):
            self.problems.append((INVALID_DIRECTIVE, place, f'a second "{name}" directive; keep one'))
            return
        self.directives.append(Directive(name, value, place))
        if name != "escape":
            return
        if value not in _CONTINUATION:
            self.problems.append((INVALID_DIRECTIVE, place, f'escape can be "\\" or "`", not "{value}"'))
            return
        self.escape = value

    def _is_too_long(self, start: int, end: int) -> bool:
        if (end - start) * 4 <= LARGEST_LINE_BYTES or len(self.text[start:end].encode()) <= LARGEST_LINE_BYTES:
            return False
        told = f"a line longer than the {LARGEST_LINE_BYTES} bytes that BuildKit reads; break it with {self.escape}"
        self.problems.append((LINE_TOO_LONG, self.source.place(start, start + 1), told))
        return True

    def _statement(self, start: int, end: int) -> Statement | None:
        if self._is_too_long(start, end):
            return None
        continuation = _CONTINUATION[self.escape]
        pieces: list[tuple[int, int]] = []
        empty: list[Place] = []
        match = continuation.search(self.text[start:end])
        pieces.append((start, start + match.start() if match else end))
        while match and self.at < len(self.text):
            start, end = self._line()
            line = self.text[start:end]
            stripped = line.lstrip()
            if stripped.startswith("#"):
                self._comment(end - len(stripped), end)
            elif self._is_too_long(start, end):
                match = None
            elif not stripped:
                empty.append(self.source.place(start, end))
            else:
                match = continuation.search(line)
                pieces.append((start, start + match.start() if match else end))
        passage = self._joined(pieces)
        heredocs = tuple(self._heredocs(passage)) if "<<" in passage.text else ()
        stop = heredocs[-1].end if heredocs else end
        return Statement(passage, heredocs, tuple(empty), stop) if passage.text.strip() else None

    def _joined(self, pieces: list[tuple[int, int]]) -> Passage:
        offsets, length = [], 0
        for start, end in pieces:
            offsets.append(length)
            length += end - start
        text = "".join([self.text[start:end] for start, end in pieces])
        return Passage(text, self.source, tuple(offsets), tuple(start for start, _ in pieces))

    def _heredocs(self, passage: Passage) -> Iterator[Heredoc]:
        match = _MAY_HOLD_HEREDOC.match(passage.text)
        if not match:
            return
        for opening in openings(passage.text, match.end()):
            yield self._heredoc(opening, word(passage, opening.start, opening.end))

    def _heredoc(self, opening: Opening, where: Word) -> Heredoc:
        first = min(self.at, len(self.text))
        while self.at < len(self.text):
            start, end = self._line()
            line = self.text[start:end]
            if (line.lstrip("\t") if opening.strips_tabs else line) == opening.name:
                return Heredoc(opening, where, self._body(first, start), end)
        told = f'the heredoc has no line "{opening.name}" that ends it; add one, alone on its line'
        self.problems.append((UNTERMINATED_HEREDOC, where.place, told))
        return Heredoc(opening, where, self._body(first, len(self.text)), len(self.text))

    def _body(self, start: int, end: int) -> Passage:
        return Passage(self.text[start:end], self.source, (0,), (start,))
