"""The last of `inv up`: nginx answers with what is behind it, which it may look for a moment after that is healthy."""

from __future__ import annotations

import time
from collections.abc import Iterable

from .doctor.web import WebError, fetch
from .errors import StepFailedError
from .host import Host
from .step import Do, Say, Step

TITLE = "wait until nginx answers"
DEADLINE_S = 30.0
POLL_S = 0.2
NOBODY_BEHIND = (502, 504)
"""What nginx answers while it knows no address of a service: it asks for one when the last answer is too old."""


def answer_step(addresses: Iterable[str]) -> Step:
    """
    Asks each address of *addresses* from this machine until what nginx passes it to answers, at most half a minute.

    An address that cannot be asked from here is told and left to `inv doctor`: waiting does not mend it.
    """
    asked = tuple(addresses)

    def wait(host: Host, say: Say) -> None:
        until = time.monotonic() + DEADLINE_S
        for address in asked:
            _wait(host, say, address, until)

    return Do(TITLE, "\n    ".join(asked), wait)


def _wait(host: Host, say: Say, address: str, until: float) -> None:
    while True:
        try:
            status = fetch(address).status
        except WebError as error:
            say(str(error))
            return
        say(f"{address}: {status}")
        if status not in NOBODY_BEHIND:
            return
        if time.monotonic() > until:
            reason = f"{address} answers {status}, though every service is healthy; inv doctor looks for the cause"
            raise StepFailedError(host.name, TITLE, reason)
        time.sleep(POLL_S)
