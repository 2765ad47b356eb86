"""What has to be done for a certificate now, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ..certificates.x509 import Certificate
from ..domains import CertificateSettings
from .authority import Window
from .lineage import Lineage

SHORT_LIFE = timedelta(days=10)
TURN = timedelta(hours=7)
"""A timer that runs four times a day has had a turn within so long."""


@dataclass(frozen=True)
class Due:
    """
    What to do: ``issue`` a new certificate, ``renew`` the one there is, or ``nothing``.

    Attributes:
        replace: Whether the new one takes the place of one that is still good, which certbot would rather keep.
    """

    what: Literal["issue", "renew", "nothing"]
    why: str
    replace: bool = False


def due(wanted: CertificateSettings, found: Lineage | None, window: Window | None, now: datetime) -> Due:
    """
    Compares what certbot has with what the settings want.

    Args:
        window: When the CA would like the renewal; None where it did not say.
    """
    if found is None:
        return Due("issue", "there is no certificate yet")
    certificate = found.certificate
    if sorted(certificate.names) != sorted(wanted.names):
        return Due("issue", f"the one there is is for {', '.join(certificate.names)}", replace=True)
    if certificate.key != wanted.key:
        return Due("issue", f"the one there is has a key of kind {certificate.key}", replace=True)
    return _by_age(certificate, window, now)


def _by_age(certificate: Certificate, window: Window | None, now: datetime) -> Due:
    end = f"{certificate.not_after:%Y-%m-%d %H:%M} UTC"
    left = f"{100 * certificate.left(now):.0f} % of its life is left"
    if now >= certificate.not_after:
        return Due("renew", f"it expired on {end}")
    if window is not None and now >= window.start:
        reason = f" ({window.explanation})" if window.explanation else ""
        return Due("renew", f"the CA wants it renewed from {window.start:%Y-%m-%d %H:%M} UTC on{reason}")
    if certificate.left(now) < renewed_below(certificate):
        return Due("renew", left)
    return Due("nothing", f"{left}, until {end}")


def is_late(certificate: Certificate, window: Window | None, now: datetime) -> bool:
    """
    Whether a timer at work would have renewed *certificate* by now.

    certbot renews at a moment of its own within the CA's window, so while that lasts nothing is wrong.
    """
    life = certificate.not_after - certificate.not_before
    last = window.end if window else certificate.not_after - renewed_below(certificate) * life
    return now >= min(last + min(TURN, life / 8), certificate.not_after)


def renewed_below(certificate: Certificate) -> float:
    """The part of its life below which certbot renews it where the CA does not say."""
    return 1 / 2 if certificate.not_after - certificate.not_before < SHORT_LIFE else 1 / 3
