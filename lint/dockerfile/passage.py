"""Text of a Dockerfile that was joined over lines and still knows where each character stands."""

from __future__ import annotations

from bisect import bisect_right

from ..place import Place
from ..record import dataclass
from ..source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """
    A piece of text without its line continuations.

    Attributes:
        offsets: Where in *text* each unbroken piece starts, from 0 on, ascending.
        origins: Where that piece starts in the file.
    """

    text: str
    source: Source
    offsets: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)

    def origin(self, offset: int) -> int:
        """Where in the file the character at *offset* stands."""
        at = bisect_right(self.offsets, offset) - 1
        return self.origins[at] + offset - self.offsets[at]

    def place(self, start: int = 0, end: int | None = None) -> Place:
        """The place of the characters from *start* up to *end*, or to the end of the text."""
        end = len(self.text) if end is None else end
        first = self.origin(start)
        return self.source.place(first, first if end <= start else self.origin(end - 1) + 1)

    def part(self, start: int, end: int) -> Passage:
        """The characters from *start* up to *end* as a passage of their own."""
        first = bisect_right(self.offsets, start) - 1
        last = max(first, bisect_right(self.offsets, end - 1) - 1)
        offsets = (0, *(offset - start for offset in self.offsets[first + 1 : last + 1]))
        origins = (self.origin(start), *self.origins[first + 1 : last + 1])
        return Passage(self.text[start:end], self.source, offsets, origins)

    def stripped(self) -> Passage:
        """Without white space at both ends."""
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """
    One word of an instruction, exactly as written, quotes and variables included.

    *text* is what stands between *start* and *end* of the passage, except in JSON, where it is the decoded string.
    """

    text: str
    passage: Passage
    start: int
    end: int

    @property
    def place(self) -> Place:
        """Where the word stands, quotes included."""
        return self.passage.place(self.start, self.end)

    def part(self, start: int, end: int) -> Word:
        """Some of the word's characters, counted from its own start; not for words of JSON."""
        return Word(self.text[start:end], self.passage, self.start + start, self.start + end)

    def __str__(self) -> str:
        return self.text


def word(passage: Passage, start: int, end: int) -> Word:
    """The characters of *passage* from *start* up to *end* as a word."""
    return Word(passage.text[start:end], passage, start, end)
