"""What a run says: lines for people, or with --json one JSON object a line for programs."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from types import TracebackType
from typing import Any, TextIO

from ..endings import event_line
from ..errors import FairleadError
from ..execute import Event
from ..progress import Progress
from ..step import Step


class JsonLines(io.TextIOBase):
    """Standard output with --json: what is printed for people is an event, too."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._rest = ""

    def write(self, text: str) -> int:
        """Takes printed text; each whole line is an event."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(str.strip, lines):
            self.event("text", text=line.strip())
        return len(text)

    def event(self, event: str, **more: Any) -> None:
        """Writes one event."""
        print(event_line(event, **more), file=self._out, flush=True)


class StepEvents:
    """Takes the events of a plan as `Progress` does, and writes them as JSON."""

    def __init__(self, lines: JsonLines) -> None:
        self._lines = lines
        self._begun = time.monotonic()

    def __enter__(self) -> StepEvents:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Nothing to tidy up."""

    def __call__(self, event: Event, host: str, step: Step, text: str) -> None:
        """Takes one event."""
        if event == "start":
            self._begun = time.monotonic()
        seconds = {"seconds": round(time.monotonic() - self._begun, 3)} if event in ("done", "failed") else {}
        named = {"host": host} if host else {}
        self._lines.event(event, step=step.title, **named, **({"text": text} if text else {}), **seconds)


def progress() -> Progress | StepEvents:
    """What shows the steps of a plan: lines on a terminal or in a log, or events."""
    return StepEvents(sys.stdout) if isinstance(sys.stdout, JsonLines) else Progress()


@contextmanager
def json_events(wanted: bool) -> Iterator[None]:
    """Where *wanted*, all that the block prints is events, and the last one says how it ended."""
    if not wanted:
        yield
        return
    lines = JsonLines(sys.stdout)
    with redirect_stdout(lines):
        try:
            yield
        except FairleadError as error:
            lines.event("end", exit=error.exit_code, text=str(error), details=error.details)
            error.told = True
            raise
        lines.event("end", exit=0, text="", details="")
