"""A text and where its characters stand."""

from __future__ import annotations

from bisect import bisect_right

from .cached import cached_property
from .place import Place
from .record import dataclass


@dataclass(frozen=True, eq=False)
class Source:
    """
    The text of one file, addressed by offsets that count characters from 0.

    Lines end with ``\\n`` alone: a ``\\r`` before it, like a byte order mark at the start, has a column of its own,
    so that a place always leads back to the same offset of this text.
    """

    text: str
    path: str

    def place(self, start: int, end: int) -> Place:
        """The place of the characters from *start* up to, not including, *end*."""
        starts = self._line_starts
        line = bisect_right(starts, start)
        before = starts[line - 1] - 1
        column = start - before
        if end <= start:
            return Place(self.path, line, column, line, column)
        if line == len(starts) or end < starts[line]:
            return Place(self.path, line, column, line, end - before)
        if self.text[end - 1] == "\n":
            return Place(self.path, line, column, *self.position(end))
        end_line, end_column = self.position(end - 1)
        return Place(self.path, line, column, end_line, end_column + 1)

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of the character at *offset*, both from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The offset of the character at *line* and *column*: the other way round."""
        return self._line_starts[line - 1] + column - 1

    def whole_lines(self, place: Place) -> Place:
        """The lines that *place* touches, with the end of the last one: what to delete so that no empty line stays."""
        end = self.line_end(self.offset(place.end_line, 1))
        return self.place(self.offset(place.line, 1), min(end + 1, len(self.text)))

    def line_end(self, offset: int) -> int:
        """The offset of the line end after *offset*, or of the end of the text."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts
