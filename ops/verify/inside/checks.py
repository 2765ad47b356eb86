"""Every check from inside, in the order of a report."""

from __future__ import annotations

from ..verdict import Check
from . import application, containers, databases, kept, leaks
from .installation import Installation

CHECKS: tuple[Check[Installation], ...] = (
    *kept.CHECKS,
    *application.CHECKS,
    *containers.CHECKS,
    *databases.CHECKS,
    *leaks.CHECKS,
)
