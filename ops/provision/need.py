"""One thing that a host needs."""

from __future__ import annotations

from dataclasses import dataclass

from ..step import Step


@dataclass(frozen=True)
class Need:
    """
    Something a host needs, and how it gets it.

    Attributes:
        ok: Whether it has it.
        says: What was found.
        steps: What gives it; empty where it is there, or where no step of ours can.
        blocked: Whether only a person can mend it; *says* tells how.
    """

    id: str
    title: str
    ok: bool
    says: str
    steps: tuple[Step, ...] = ()
    blocked: bool = False
