"""What Let's Encrypt still allows: certificates for the same names, as a bucket that fills up again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

SAME_NAMES = 5
REFILL = timedelta(hours=34)
"""Source: letsencrypt.org/docs/rate-limits, "new certificates per exact set of identifiers" (2026-08-05)."""

AS_COUNTED = ", as Let's Encrypt counts"
"""Said where the CA is another one, whose limits are not known."""


@dataclass(frozen=True)
class Tokens:
    """How many more certificates for the same names may be had now, of how many, and when there is one more."""

    left: int
    most: int
    next: datetime | None = None

    def __str__(self) -> str:
        more = f", one more at {self.next:%Y-%m-%d %H:%M} UTC" if self.next else ""
        return f"{self.left} of {self.most} certificates for these names left{more}"


def tokens(issued: Iterable[datetime], now: datetime) -> Tokens:
    """
    What is left of the limit after *issued*, the times of all certificates for exactly these names.

    Renewals that follow the CA's window (ARI) cost nothing; which they were is not known here, so all are counted.
    """
    begun = now - SAME_NAMES * REFILL
    full = begun  # when the bucket is full again; the limit is hit SAME_NAMES refills ahead of it
    for moment in sorted(each for each in issued if each > begun):
        full = max(full, moment) + REFILL
    if full <= now:
        return Tokens(SAME_NAMES, SAME_NAMES)
    missing = -((now - full) // REFILL)  # rounded up
    return Tokens(max(SAME_NAMES - missing, 0), SAME_NAMES, full - (missing - 1) * REFILL)
