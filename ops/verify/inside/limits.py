"""Limits at their edges: the largest body is taken, a slow client is let go, too many requests are refused."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin

from ....lint.nginx import Directive
from .. import websocket
from ..connection import Line, connected
from ..errors import NoAnswerError
from ..outside.site import Site
from ..promises.running import Running
from ..promises.witness import Listener, answered_by, listeners
from ..tls.asking import Server
from ..verdict import Check, Verdict, check, failed, passed, skipped, warned
from .installation import Installation

GROUP = "streams"
TOO_LARGE, TOO_MANY, SERVER_ERROR = 413, 429, 500
MOST_BYTES = 4 * 1024**2
PIECE = 64 * 1024
BODY_S = 10.0
LONGEST_WAIT_S, SLACK_S = 20.0, 4.0
MOST_ASKED, AT_ONCE = 120, 6
SURELY = 2.0
"""So many times as fast as the rate has to be asked, or nothing is proved."""

IDLE_S = 6.0
RATE = re.compile(r"rate=(\d+)r/([sm])")


def _line(stack: Installation, listener: Listener) -> tuple[Server, bool]:
    """Where *listener* is reached, and whether it speaks TLS."""
    server = Server(listener.name, *listener.connect, stack.site.web.budget)
    return server, listener.outside.startswith("https:")


def _server(site: Site) -> Server:
    """Where the site is reached, redirects left alone."""
    at = site.host, site.port
    return Server(site.host, *site.web.addresses.get(at, at), site.web.budget)


def _proxied(stack: Installation, edge: Running, path: str) -> Iterator[tuple[Listener, Any]]:
    """Each listener that passes *path* on, and what its configuration answers."""
    for listener in listeners(edge):
        answer = answered_by(edge, listener, path)
        if answer is not None and answer.effective is not None and answer.handler == "proxy_pass":
            yield listener, answer.effective


@check("ST6", GROUP, "error", "a body of the promised size is taken")
def largest_body(stack: Installation) -> Iterator[Verdict]:
    """As large as client_max_body_size: it has to find room where nginx keeps bodies, and to get through to the end."""
    edge, routes = stack.edge, stack.site.api
    if edge is None or not routes:
        yield skipped("no route of an API is known")
        return
    for listener, settings in _proxied(stack, edge, routes[0]):
        limit = settings.max_body_bytes
        size = min(limit, MOST_BYTES) if limit else MOST_BYTES
        setting = settings.setting("client_max_body_size")
        place = edge.place(setting.place) if setting else ""
        target, promised = f"{listener.outside}{routes[0]} ({size} bytes)", "an answer of the application"
        status = _sent(stack, listener, routes[0], size)
        if status == TOO_LARGE or status >= SERVER_ERROR:
            mend = "see the log of nginx: a limit of its own, or no room below client_body_temp_path"
            yield failed(promised, str(status), target, mend, place=place)
        else:
            yield passed(promised, str(status), target, place=place)


def _sent(stack: Installation, listener: Listener, path: str, size: int) -> int:
    """The status of the answer to a GET with a body of *size* bytes, sent to its end or until the server answers."""
    server, tls = _line(stack, listener)
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {listener.outside.partition('://')[2]}\r\nUser-Agent: {stack.site.web.agent}\r\n"
        f"Content-Length: {size}\r\nConnection: close\r\n\r\n"
    )
    with connected(server, tls=tls, seconds=BODY_S) as line:
        line.send(head.encode())
        for start in range(0, size, PIECE):
            line.send(b"x" * min(PIECE, size - start))
        return _status(line)


def _status(line: Line) -> int:
    found = re.match(r"HTTP/1\.[01] (\d{3})\b", line.until(b"\r\n\r\n").decode("latin-1"))
    if found is None:
        raise NoAnswerError(f"{line.label}: the connection was closed without an answer")
    return int(found[1])


@check("ST5", GROUP, "warning", "a client that never ends its request is let go", quick=False)
def slow_client(stack: Installation) -> Iterator[Verdict]:
    """A request is begun and not ended; nginx closes after client_header_timeout."""
    edge = stack.edge
    listener = next(listeners(edge), None) if edge else None
    if edge is None or listener is None:
        yield skipped("no nginx of this stack is published on this machine")
        return
    settings = edge.config.effective(listener.server)
    promised_s = settings.seconds("client_header_timeout", 60.0)
    setting = settings.setting("client_header_timeout")
    if promised_s is None or promised_s > LONGEST_WAIT_S:
        yield skipped(f"client_header_timeout of {promised_s or 'no number of'} s is too long to wait for")
        return
    place, promised = edge.place(setting.place) if setting else "", f"closed after {promised_s:g} s"
    seconds = _patience(stack, listener, promised_s + SLACK_S)
    if seconds is None:
        mend = "inv up switches to the configuration of these files"
        yield failed(promised, f"open after {promised_s + SLACK_S:g} s", listener.outside, mend, place=place)
    else:
        yield passed(promised, f"closed after {seconds:.1f} s", listener.outside, place=place)


def _patience(stack: Installation, listener: Listener, most_s: float) -> float | None:
    """After how many seconds the server closes on a request that does not end; None where it does not."""
    server, tls = _line(stack, listener)
    begun = time.monotonic()
    with connected(server, tls=tls, seconds=most_s + SLACK_S) as line:
        line.send(f"GET / HTTP/1.1\r\nHost: {listener.name}\r\nX-Slow: ".encode())
        line.ends_at = begun + most_s
        try:
            while line.receive():
                pass
        except TimeoutError:
            return None
        except ConnectionError:
            return time.monotonic() - begun
    return time.monotonic() - begun


@check(
    "ST2",
    GROUP,
    "error",
    "a WebSocket is opened, answers, and survives a pause",
    rules=("nginx/websocket-without-upgrade",),
)
def web_socket(stack: Installation) -> Iterator[Verdict]:
    """At the route that fairlead.yaml declares; with --all a silence lies between two questions."""
    path, site = stack.patient.doctor.websocket, stack.site
    if not path:
        yield skipped("fairlead.yaml has no doctor.websocket")
        return
    url, promised = urljoin(site.base, path), "101, and an answer"
    mend = (
        "proxy_http_version 1.1; with Upgrade and Connection passed on, and a proxy_read_timeout above the pings' pause"
    )
    origin = f"{site.parts.scheme}://{site.parts.netloc}"
    try:
        with connected(_server(site), tls=site.is_https) as line:
            status = websocket.opened(line, site.parts.netloc, path, site.web.agent, origin)
            if status != websocket.SWITCHED:
                yield failed(promised, str(status), url, mend)
                return
            how = websocket.answered(line, f"fairlead-{site.nonce}")
            if stack.everything:
                time.sleep(IDLE_S)
                line.ends_at += IDLE_S
                how += f", and {websocket.answered(line, f'again-{site.nonce}')} after {IDLE_S:g} s of silence"
    except NoAnswerError as error:
        yield failed(promised, str(error), url, mend)
        return
    yield passed(promised, f"{websocket.SWITCHED}, {how}", url)


@check("ST4", GROUP, "error", "who asks too often is refused", quick=False, rules=("nginx/limit-never-applied",))
def too_often(stack: Installation) -> Iterator[Verdict]:
    """The route that fairlead.yaml declares for it is asked until nginx refuses, which its burst and rate promise."""
    edge, path = stack.edge, stack.patient.doctor.limited
    if edge is None or not path or not stack.patient.changing:
        yield skipped("fairlead.yaml has no doctor.limited, no nginx is published here, or --dry was said")
        return
    listener = next((each for each in listeners(edge) if stack.site.base.startswith(each.outside)), None)
    answer = answered_by(edge, listener, path) if listener else None
    limit = next(iter(answer.effective.settings("limit_req")), None) if answer and answer.effective else None
    if limit is None or answer is None:
        yield failed("a limit_req", "none holds there", stack.site.at(path), "limit_req in the location of the login")
        return
    burst, rate = _burst(limit), _rate(edge, limit)
    wanted = int(answer.effective.value("limit_req_status", "503"))
    place, promised = edge.place(limit.place), f"{wanted} after a burst of {burst} at {rate:g} a second"
    if burst + 1 + rate * 2 > MOST_ASKED:
        yield skipped(f"a burst of {burst} at {rate:g} a second is more than may be asked here", stack.site.at(path))
        return
    count, status, seconds = _until_refused(stack, path, burst, rate, wanted)
    observed = f"{status} after {count} requests within {seconds:.1f} s"
    if status != wanted and count < SURELY * rate * seconds:
        yield skipped(f"only {count / seconds:.0f} requests a second came through", stack.site.at(path))
    elif status != wanted:
        yield failed(promised, observed, stack.site.at(path), "see limit_req_zone and what it counts by", place=place)
    elif status != TOO_MANY:
        mend = f"limit_req_status {TOO_MANY}; so that a client knows that it is to wait"
        yield warned(f"{TOO_MANY}", observed, stack.site.at(path), mend, place=place)
    else:
        yield passed(promised, observed, stack.site.at(path), place=place)


def _until_refused(stack: Installation, path: str, burst: int, rate: float, wanted: int) -> tuple[int, int, float]:
    """Requests, last status and seconds until *wanted* came, or until it should long have come."""
    begun, status, count, seconds, url = time.monotonic(), 0, 0, 0.0, stack.site.at(path)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while status != wanted and count < min(MOST_ASKED, (burst + 2 + rate * seconds) * 1.3 + AT_ONCE):
            statuses = list(pool.map(lambda _: stack.site.web.ask_anew(url).status, range(AT_ONCE)))
            status, count = (wanted if wanted in statuses else statuses[-1]), count + AT_ONCE
            seconds = time.monotonic() - begun
    return count, status, seconds


def _burst(limit: Directive) -> int:
    return next((int(each[6:]) for each in limit.args if each.startswith("burst=") and each[6:].isdigit()), 0)


def _rate(edge: Running, limit: Directive) -> float:
    """Requests a second of the zone that *limit* names."""
    name = next((each[5:] for each in limit.args if each.startswith("zone=")), "")
    for zone in edge.config.find("limit_req_zone"):
        found = RATE.search(" ".join(zone.args))
        if found and any(each.partition(":")[0] == f"zone={name}" for each in zone.args):
            return int(found[1]) / (60 if found[2] == "m" else 1)
    return 1.0


CHECKS: tuple[Check[Installation], ...] = (largest_body, slow_client, web_socket)
ALONE: tuple[Check[Installation], ...] = (too_often,)
