"""Every check from inside, in the order of a report."""

from __future__ import annotations

from ..verdict import Check
from . import (
    application,
    backups,
    containers,
    databases,
    digests,
    kept,
    leaks,
    limits,
    made,
    material,
    release,
    renewal,
    speed,
    streaming,
    tables,
    tickets,
)
from .installation import Installation

CHECKS: tuple[Check[Installation], ...] = (
    *material.CHECKS,
    *renewal.CHECKS,
    *backups.RENEWAL,
    *tickets.CHECKS,
    *kept.CHECKS,
    *application.CHECKS,
    *streaming.CHECKS,
    *limits.CHECKS,
    *containers.CHECKS,
    *made.CHECKS,
    *digests.CHECKS,
    *databases.CHECKS,
    *tables.CHECKS,
    *leaks.CHECKS,
    *backups.CHECKS,
)

ON_A_HOST: tuple[Check[Installation], ...] = release.CHECKS
"""Those of a release, which a stack on a laptop is not."""

ALONE: tuple[Check[Installation], ...] = (*speed.CHECKS, *limits.ALONE)
"""Those that measure time: they run when all others are through, one after the other."""
