"""All names of a site lead to one: with www and without, and whatever else it is known by."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from ...certificates.x509 import Certificate, read_der
from ..errors import NoAnswerError
from ..exchange import Exchange
from ..tls.asking import Server, is_address
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from ..web import Web, believing_all
from .site import FRESH, Site

WWW = "www."
SECOND_LEVELS = ("co", "com", "org", "net", "ac", "gov", "edu")
"""Below a country these are no names of one's own: example.co.uk has its twin in www.example.co.uk."""


def twin(host: str) -> str:
    """The same name with www or without; empty where neither form is usual."""
    if is_address(host) or "." not in host:
        return ""
    if host.startswith(WWW):
        return host.removeprefix(WWW)
    labels = host.split(".")
    below_country = len(labels) == 3 and len(labels[2]) == 2 and labels[1] in SECOND_LEVELS  # noqa: PLR2004
    return f"{WWW}{host}" if len(labels) == 2 or below_country else ""  # noqa: PLR2004 - a name and its top level


@check("RD4", "reach", "warning", "every name of the site leads to one")
def one_name(site: Site) -> Iterator[Verdict]:
    """The names that fairlead.yaml promises, and the one with www or without where it has an address."""
    promised = [name for name in site.names if name != site.host and not name.startswith("*.")]
    other = twin(site.host)
    if not promised and not other:
        yield skipped(f"{site.host} is no name that has a twin with www", site.host)
        return
    for name in promised:
        yield _looked(site, name)
    if other and other not in promised:
        try:
            site.resolve(other, site.port)
        except NoAnswerError:
            yield skipped(f"{other} has no address", other)
            return
        yield _looked(site, other)


def _looked(site: Site, name: str) -> Verdict:
    """How the site is answered under *name*."""
    port = f":{site.parts.port}" if site.parts.port else ""
    url = site.base.replace(f"//{site.parts.netloc}", f"//{name}{port}")
    wanted = f"a redirect to {site.host}"
    mend = f"a server for {name} with return 301 {site.parts.scheme}://{site.host}$request_uri;"
    if site.is_https and (fault := _certificate_fault(site, name)):
        return failed(wanted, fault, name, "add the name to the certificate, or take its address out of DNS")
    try:
        answer = _web(site, name).ask(url)
    except NoAnswerError as error:
        return failed(wanted, str(error), name, mend)
    return _answered(site, name, answer, mend)


def _answered(site: Site, name: str, answer: Exchange, mend: str) -> Verdict:
    wanted, home = f"a redirect to {site.host}", urlsplit(site.home.url).hostname
    leads = urlsplit(answer.header("location")).hostname if answer.is_redirect else None
    if leads in (site.host, home):
        return passed(wanted, f"{answer.status} to {leads}", name)
    if leads:
        return warned(wanted, f"{answer.status} to {leads}", name, mend)
    if answer.status > FRESH:
        return failed(wanted, str(answer.status), name, mend, answer.line)
    if name == home:
        return passed("the name that the site leads to", str(answer.status), name)
    return warned(wanted, f"{answer.status}: the same page under two names", name, mend, answer.line)


def _web(site: Site, name: str) -> Web:
    """Asks *name* where the site itself is asked, when the name is one of its own on this machine."""
    own = site.web.addresses.get((site.host, site.port))
    more = {(name, site.port): own} if own and name in site.names else {}
    return replace(site.web, addresses={**site.web.addresses, **more})


def _certificate_fault(site: Site, name: str) -> str:
    address, port = _web(site, name).addresses.get((name, site.port), (name, site.port))
    try:
        presented = Server(name, address, port, site.web.budget).presented(believing_all())
    except ssl.SSLError as error:
        return f"the handshake fails: {(error.reason or str(error)).lower().replace('_', ' ')}"
    except NoAnswerError:
        return ""  # the request itself says so
    certificate: Certificate | None = read_der(presented.chain[0]) if presented.chain else None
    if certificate is None or certificate.covers(name) or (certificate.is_placeholder and not site.has_domains):
        return ""
    return f"its certificate is for {', '.join(certificate.names[:4]) or 'nobody'}"


CHECKS: tuple[Check[Site], ...] = (one_name,)
