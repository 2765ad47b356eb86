"""Says how far sending is: bytes, how fast, and the time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..step import Say

EVERY_S = 1.0
SURE_S = 2.0
"""Earlier nothing is said about the time left: the first second tells nothing about the next."""

THEN = "the engine there unpacks them"
SLOW_BYTES_S = 250_000.0
"""Slower lines are named as the reason why it takes long."""


@contextmanager
def ticking(
    say: Say, what: str, counted: Callable[[], int], total_bytes: int, *, then: str = THEN, every_s: float = EVERY_S
) -> Iterator[None]:
    """
    Says every so often how far it is while the block runs.

    Args:
        what: What is sent.
        counted: The bytes that went over since the block began.
        total_bytes: How many it will be, at most.
        then: What goes on once all is sent.
    """
    over = threading.Event()
    begun = time.monotonic()

    def tick() -> None:
        while not over.wait(every_s):
            say(progress_line(what, counted(), total_bytes, time.monotonic() - begun, then))

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        over.set()
        ticker.join()


def progress_line(what: str, done_bytes: int, total_bytes: int, seconds: float, then: str = THEN) -> str:
    """
    How far it is, for people.

    Args:
        seconds: Since it began.
        then: What goes on once all is sent.
    """
    if done_bytes >= total_bytes:
        return f"{what}: {_mega(done_bytes)} MB sent; {then}"
    line = f"{what}: {_mega(done_bytes)} of {_mega(total_bytes)} MB"
    rate = done_bytes / seconds if seconds else 0.0
    if seconds < SURE_S or not rate:
        return line
    left = _duration((total_bytes - done_bytes) / rate)
    slow = ", a slow line" if rate < SLOW_BYTES_S else ""
    return f"{line}, {left} left at {rate / 1e6:.2f} MB/s{slow}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _mega(size: int) -> str:
    return f"{size / 1e6:.1f}"
