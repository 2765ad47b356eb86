"""Shows what the agent says, as the laptop's own steps are shown."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from ..execute import Event
from ..host import Host
from ..step import Say
from .events import progress

EVENTS: Mapping[str, Event] = {"start": "start", "say": "say", "done": "done", "failed": "failed", "undone": "undone"}


class _Told:
    """A step that happens elsewhere."""

    def __init__(self, title: str) -> None:
        self.title = title

    def run(self, host: Host, say: Say) -> None:
        """See `Step`; the agent does it."""

    def undo(self, host: Host) -> bool:
        """See `Step`; the agent does it."""
        return False


class Teller:
    """Takes the agent's lines; a context manager, so that the terminal is left as it was."""

    def __init__(self) -> None:
        self._progress = progress()

    def __enter__(self) -> Teller:
        self._progress.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.__exit__(kind, error, trace)

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Takes one line; a note is for people to keep."""
        if line.get("event") == "note":
            print(f"  {line.get('text', '')}", flush=True)
        event = EVENTS.get(str(line.get("event", "")))
        if event is not None:
            self._progress(event, "", _Told(str(line.get("step", ""))), str(line.get("text", "")))
