"""How a task that failed ends: one line, an exit code, and with --json one event."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

NOT_TAKEN_BACK = 3


def ending_of(error: Exception) -> tuple[int, str, str]:
    """The exit code, the line and further lines that *error* ends with, whatever it is."""
    code = getattr(error, "exit_code", None)
    if isinstance(code, int):
        return code, str(error), getattr(error, "details", "")
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("fairlead"):
        return 2, f'the package "{error.name}" is missing; pip install "fairlead[deploy]"', ""
    if isinstance(error, OSError) and error.filename:
        return NOT_TAKEN_BACK, f"{error.filename}: {error.strerror}; --debug shows where", ""
    line = f"a fault of fairlead itself: {type(error).__name__}: {error}; --debug shows where"
    return NOT_TAKEN_BACK, line, ""


def event_line(event: str, **more: Any) -> str:
    """One event for programs, as a line of JSON."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"time": now, "event": event, **more})


def say_end(code: int, text: str, details: str = "") -> None:
    """With --json, the last line of what did not come to its end; it is one document, too."""
    print(event_line("end", exit=code, text=text, details=details), flush=True)
