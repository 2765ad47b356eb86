"""When `inv certbot` ran last and how that ended, for `inv certbot.status` and for whoever wonders about the timer."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ..errors import FairleadError
from ..stack import Stack

FILE = "certbot.json"
PRIVATE = 0o600


@dataclass(frozen=True)
class LastRun:
    """
    A run: *outcome* is ``ok``, ``failed``, or ``begun`` where it was cut off.

    Attributes:
        time: When it began.
        code: Its exit code; None where it was cut off.
    """

    time: datetime
    command: str
    outcome: str
    message: str = ""
    code: int | None = None


def last_run(stack: Stack) -> LastRun | None:
    """The last one; None where there was none."""
    try:
        data = json.loads(stack.host.read(_path(stack)) or "null")
        return LastRun(**{**data, "time": datetime.fromisoformat(data["time"])}) if data else None
    except (ValueError, TypeError, KeyError):
        return None


def started(stack: Stack, command: str) -> None:
    """Writes down that *command* begins now; a disk without room is no reason not to begin."""
    _write(stack, LastRun(datetime.now(UTC), command, "begun"))


def ended(stack: Stack, command: str, error: FairleadError | None) -> None:
    """Writes down how *command* ended."""
    before = last_run(stack)
    begun = before.time if before else datetime.now(UTC)
    outcome = "failed" if error else "ok"
    _write(stack, LastRun(begun, command, outcome, str(error or ""), error.exit_code if error else 0))


def _write(stack: Stack, run: LastRun) -> None:
    text = json.dumps({**asdict(run), "time": run.time.isoformat()}, indent=2)
    try:
        stack.host.put(_path(stack), text + "\n", PRIVATE)
    except OSError:
        return  # the run itself meets the same disk, and says so


def _path(stack: Stack) -> str:
    return str(stack.settings.state / FILE)
