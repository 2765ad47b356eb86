"""Reach and redirect: plain HTTP leads to HTTPS, in few hops, with path and query; foreign names get nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from ..errors import NoAnswerError
from ..exchange import Exchange
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from .site import FRESH, MOST_HOPS, PORTS, Site

GROUP = "reach"
PERMANENT = (301, 308)
MOST_REDIRECTS = 2
SERVER_ERROR = 500
LOCKED = (401, 403)
FOREIGN = "fairlead-verify.invalid"
"""A name that nobody can own (RFC 2606)."""


@check("RD0", GROUP, "error", "the site answers with a page")
def answers(site: Site) -> Iterator[Verdict]:
    """The address itself answers without an error."""
    home = site.home
    promised = "the address answers with a success"
    if home.is_redirect:
        yield failed(promised, f"redirects never end: {_path(site.hops)}", site.base, "end the loop of redirects")
    elif home.status in LOCKED:
        said = f"{home.status}: without a login, or for this User-Agent, there is nothing to see"
        yield warned(promised, said, site.base, "look from where it lets people in", *home.shown(("www-authenticate",)))
    elif home.status > FRESH:
        mend = "see the server's log" if home.status >= SERVER_ERROR else "see which location answers: inv why"
        yield failed(promised, f"{home.status}", site.base, mend, *home.shown(("server", "content-type")))
    elif not home.is_whole:
        yield warned(promised, "the body never ended within its limits", site.base, "see what sends it", home.line)
    else:
        yield passed(promised, f"{home.status} in {home.first_byte_s * 1000:.0f} ms", site.base, home.line)


def _why_not_plain(site: Site) -> str:
    if site.is_local and not site.is_https:
        return "a loopback address without TLS: nothing is sent over a network"
    return f"the port of plain HTTP that belongs to port {site.port} is not known"


@check("RD1", GROUP, "error", "plain HTTP leads to HTTPS at once", rules=("nginx/site-without-tls",))
def to_https(site: Site) -> Iterator[Verdict]:
    """The first hop goes to the same host, for good."""
    url = site.plain
    if not url:
        yield skipped(_why_not_plain(site), site.base)
        return
    promised = "301 or 308 to https:// on the same host"
    try:
        first = site.web.ask(url)
    except NoAnswerError as error:
        if not site.is_https:
            raise
        yield passed(promised, f"nobody answers over plain HTTP: {error}", url)
        return
    yield _first_hop(site, first, promised)


def _over_plain(site: Site, path: str) -> Exchange | str:
    """The answer over plain HTTP; why there is none, where that is so."""
    if not site.plain:
        return _why_not_plain(site)
    try:
        return site.web.ask(urljoin(site.plain, path))
    except NoAnswerError as error:
        return f"nobody answers over plain HTTP: {error}"


def _first_hop(site: Site, first: Exchange, promised: str) -> Verdict:
    mend = "in the server of port 80: return 301 https://$host$request_uri;"
    evidence = first.shown(("location",))
    if not first.is_redirect:
        return failed(promised, f"{first.status} without a redirect", first.url, mend, *evidence)
    leads = urlsplit(urljoin(first.url, first.header("location")))
    if leads.scheme != "https":
        return failed(promised, f"{first.status} to {leads.scheme}://{leads.netloc}", first.url, mend, *evidence)
    if leads.hostname != urlsplit(first.url).hostname:
        return warned(
            promised,
            f"to another host, {leads.hostname}, so HSTS is never seen for this one",
            first.url,
            mend,
            *evidence,
        )
    if site.is_https and site.is_ours and (leads.port or PORTS["https"]) != site.port:
        return failed(promised, f"to port {leads.port or PORTS['https']}, not {site.port}", first.url, mend, *evidence)
    if first.status not in PERMANENT:
        return warned(promised, f"{first.status}, which no browser remembers", first.url, mend, *evidence)
    return passed(promised, f"{first.status} to {leads.scheme}://{leads.netloc}", first.url, *evidence)


@check("RD2", GROUP, "warning", "at most two redirects lead to the page")
def few_hops(site: Site) -> Iterator[Verdict]:
    """From plain HTTP where it answers, from the base address otherwise."""
    hops = site.hops
    if site.plain:
        try:
            hops = site.followed(site.plain)
        except NoAnswerError:
            hops = site.hops
    promised = f"at most {MOST_REDIRECTS} redirects"
    count = len(hops) - 1
    if count > MOST_REDIRECTS or hops[-1].is_redirect:
        seen = f"more than {MOST_HOPS}" if count >= MOST_HOPS else "a loop" if hops[-1].is_redirect else str(count)
        yield failed(promised, f"{seen}: {_path(hops)}", hops[0].url, "redirect to the last address at once")
    else:
        yield passed(promised, f"{count}: {_path(hops)}", hops[0].url)


@check("RD3", GROUP, "warning", "the redirect to HTTPS keeps path and query")
def keeps_path(site: Site) -> Iterator[Verdict]:
    """A deep link over plain HTTP arrives where it points."""
    first = _over_plain(site, f"/fairlead-{site.nonce}/a?b=c%20d")
    if isinstance(first, str) or not first.is_redirect:
        yield skipped(first if isinstance(first, str) else "plain HTTP does not redirect; RD1 says so", site.base)
        return
    url = first.url
    wanted = url.partition("://")[2].partition("/")[2]
    got = urljoin(url, first.header("location")).partition("://")[2].partition("/")[2]
    promised = "the same path and query behind https://"
    if got == wanted:
        yield passed(promised, f"/{got}", url)
    else:
        yield failed(promised, f"/{got}", url, "redirect to https://$host$request_uri", *first.shown(("location",)))


@check("RD5", GROUP, "error", "HTTPS never leads back to plain HTTP")
def no_way_back(site: Site) -> Iterator[Verdict]:
    """No hop after the first one over TLS is plain."""
    if not site.speaks_tls:
        yield skipped("the site does not speak TLS", site.base)
        return
    urls = [each.url for each in site.hops]
    if site.home.is_redirect:
        urls.append(urljoin(site.home.url, site.home.header("location")))
    back = [after for before, after in pairwise(urls) if before[:6] == "https:" and after[:5] == "http:"]
    promised = "every hop after HTTPS is HTTPS"
    if back:
        yield failed(
            promised, f"leads to {back[0]}", site.base, "redirect to https:// addresses only", _path(site.hops)
        )
    else:
        yield passed(promised, _path(site.hops), site.base)


@check("RD6", GROUP, "error", "every address of the name answers alike")
def every_address(site: Site) -> Iterator[Verdict]:
    """Each A and AAAA record is asked by itself, so that a bad second host cannot hide."""
    if site.web.addresses:
        yield skipped("one host is looked at directly", site.host)
        return
    found = site.resolve(site.host, site.port)
    if len(found) == 1:
        yield skipped(f"the name has one address, {found[0]}", site.host)
        return
    first = site.hops[0]
    for address in found:
        yield _one_address(site, address, first.status)


def _one_address(site: Site, address: str, status: int) -> Verdict:
    promised = f"{status}, as by the name"
    own = type(site.web)(site.web.budget, {(site.host, site.port): (address, site.port)}, site.web.run)
    mend = f"start the site on {address}, or take the address out of DNS"
    try:
        answer = own.ask(site.base)
    except NoAnswerError as error:
        if error.is_local:
            return unseen(f"this machine has no way to {address}", address, promised, "look from where there is one")
        if site.is_local:
            return skipped(f"nothing listens on {address}, and the name means this machine alone", address)
        return failed(promised, str(error), address, mend)
    if answer.status != status:
        return failed(promised, str(answer.status), address, mend, answer.line)
    return passed(promised, str(answer.status), address)


@check("RD7", GROUP, "warning", "a name that is not the site's gets no page", rules=("nginx/no-default-server",))
def foreign_name(site: Site) -> Iterator[Verdict]:
    """A request with another Host is refused, closed or sent elsewhere, never answered with the page; plain too."""
    for url in filter(None, (site.home.url, site.plain)):
        try:
            answer = site.web.ask(url, headers={"Host": FOREIGN})
        except NoAnswerError as error:
            if site.home.status:
                yield passed("no page for a foreign Host", f"refused: {error}", url)
            continue
        yield _foreign(site, answer)


def _foreign(site: Site, answer: Exchange) -> Verdict:
    """What a foreign Host got."""
    promised, url = "no page for a foreign Host", answer.url
    mend = "give nginx a default_server with return 444, and ssl_reject_handshake on for TLS"
    evidence = (f"Host: {FOREIGN}", *answer.shown(("location", "server")))
    if answer.status <= FRESH and answer.digest == site.home.digest:
        return failed(promised, f"{answer.status} with the page itself", url, mend, *evidence)
    if FOREIGN in answer.header("location"):
        verdict = failed if url == site.home.url or site.is_ours else warned
        return verdict(promised, "redirects to whatever Host names", url, mend, *evidence)
    if answer.status <= FRESH:
        return warned(promised, f"{answer.status} with another page", url, mend, *evidence)
    return passed(promised, str(answer.status), url, *evidence)


@check("RD8", GROUP, "warning", "a forwarded host is not believed", quick=False)
def forwarded_host(site: Site) -> Iterator[Verdict]:
    """X-Forwarded-Host of a client changes no link and no redirect."""
    answer = site.web.ask(site.base, headers={"X-Forwarded-Host": FOREIGN})
    promised = "X-Forwarded-Host of a client shows nowhere"
    if FOREIGN in answer.header("location") or FOREIGN in answer.text:
        mend = "proxy_set_header X-Forwarded-Host $host; so that the client's own is overwritten"
        yield failed(promised, "the answer repeats it", site.base, mend, *answer.shown(("location",)))
    else:
        yield passed(promised, "the answer does not repeat it", site.base)


@check("RD9", GROUP, "info", "the path of ACME's challenges stays on this host", quick=False)
def challenge_path(site: Site) -> Iterator[Verdict]:
    """A certificate is renewed through it, over plain HTTP."""
    answer = _over_plain(site, f"/.well-known/acme-challenge/fairlead-{site.nonce}")
    if isinstance(answer, str):
        yield skipped(answer, site.base)
        return
    url = answer.url
    leads = urlsplit(urljoin(url, answer.header("location"))) if answer.is_redirect else None
    promised = "no redirect to another host"
    if leads and leads.hostname != site.host:
        yield warned(promised, f"to {leads.netloc}", url, "answer the challenge path before any redirect", answer.line)
    else:
        yield passed(promised, f"{answer.status}", url)


def _path(hops: tuple[Exchange, ...]) -> str:
    return " -> ".join(f"{each.url} ({each.status})" for each in hops)


CHECKS: tuple[Check[Site], ...] = (
    answers,
    to_https,
    few_hops,
    keeps_path,
    no_way_back,
    every_address,
    foreign_name,
    forwarded_host,
    challenge_path,
)
