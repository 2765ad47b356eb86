"""The Observatory's grade of the page."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from ..errors import NoAnswerError
from ..observatory.grade import ALGORITHM, ORIGIN, Grade, graded
from ..observatory.result import Observed
from ..verdict import Check, Verdict, check, failed, passed, skipped
from .handshake import no_trust
from .site import Site

WANTED = "A"
NOTE = f"algorithm {ALGORITHM}, preload list not consulted"
_GRADED = (200, 399)
_ALSO = (401, 403)


def grade_of(site: Site) -> Grade:
    """
    The grade of the page.

    Raises:
        NoAnswerError: an answer that it is made of does not come.
    """
    home = site.home
    hops: tuple[str, ...] = ()
    try:
        hops = tuple(each.url for each in site.followed(site.plain)) if site.plain else ()
    except NoAnswerError:
        hops = ()
    if not site.speaks_tls:
        hops = (site.base,)
    asked = site.web.ask(home.url, "OPTIONS", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"})
    html = home.text if home.kind == "text/html" else ""
    return graded(Observed(home.url, home.headers, html, hops, asked.headers, _is_trusted(site)))


def _is_trusted(site: Site) -> bool:
    if not site.speaks_tls:
        return True
    try:
        site.server.presented(site.trust.context())
    except ssl.SSLError:
        return False
    return True


@check("HD13", "headers", "warning", "the Observatory's grade is A or better")
def grade(site: Site) -> Iterator[Verdict]:
    """Of the page alone, as the Observatory does it; the checks beside this one look at every kind of answer."""
    status = site.home.status
    if not (_GRADED[0] <= status <= _GRADED[1] or status in _ALSO):
        yield skipped(f"an answer of {status} has no grade", site.base)
        return
    if site.is_local and not site.speaks_tls:
        yield skipped("a loopback address without TLS has no fair grade", site.base)
        return
    if site.speaks_tls and (why := no_trust(site)):
        yield skipped(why, site.base)
        return
    found = grade_of(site)
    losses = tuple(f"{each.test}: {each.word} ({each.modifier})" for each in found.losses)
    observed = f"{found.letter} ({found.score}); {NOTE}"
    if found.letter.startswith(WANTED):
        yield passed(f"{WANTED} or better", observed, site.home.url, *losses)
    else:
        yield failed(f"{WANTED} or better", observed, site.home.url, "; ".join(losses[:3]), *losses)


CHECKS: tuple[Check[Site], ...] = (grade,)
