"""How much a run may ask: a number of requests, so many a second, and not for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .errors import BudgetSpentError

MOST_REQUESTS = 400
MOST_SECONDS = 90.0
OWN_RATE, FOREIGN_RATE = 50.0, 5.0
"""Requests a second for a stack of one's own, and for a site that may be anybody's."""


class Budget:
    """Counts requests and handshakes, and makes callers wait their turn; for use by many threads."""

    def __init__(
        self,
        rate: float,
        requests: int = MOST_REQUESTS,
        seconds: float = MOST_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.requests, self.spent = requests, 0
        self._gap_s, self._clock, self._wait = 1.0 / rate, clock, wait
        self._lock = threading.Lock()
        self._next = clock()
        self.ends_at = clock() + seconds

    @property
    def left_s(self) -> float:
        """Seconds until the run has to end; never negative."""
        return max(0.0, self.ends_at - self._clock())

    def grant(self, seconds: float = MOST_SECONDS) -> None:
        """Begins anew: all requests, and *seconds* from now on."""
        with self._lock:
            self.spent, self.ends_at = 0, self._clock() + seconds

    def take(self) -> None:
        """
        Waits for a turn.

        Raises:
            BudgetSpentError: the number or the time is used up.
        """
        with self._lock:
            if self.spent >= self.requests:
                raise BudgetSpentError(f"all {self.requests} requests of this run are spent")
            now = self._clock()
            turn = max(now, self._next)
            if turn >= self.ends_at:
                raise BudgetSpentError("the time of this run is over")
            self.spent += 1
            self._next = turn + self._gap_s
        if turn > now:
            self._wait(turn - now)
