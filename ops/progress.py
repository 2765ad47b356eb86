"""What a person sees while a plan runs: a line for each step, what it is doing, how long it has taken."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from .execute import Event
from .step import Step

if TYPE_CHECKING:
    from rich.status import Status

QUIET_S = 15.0
"""Without a terminal, a running step says what it is doing this often."""

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")
WIDTH = 90


class Progress:
    """
    Shows the events of `execute`; a context manager, so that the terminal is left as it was.

    Args:
        terminal: Whether lines may be rewritten; False writes a plain log.
        clock: Seconds, rising.
    """

    def __init__(self, terminal: bool | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._terminal = sys.stdout.isatty() if terminal is None else terminal
        self._clock = clock
        self._begun = 0.0
        self._spoken = 0.0
        self._title = ""
        self._status: Status | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._clear()

    def __call__(self, event: Event, host: str, step: Step, text: str) -> None:
        """Takes one event of `execute`."""
        if event == "start":
            self._start(step)
        elif event == "say":
            self._say(text)
        elif event == "done":
            self._end("done")
        elif event == "failed":
            self._end("FAILED")
        else:
            print(f"  took back: {step.title}", flush=True)

    def _start(self, step: Step) -> None:
        self._title, self._begun = step.title, self._clock()
        self._spoken = self._begun
        if self._terminal:
            self._show(step.title)

    def _say(self, text: str) -> None:
        line = CONTROL.sub("", text).strip()[:WIDTH]
        if not line:
            return
        if self._terminal:
            self._show(f"{self._title} ({self._elapsed:.0f} s): {line}")
        elif self._clock() - self._spoken > QUIET_S:
            self._spoken = self._clock()
            print(f"  ... {self._title} ({self._elapsed:.0f} s): {line}", flush=True)

    def _end(self, how: str) -> None:
        self._clear()
        if self._elapsed >= 1 or how != "done":
            print(f"  {self._title}: {how} ({self._elapsed:.1f} s)", flush=True)
        elif self._title:
            print(f"  {self._title}", flush=True)
        self._title = ""

    @property
    def _elapsed(self) -> float:
        return self._clock() - self._begun

    def _show(self, text: str) -> None:
        from rich.console import Console  # noqa: PLC0415 - 90 ms that a log does not need
        from rich.text import Text  # noqa: PLC0415

        if self._status is None:
            self._status = Console().status(Text(text))
            self._status.start()
        self._status.update(Text(text))

    def _clear(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
