"""Waits until a site answers; after that every check runs once."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..maintenance.texts import CLOSED_STATUS, HEADER
from .errors import NoAnswerError
from .outside.site import Site

READY_S = 10.0
PAUSE_S, LONGEST_PAUSE_S, GROWTH = 0.5, 5.0, 1.2
NOT_YET = (502, 503, 504)
MAINTENANCE = "maintenance is on: everybody gets 503; inv maintenance says since when, --off ends it"


def wait_ready(
    site: Site,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> str:
    """
    Asks until there is an answer that is none of a proxy without a server behind it.

    Returns:
        Why the site cannot be reached; empty where it answered, even with an error.
    """
    ends_at, pause_s = clock() + seconds, PAUSE_S
    while True:
        left = ends_at - clock()
        try:
            answer = site.web.ask_anew(site.base, seconds=max(0.5, min(left, site.web.answer_s)))
            trouble = ""
            if answer.status == CLOSED_STATUS and answer.header(HEADER):
                return MAINTENANCE
            if answer.status not in NOT_YET:
                return ""
        except NoAnswerError as error:
            trouble = str(error)
            if error.is_unknown_name or not error.is_network:
                return trouble
        if clock() + pause_s >= ends_at:
            return trouble
        wait(pause_s)
        pause_s = min(LONGEST_PAUSE_S, pause_s * GROWTH)
