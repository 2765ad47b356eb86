"""Security headers on answers of every kind: the page, a file, the API, and what is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..exchange import Exchange
from ..observatory import csp, single
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .handshake import no_trust
from .site import FRESH, Site

GROUP = "headers"
ONCE = (
    "strict-transport-security",
    "content-type",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "access-control-allow-origin",
    "cache-control",
    "expires",
    "etag",
    "server",
    "x-xss-protection",
)
"""Sent twice, most of these count for nothing."""

OLDER = ("X-Frame-Options", "X-XSS-Protection")
WITH_VERSION = re.compile(r"/\s*\d|\d+\.\d+")
ALWAYS = 'set it with "always" in a snippet that every location with an add_header of its own includes'


def is_page(exchange: Exchange) -> bool:
    """Whether a browser would show it as a page."""
    return exchange.kind in ("text/html", "application/xhtml+xml")


def required(site: Site, name: str, exchanges: Sequence[Exchange]) -> Iterator[Verdict]:
    """A verdict for each answer: the header *name* there, once, and with a value that the policy allows."""
    wanted = {**site.policy.optional_headers, **site.policy.required_headers}[name]
    promised = f"{name}: {wanted.recommended or 'as it suits the page'}"
    for exchange in exchanges:
        value = exchange.header(name)
        evidence = exchange.shown((name,))
        if not value:
            yield failed(promised, f"missing from {exchange.status}", exchange.url, ALWAYS, *evidence)
        elif not wanted.allows(value):
            yield failed(promised, value, exchange.url, f"add_header {name} {wanted.recommended} always;", *evidence)
        else:
            yield passed(promised, value, exchange.url, *evidence)


@check(
    "HD1",
    GROUP,
    "error",
    "Strict-Transport-Security is sent, once and for a year",
    rules=("nginx/no-hsts", "nginx/hsts-weak"),
)
def strict_transport(site: Site) -> Iterator[Verdict]:
    """On every answer over TLS, errors and redirects among them."""
    if not site.speaks_tls:
        yield skipped("the site does not speak TLS", site.base)
        return
    if why := no_trust(site):
        yield skipped(why, site.base)
        return
    least = site.policy.hsts.min_age_s
    promised = f"max-age of {least} or more, once"
    for exchange in _over_tls(site):
        value = exchange.header("strict-transport-security")
        age = single.max_age_s(value) if value else None
        evidence = exchange.shown(("strict-transport-security",))
        mend = f'add_header Strict-Transport-Security "max-age={site.policy.hsts.recommended_age_s}" always;'
        if not value:
            yield failed(promised, f"missing from {exchange.status}", exchange.url, mend, *evidence)
        elif age is None or age < least:
            twice = "sent twice: " if len(exchange.values("strict-transport-security")) > 1 else ""
            yield failed(promised, f"{twice}{value}", exchange.url, mend, *evidence)
        else:
            yield passed(promised, value, exchange.url)


def _over_tls(site: Site) -> list[Exchange]:
    found = {each.url: each for each in (*site.hops, *site.answers()) if each.url.startswith("https:")}
    return list(found.values())


@check("HD2", GROUP, "error", "browsers do not guess types", rules=("nginx/no-nosniff",))
def nosniff(site: Site) -> Iterator[Verdict]:
    """X-Content-Type-Options: nosniff on every answer."""
    yield from required(site, "X-Content-Type-Options", site.answers())


def _pages(site: Site) -> list[Exchange]:
    return [each for each in site.answers() if is_page(each)]


@check(
    "HD3",
    GROUP,
    "error",
    "a Content-Security-Policy keeps foreign scripts out",
    rules=("nginx/no-content-security-policy", "nginx/csp-unsafe-script", "nginx/csp-malformed"),
)
def content_policy(site: Site) -> Iterator[Verdict]:
    """On every page; no inline script, no script from anywhere, no plug-in."""
    pages = _pages(site)
    if not pages:
        yield skipped("no answer is a page", site.base)
    for exchange in pages:
        texts = csp.policies(exchange.values("content-security-policy"))
        promised = "a policy without unsafe scripts"
        evidence = exchange.shown(("content-security-policy",))
        mend = "default-src 'self' and object-src 'none' to begin with; nonces for inline scripts"
        if not texts:
            severe = failed if exchange.status <= FRESH else warned
            yield severe(promised, f"none on {exchange.status}", exchange.url, ALWAYS, *evidence)
            continue
        try:
            policy = csp.parsed(texts)
        except csp.PolicyError as error:
            yield failed(promised, f"malformed: {error}", exchange.url, "see the policy", *evidence)
            continue
        if csp.runs_unsafe_scripts(policy):
            yield failed(
                promised, f"script-src {' '.join(sorted(csp.script_sources(policy)))}", exchange.url, mend, *evidence
            )
        else:
            yield passed(
                promised, f"script-src {' '.join(sorted(csp.script_sources(policy)))}", exchange.url, *evidence
            )


@check(
    "HD4",
    GROUP,
    "error",
    "other sites cannot frame the page",
    rules=("nginx/no-frame-options", "nginx/frame-options-unknown"),
)
def framing(site: Site) -> Iterator[Verdict]:
    """frame-ancestors that is not everybody, or X-Frame-Options; the Observatory takes any frame-ancestors."""
    pages = _pages(site)
    if not pages:
        yield skipped("no answer is a page", site.base)
    for exchange in pages:
        try:
            policy = csp.parsed(csp.policies(exchange.values("content-security-policy")))
        except csp.PolicyError:
            policy = {}
        ancestors = policy.get("frame-ancestors")
        option = exchange.header("x-frame-options")
        promised = "frame-ancestors 'none' or 'self', or X-Frame-Options DENY or SAMEORIGIN"
        evidence = exchange.shown(("x-frame-options", "content-security-policy"))
        if ancestors is not None and ancestors & csp.BROAD:
            yield failed(
                promised, f"frame-ancestors {' '.join(sorted(ancestors))}", exchange.url, "name who may", *evidence
            )
        elif ancestors is not None:
            yield passed(promised, f"frame-ancestors {' '.join(sorted(ancestors))}", exchange.url)
        elif option and site.policy.required_headers["X-Frame-Options"].allows(option):
            yield passed(promised, f"X-Frame-Options: {option}", exchange.url)
        else:
            yield failed(promised, option or f"neither on {exchange.status}", exchange.url, ALWAYS, *evidence)


@check(
    "HD5",
    GROUP,
    "warning",
    "addresses stay private when a link leads elsewhere",
    rules=("nginx/no-referrer-policy", "nginx/referrer-policy-open"),
)
def referrer(site: Site) -> Iterator[Verdict]:
    """Referrer-Policy on every page."""
    pages = _pages(site)
    if not pages:
        yield skipped("no answer is a page", site.base)
    yield from required(site, "Referrer-Policy", pages)


@check(
    "HD6", GROUP, "warning", "pages do without camera, microphone and the like", rules=("nginx/no-permissions-policy",)
)
def permissions(site: Site) -> Iterator[Verdict]:
    """Permissions-Policy on every page."""
    pages = _pages(site)
    if not pages:
        yield skipped("no answer is a page", site.base)
    malformed = [each for each in pages if "=" not in (each.header("permissions-policy") or "=")]
    yield from required(site, "Permissions-Policy", [each for each in pages if each not in malformed])
    for each in malformed:
        value = each.header("permissions-policy")
        yield failed("camera=() and the like", value, each.url, "browsers ignore it: write feature=(), feature=(self)")


@check(
    "HD17", GROUP, "warning", "headers for older browsers say what they should", rules=("nginx/frame-options-unknown",)
)
def for_older(site: Site) -> Iterator[Verdict]:
    """X-Frame-Options and X-XSS-Protection where they are sent; the first on every page of a stack of one's own."""
    for name in OLDER:
        needed = site.is_ours and name in site.policy.required_headers
        found = [each for each in _pages(site) if needed or each.header(name)]
        if not found:
            yield skipped(f"no page sends {name}", site.base)
        yield from required(site, name, found)


def _isolated(site: Site, name: str, allowed: tuple[str, ...]) -> Iterator[Verdict]:
    value = site.home.header(name)
    promised = f"{name}: {' or '.join(allowed)}"
    if value.partition(";")[0].strip().lower() in allowed:
        yield passed(promised, value, site.home.url)
    else:
        yield failed(promised, value or "missing", site.home.url, f"add_header {name} {allowed[0]} always;")


@check("HD7", GROUP, "info", "the page does not share its window")
def opener(site: Site) -> Iterator[Verdict]:
    """Cross-Origin-Opener-Policy on the page."""
    yield from _isolated(
        site, "Cross-Origin-Opener-Policy", ("same-origin", "same-origin-allow-popups", "noopener-allow-popups")
    )


@check("HD8", GROUP, "info", "other sites cannot embed what this one answers")
def resource(site: Site) -> Iterator[Verdict]:
    """Cross-Origin-Resource-Policy on the page."""
    yield from _isolated(site, "Cross-Origin-Resource-Policy", ("same-origin", "same-site"))


@check(
    "HD9",
    GROUP,
    "error",
    "no header is sent twice",
    rules=("nginx/header-twice", "nginx/cache-control-twice", "nginx/upstream-headers-shown"),
)
def once(site: Site) -> Iterator[Verdict]:
    """nginx and the application each adding one is the usual cause."""
    promised = "each of these headers at most once"
    for exchange in site.answers():
        twice = [name for name in ONCE if len(exchange.values(name)) > 1]
        if twice:
            mend = f"proxy_hide_header {twice[0]}; or leave it to the application"
            yield failed(promised, f"twice: {', '.join(twice)}", exchange.url, mend, *exchange.shown(twice))
        else:
            yield passed(promised, "once", exchange.url)


@check(
    "HD10",
    GROUP,
    "warning",
    "no version of any program is told",
    rules=("nginx/server-tokens-on", "nginx/upstream-headers-shown"),
)
def discreet(site: Site) -> Iterator[Verdict]:
    """Server without a number, and none of the headers that only tell about the inside."""
    told_by = [name for name in site.policy.headers.disclosing if name.lower() != "server"]
    for exchange in site.answers():
        told = [f"{name}: {exchange.header(name)}" for name in told_by if exchange.header(name)]
        server = exchange.header("server")
        told += [f"Server: {server}"] if WITH_VERSION.search(server) else []
        promised = "no version"
        if told:
            mend = "server_tokens off; and proxy_hide_header for what the application adds"
            yield failed(promised, ", ".join(told), exchange.url, mend, *exchange.shown(("server", *told_by)))
        else:
            yield passed(promised, f"Server: {server}" if server else "nothing", exchange.url)


CHECKS: tuple[Check[Site], ...] = (
    strict_transport,
    nosniff,
    content_policy,
    framing,
    referrer,
    permissions,
    for_older,
    opener,
    resource,
    once,
    discreet,
)
