"""What a person is told about the certificate in use."""

from __future__ import annotations

from datetime import UTC, datetime

from ..stack import Stack
from .generations import Generation, TlsStore
from .site import Site, site_of, tls_of
from .x509 import missing_names, read_chain


def certificate_words(stack: Stack) -> tuple[bool, str]:
    """Whether the live certificate of *stack* is good, and a line about it."""
    live = TlsStore(stack.host, tls_of(stack).folder).live()
    return live_words(live, site_of(stack), datetime.now(UTC))


def live_words(live: Generation | None, site: Site, now: datetime) -> tuple[bool, str]:
    """Whether the live certificate is good, and a line about it for a person."""
    if live is None:
        return False, "none; inv up puts a placeholder there"
    certificate = read_chain(live.chain, str(live.folder))[0]
    until = f"until {certificate.not_after:%Y-%m-%d %H:%M} UTC"
    if certificate.distrust and site.is_local:
        return True, f"{certificate.distrust}, which no browser trusts, {until}; one of your own goes into certs/"
    if certificate.distrust:
        return False, f"{certificate.distrust}, which no browser trusts, {until}; inv certbot gets a real one"
    if missing := missing_names(certificate, site.names):
        return False, f"not for {', '.join(missing)}; inv certbot gets one that is"
    if now > certificate.not_after:
        return False, f"expired, it was good {until}; inv certbot renews it"
    return True, f"{', '.join(certificate.names)}, by {certificate.issuer}, {until}"
