"""Every check from inside, in the order of a report."""

from __future__ import annotations

from ..verdict import Check
from . import application, containers, databases, digests, kept, leaks, material, release, speed, streaming
from .installation import Installation

CHECKS: tuple[Check[Installation], ...] = (
    *material.CHECKS,
    *kept.CHECKS,
    *application.CHECKS,
    *streaming.CHECKS,
    *containers.CHECKS,
    *digests.CHECKS,
    *databases.CHECKS,
    *leaks.CHECKS,
)

ON_A_HOST: tuple[Check[Installation], ...] = release.CHECKS
"""Those of a release, which a stack on a laptop is not."""

ALONE: tuple[Check[Installation], ...] = speed.CHECKS
"""Those that measure time: they run when all others are through, one after the other."""
