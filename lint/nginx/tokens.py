"""The tokens of one text, in columns, and what was broken in it."""

from __future__ import annotations

from array import array

from ..record import dataclass, field

BARE, QUOTED, MARK, COMMENT = range(4)
"""The kinds of tokens; a mark is one of ``; { }``."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is broken at the characters from *start* to *end*; *insert* at *start* would mend it."""

    start: int
    end: int
    message: str
    insert: str = ""


@dataclass(slots=True)
class Tokens:
    """
    The tokens of one text in parallel columns, always whole: every statement ends and every block closes.

    Attributes:
        values: Unquoted and unescaped, as nginx would pass them on.
        starts: Offsets of the first character, a quote included.
        ends: Offsets after the last character. A token that was added to repair the text is empty.
        kinds: One byte for each token.
        closing: The index of the closing brace of each opening one.
    """

    values: list[str] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("L"))
    ends: array[int] = field(default_factory=lambda: array("L"))
    kinds: bytearray = field(default_factory=bytearray)
    closing: dict[int, int] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    @property
    def columns(self) -> tuple[list[str], array[int], array[int], bytearray]:
        """Values, starts, ends and kinds, to append to where a call for each token would cost too much."""
        return self.values, self.starts, self.ends, self.kinds

    def add(self, value: str, start: int, end: int, kind: int) -> None:
        """Appends one token."""
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)
        self.kinds.append(kind)

    def terminator(self, index: int) -> int:
        """The index of the ``;`` or ``{`` that ends the statement whose name has *index*."""
        kinds = self.kinds
        while kinds[index] != MARK:
            index += 1
        return index
