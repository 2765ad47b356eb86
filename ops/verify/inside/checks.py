"""Every check from inside, in the order of a report."""

from __future__ import annotations

from ..verdict import Check
from . import application, containers, databases, kept, leaks, material, speed, streaming
from .installation import Installation

CHECKS: tuple[Check[Installation], ...] = (
    *material.CHECKS,
    *kept.CHECKS,
    *application.CHECKS,
    *streaming.CHECKS,
    *containers.CHECKS,
    *databases.CHECKS,
    *leaks.CHECKS,
)

ALONE: tuple[Check[Installation], ...] = speed.CHECKS
"""Those that measure time: they run when all others are through, one after the other."""
