"""The versions of HTTP that a site announces really answer, and a connection serves more than one request."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator

from .. import http2 as frames
from .. import quic
from ..connection import Line, connected
from ..errors import NoAnswerError
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .handshake import label, no_tls, seen
from .site import FRESH, Site

GROUP = "streams"
H3 = re.compile(r'(?:^|[\s,])h3="([^":]*):(\d+)"')


@check("ST7", GROUP, "error", "a request over HTTP/2 is answered", rules=("nginx/listen-http2",))
def http2(site: Site) -> Iterator[Verdict]:
    """TL10 sees that it is agreed on; this one asks for the page by it, as browsers do."""
    if why := no_tls(site):
        yield skipped(why, site.base)
        return
    if seen(site).presented.protocol != "h2":
        yield skipped("HTTP/2 is not agreed on; TL10 says so", label(site))
        return
    parts = site.parts
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    wanted = site.hops[0].status
    promised = f"{wanted}, as over HTTP/1.1"
    try:
        with connected(site.server, tls=True, protocols=("h2",)) as line:
            status = frames.status_of(line, parts.netloc, path, site.web.agent)
    except NoAnswerError as error:
        if error.is_local:
            raise
        yield failed(promised, str(error), site.base, "see the server's log; http2 off; until it is mended")
        return
    if status == wanted or (status and max(status, wanted) <= FRESH):
        yield passed(promised, str(status), site.base)
    else:
        yield failed(promised, str(status or "an answer without a status"), site.base, "see the server's log")


@check("ST8", GROUP, "warning", "HTTP/3 is there where it is announced", rules=("nginx/quic-lost-on-reload",))
def http3(site: Site) -> Iterator[Verdict]:
    """Alt-Svc sends browsers to a UDP port: nobody there costs each of them a wait."""
    found = H3.search(site.home.header("alt-svc"))
    if found is None:
        yield skipped("the page announces no HTTP/3", site.home.url)
        return
    name, port = found[1] or site.server.name, int(found[2])
    address, at_port = site.web.addresses.get((name, port), (found[1] or site.server.address, port))
    target, promised = f"{name}:{port}/udp", "an answer in QUIC, version 1"
    site.web.budget.take()
    spoken = quic.versions(address, at_port)
    mend = "publish 443/udp and open it in the firewall, or take Alt-Svc away"
    if 1 in spoken:
        yield passed(promised, ", ".join(quic.VERSIONS[each] for each in spoken if each in quic.VERSIONS), target)
    elif spoken:
        yield failed(promised, f"versions {', '.join(f'{each:#x}' for each in spoken)}", target, mend)
    elif site.is_ours:
        yield failed(promised, "nobody answers", target, mend, *site.home.shown(("alt-svc",)))
    else:
        yield warned(promised, "no answer here; UDP may be filtered on the way", target, mend)


@check("ST9", GROUP, "warning", "a connection serves more than one request")
def kept_alive(site: Site) -> Iterator[Verdict]:
    """A handshake for each file of a page makes it slow."""
    promised = "a second answer on the same connection"
    host, path = site.parts.netloc, site.parts.path or "/"
    head = f"HEAD {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {site.web.agent}\r\nAccept: */*\r\n\r\n".encode()
    mend = "keepalive_timeout above 0"
    with connected(site.server, tls=site.is_https) as line:
        first, says_close = _answer(line, head)
        if says_close:
            yield failed(promised, "the server closes after each answer", site.base, mend)
            return
        try:
            second, _ = _answer(line, head)
        except (OSError, http.client.HTTPException):
            yield failed(promised, "the connection is closed after an answer", site.base, mend)
            return
    yield passed(promised, f"{first} and {second}", site.base)


def _answer(line: Line, head: bytes) -> tuple[int, bool]:
    """Status of the answer to a HEAD, and whether the server says that it closes."""
    line.send(head)
    text = line.until(b"\r\n\r\n").decode("latin-1")
    first, _, rest = text.partition("\r\n")
    words = first.split()
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004 - HTTP/1.1 and a status
        raise http.client.BadStatusLine(first)
    says_close = re.search(r"(?im)^connection:\s*close\b", rest) is not None
    return int(words[1]), says_close or words[0] == "HTTP/1.0"


CHECKS: tuple[Check[Site], ...] = (http2, http3, kept_alive)
