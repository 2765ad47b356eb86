"""Where something stands in a file of the stack."""

from __future__ import annotations

from .record import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """
    A range of characters in one file; lines and columns count from 1.

    The end is exclusive: ``end_column`` is the column after the last character.
    *path* is as the user would write it, relative to the folder the run started in where that is shorter.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"
