"""Other origins and cookies: who may read answers, and who gets to see a session."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import NoAnswerError
from ..observatory import cookies
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .site import Site

GROUP = "headers"
ORIGIN = "https://fairlead-verify.invalid"
_FOREIGN_STATUS = 400


@check(
    "HD11",
    GROUP,
    "error",
    "a foreign origin may not read answers",
    rules=("nginx/cors-credentials-for-all", "nginx/origin-pattern-weak"),
)
def origin(site: Site) -> Iterator[Verdict]:
    """A hostile Origin is not reflected, least of all with credentials."""
    for url in (site.home.url, *(site.at(path) for path in site.api)):
        answer = site.web.ask(url, headers={"Origin": ORIGIN})
        allowed = answer.header("access-control-allow-origin")
        credentials = answer.header("access-control-allow-credentials").lower() == "true"
        evidence = (
            f"Origin: {ORIGIN}",
            *answer.shown(("access-control-allow-origin", "access-control-allow-credentials")),
        )
        promised = "a foreign Origin is not reflected"
        if allowed == ORIGIN:
            seen = "reflected, with credentials" if credentials else "reflected"
            verdict = failed if credentials else warned
            yield verdict(promised, seen, url, "name the origins that may, each in full", *evidence)
        else:
            yield passed(promised, f"allowed: {allowed}" if allowed else "not allowed", url)


@check("HD12", GROUP, "error", "cookies are Secure, HttpOnly and SameSite")
def cookie_flags(site: Site) -> Iterator[Verdict]:
    """Every cookie that any of the answers sets; by name a session's must be HttpOnly."""
    seen = [(exchange, cookies.cookie(text)) for exchange in site.answers() for text in exchange.values("set-cookie")]
    if not seen:
        yield skipped("no answer sets a cookie", site.base)
    for exchange, each in seen:
        lacks = [] if each.is_secure or not site.speaks_tls else ["Secure"]
        lacks += [] if each.is_http_only or not each.is_session else ["HttpOnly"]
        lacks += [] if each.same_site else ["SameSite"]
        if each.name.startswith("__Host-") and (each.path != "/" or each.has_domain or not each.is_secure):
            lacks.append("what __Host- asks for: Secure, Path=/, no Domain")
        target, promised = f"{exchange.url} {each.name}", "Secure; HttpOnly; SameSite"
        if lacks:
            yield (warned if lacks == ["SameSite"] else failed)(
                promised,
                f"lacks {', '.join(lacks)}",
                target,
                "set them where the cookie is made",
                *exchange.shown(("set-cookie",)),
            )
        else:
            yield passed(promised, "all that matter", target)


@check("HD15", GROUP, "warning", "an unsafe answer to OPTIONS gives nothing away", quick=False)
def options(site: Site) -> Iterator[Verdict]:
    """A preflight from a foreign origin grants it no methods."""
    try:
        answer = site.web.ask(site.home.url, "OPTIONS", {"Origin": ORIGIN, "Access-Control-Request-Method": "DELETE"})
    except NoAnswerError as error:
        yield passed("no method for a foreign origin", str(error), site.home.url)
        return
    granted = (
        answer.header("access-control-allow-methods")
        if answer.header("access-control-allow-origin") in (ORIGIN, "*")
        else ""
    )
    if "DELETE" in granted.upper() and answer.status < _FOREIGN_STATUS:
        yield failed("no method for a foreign origin", granted, site.home.url, "name the origins that may", answer.line)
    else:
        yield passed("no method for a foreign origin", f"{answer.status}", site.home.url)


CHECKS: tuple[Check[Site], ...] = (origin, cookie_flags, options)
