"""Tells a web address what happened; that it cannot be told is one line, and never changes how a run ends."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

from .. import __version__
from .environment import env_values
from .errors import FairleadError
from .lock import operator
from .settings import Settings

VERSION = 1
TRIES, WAIT_S, ANSWER_S = 3, 1.0, 5.0
LONGEST = 500
QUIET = (2, 4, 130)
"""Wrong use, a lock, an interruption: whoever did that sees it, and nobody else wants to know."""
RUNNING = 6


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An address that leads elsewhere is a wrong one: what is sent would be lost on the way."""

    def redirect_request(self, *_: Any) -> None:
        """Follows none."""


def notify(settings: Settings, event: Mapping[str, Any], pause: Callable[[float], None] = time.sleep) -> bool:
    """
    Sends *event* to the address of the settings, where they have one and want such events.

    Returns:
        Whether nobody is left to be told.

    Args:
        event: What happened: ``event`` of `outward.EVENTS`, and what else there is to say; never a secret.
    """
    wanted = settings.outward
    if not wanted.webhook or event.get("event") not in wanted.events:
        return True
    try:
        address = env_values(settings.env, os.environ).get(wanted.webhook, "")
        fault = _sent(address, _body(settings, event), pause) if address else f"{wanted.webhook} is not set"
    except FairleadError as error:
        fault = str(error)
    if fault:
        print(f"the webhook was not told of this: {fault}", file=sys.stderr, flush=True)
    return not fault


@contextmanager
def announced(settings: Settings, event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """
    Tells how the block ended: *event*, which it may add to; or a failure.

    A block that clears *event* has nothing to tell.
    """
    event |= {"who": operator(), "began": _now()}
    try:
        yield event
    except FairleadError as error:
        if event and error.exit_code not in QUIET:
            told = {"outcome": "running"} if error.exit_code == RUNNING else {"event": "failure", "outcome": "failed"}
            notify(settings, {**event, "during": event["event"], **told, "exit": error.exit_code, "text": str(error)})
        raise
    if event:
        notify(settings, {"outcome": "done", "exit": 0, **event})


def _body(settings: Settings, event: Mapping[str, Any]) -> bytes:
    """Small JSON; ``text`` is a sentence that chat programs show as it is."""
    named = " ".join(str(event[key]) for key in ("event", "tier", "host", "release", "outcome") if event.get(key))
    more = f": {event['text']}" if event.get("text") else ""
    head = {"version": VERSION, "tool": f"fairlead {__version__}", "stack": settings.name, "time": _now()}
    return json.dumps({**head, **event, "text": f"{settings.name}: {named}{more}"[:LONGEST]}).encode()


def _sent(address: str, body: bytes, pause: Callable[[float], None]) -> str:
    """Sends it, again where that may help; why it did not get there, without the address, which may be a secret."""
    if not address.startswith(("http://", "https://")):
        return "its address begins with neither http:// nor https://"
    headers = {"Content-Type": "application/json", "User-Agent": f"fairlead/{__version__}"}
    fault = ""
    for number in range(TRIES):
        if number:
            pause(WAIT_S * 2 ** (number - 1))
        fault, again = _tried(address, body, headers)
        if not (fault and again):
            break
    return fault


def _tried(address: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, bool]:
    """What went wrong, and whether another try may help."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        request = urllib.request.Request(address, body, dict(headers))  # noqa: S310 - http and https alone, see above
        with opener.open(request, timeout=ANSWER_S) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answers {error.code}", error.code in (408, 425, 429) or error.code >= 500  # noqa: PLR2004
    except urllib.error.URLError as error:
        reason = error.reason
        return (str(reason.strerror or type(reason).__name__) if isinstance(reason, OSError) else "no answer"), True
    except (OSError, HTTPException, ValueError) as error:
        return f"no answer ({type(error).__name__})", not isinstance(error, ValueError)
    return "", False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
