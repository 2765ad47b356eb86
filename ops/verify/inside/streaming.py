"""Streams and limits, as a browser meets them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from ....lint.nginx import Directive
from ...doctor.check_functional import registered
from ...doctor.web import WebError, fetch, opened
from ...doctor_settings import ChatSettings
from ..outside.parts import AT_ONCE_S, BROWSER
from ..promises.running import Running
from ..promises.witness import Listener, answered_by, listeners
from ..upload import too_large
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen
from .installation import Installation

STREAM_S = 30.0
QUESTION = "Is everything all right? Answer in two sentences."
FACTS = "stream"
TOO_LARGE = 413
MOST_PIECES = 400


@check(
    "ST1b",
    "streams",
    "error",
    "an answer of the model reaches a browser piece by piece",
    rules=("nginx/stream-held-back",),
)
def chat(stack: Installation) -> Iterator[Verdict]:
    """A person is registered, asks once and is deleted again, by the routes that fairlead.yaml declares for it."""
    functional, page = stack.patient.doctor.functional, stack.patient.address("page")
    if functional is None or not page:
        yield skipped("fairlead.yaml has no doctor.functional")
        return
    if not stack.patient.changing:
        yield skipped("it registers a person, and --dry changes nothing", page)
        return
    promised = "pieces as they come, with compression offered"
    try:
        pieces, encoding = _conversation(page, functional)
    except WebError as error:
        yield unseen(stack.masked(str(error)), page, promised)
        return
    stack.remembered(FACTS, lambda: [[round(at, 3), size] for at, size in pieces])
    spread = pieces[-1][0] - pieces[0][0] if pieces else 0.0
    shown = f"{len(pieces)} pieces within {spread:.2f} s" + (f", {encoding}" if encoding else "")
    if len(pieces) > 1 and spread > AT_ONCE_S:
        yield passed(promised, shown, urljoin(page, functional.conversations))
    else:
        mend = "proxy_buffering off; and no text/event-stream in gzip_types"
        yield failed(promised, shown, urljoin(page, functional.conversations), mend)


def _conversation(page: str, functional: ChatSettings) -> tuple[list[tuple[float, int]], str]:
    """When each piece of an answer came, and its size; all that was made is deleted, whatever happened."""
    headers = registered(page, functional.register)
    conversations = urljoin(page, functional.conversations)
    try:
        begun = fetch(conversations, "POST", {"title": "verify"}, headers)
        number = (begun.json() or {}).get("id")
        if number is None:
            raise WebError(f"{conversations}: {begun.status} instead of a conversation")
        return _pieces(f"{conversations.rstrip('/')}/{number}/messages", headers)
    finally:
        if functional.account:
            fetch(urljoin(page, functional.account), "DELETE", None, headers)


def _pieces(url: str, headers: Mapping[str, str]) -> tuple[list[tuple[float, int]], str]:
    begun = time.monotonic()
    found: list[tuple[float, int]] = []
    browser = {**headers, "Accept-Encoding": BROWSER, "Accept": "text/event-stream"}
    with opened(url, "POST", {"text": QUESTION}, browser, STREAM_S) as stream:
        if stream.status != 200:  # noqa: PLR2004 - the one status of a stream
            raise WebError(f"{url}: {stream.status} instead of a stream")
        while len(found) < MOST_PIECES and time.monotonic() - begun < STREAM_S:
            piece = stream.read1(65536)
            if not piece:
                break
            found.append((time.monotonic() - begun, len(piece)))
        return found, stream.getheader("Content-Encoding") or ""


@check(
    "ST3",
    "streams",
    "error",
    "a body that is too large is refused at the promised size",
    rules=("nginx/body-without-limit",),
)
def body_size(stack: Installation) -> Iterator[Verdict]:
    """Announced, not sent: nginx refuses by Content-Length; the answer is the one that error_page promises."""
    edge = stack.edge
    routes = stack.site.api
    if edge is None or not routes:
        yield skipped("no route of an API is known")
        return
    for listener in listeners(edge):
        answer = answered_by(edge, listener, routes[0])
        if answer is None or answer.effective is None or answer.handler != "proxy_pass":
            continue
        limit = answer.effective.max_body_bytes
        if not limit:
            yield skipped("nothing is promised: any size is taken", f"{listener.outside}{routes[0]}")
            continue
        yield _refused(stack, edge, listener, routes[0], limit)


def _refused(stack: Installation, edge: Running, listener: Listener, path: str, limit: int) -> Verdict:
    target = f"{listener.outside}{path} ({limit + 1} bytes)"
    stack.site.web.budget.take()
    seen = too_large(listener, path, limit + 1, stack.site.web.agent)
    promised = f"{TOO_LARGE} above {limit} bytes"
    answer = answered_by(edge, listener, path)
    setting = answer.effective.setting("client_max_body_size")
    place = edge.place(setting.place) if setting else ""
    if seen.status != TOO_LARGE:
        return failed(promised, str(seen.status), target, f"client_max_body_size {limit};", place=place)
    block = _error_block(edge, answer.effective.error_pages, listener.server)
    missing = (
        []
        if block is None
        else [
            each.name
            for each in edge.config.effective(block).headers_for(TOO_LARGE)
            if each.value is not None and "$" not in each.value and each.value not in seen.values(each.name)
        ]
    )
    if missing:
        return failed(
            "the headers of its error_page", f"missing: {', '.join(missing)}", target, "see the location", place=place
        )
    kind = "JSON" if _is_json(seen.body) else seen.kind or "no type"
    return passed(promised, f"{seen.status}, {kind}", target, place=place)


def _error_block(edge: Running, pages: tuple[Directive, ...], server: Directive) -> Directive | None:
    name = next((each.args[-1] for each in pages if str(TOO_LARGE) in each.args[:-1]), "")
    return next((each for each in server.walk() if each.name == "location" and each.args[-1:] == (name,)), None)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


CHECKS: tuple[Check[Installation], ...] = (chat, body_size)
