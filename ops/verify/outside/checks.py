"""Every check from outside, in the order of a report."""

from __future__ import annotations

from ..verdict import Check
from . import (
    caching,
    certificate,
    encryption,
    exposure,
    grading,
    headers,
    methods,
    names,
    origins,
    parts,
    protocols,
    reach,
)
from .site import Site

CHECKS: tuple[Check[Site], ...] = (
    *reach.CHECKS,
    *names.CHECKS,
    *certificate.CHECKS,
    *encryption.CHECKS,
    *headers.CHECKS,
    *origins.CHECKS,
    *grading.CHECKS,
    *caching.CHECKS,
    *exposure.CHECKS,
    *methods.CHECKS,
    *parts.CHECKS,
    *protocols.CHECKS,
)
