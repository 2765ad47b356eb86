"""One whole handshake with a site, whatever its certificate."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from ...certificates.x509 import Certificate, read_der
from ..errors import NoAnswerError
from ..tls.asking import Presented
from ..web import believing_all
from .site import Site


@dataclass(frozen=True)
class Seen:
    """What a handshake gave, its first certificate read."""

    presented: Presented
    certificate: Certificate


def no_tls(site: Site) -> str:
    """Why there is nothing to see of TLS; empty where there is."""
    if site.speaks_tls:
        return ""
    return "a loopback address without TLS" if site.is_local else "the site does not speak TLS; RD1 says so"


def no_trust(site: Site) -> str:
    """Why nobody could trust the certificate, so that nothing is promised about that; empty where it is promised."""
    if why := no_tls(site):
        return why
    if not site.has_domains and seen(site).certificate.is_placeholder:
        return "a placeholder: fairlead.yaml has no domains, so no certificate is promised"
    return ""


def seen(site: Site) -> Seen:
    """
    What a handshake that believes everything gives; one for all checks.

    Raises:
        NoAnswerError: the server refuses every handshake, or cannot be reached.
    """
    return site.remembered("handshake", lambda: _seen(site))


def _seen(site: Site) -> Seen:
    try:
        presented = site.server.presented(believing_all())
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise NoAnswerError(f"{site.server.label}: the handshake fails: {reason}") from None
    if not presented.chain:
        raise NoAnswerError(f"{site.server.label}: the server sent no certificate")
    return Seen(presented, read_der(presented.chain[0]))


def label(site: Site) -> str:
    """What is looked at, for verdicts."""
    return site.server.label
