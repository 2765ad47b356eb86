"""What a rule says about a place, and the edit that would mend it."""

from __future__ import annotations

import enum

from .place import Place
from .record import dataclass


class Severity(enum.IntEnum):
    """How bad it is; a higher value is worse."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Edit:
    """
    Replaces the text at *place* with *text*; an empty range inserts, an empty text deletes.

    *safe* edits keep the meaning of everything but the fault; the others need ``--unsafe-fixes``.
    """

    place: Place
    text: str
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place. *edits* together mend it, or are empty."""

    rule: str
    severity: Severity
    place: Place
    message: str
    edits: tuple[Edit, ...] = ()

    @property
    def fixable(self) -> bool:
        """Whether ``--fix``, perhaps with ``--unsafe-fixes``, mends it."""
        return bool(self.edits)

    def __str__(self) -> str:
        return f"{self.place}: {self.message} [{self.rule}]"
