"""What was tried at a CA and how it ended: kept, so that a failure is not repeated until the CA shuts the door."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..host import Host

FILE = "attempts.json"
KEPT = 50
PRIVATE = 0o600
TRIES = 3
"""Failures in a row after which the next one waits; a CA allows five for a name in an hour."""

FIRST_WAIT, LONGEST_WAIT = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True)
class Attempt:
    """
    One question to the CA.

    Attributes:
        what: ``account``, ``dry run``, ``issue`` or ``renew``.
        outcome: ``ok``, ``failed``, ``nothing`` where certbot held nothing for due, or ``begun`` where nobody was
            there to see the end.
        wait_until: Until when the CA wants nothing more, where it said so.
    """

    time: datetime
    what: str
    outcome: str
    message: str = ""
    wait_until: datetime | None = None


@dataclass(frozen=True)
class Memory:
    """
    All attempts at one CA for one certificate, oldest first.

    Attributes:
        preflight: What the last dry run that went well was made with.
    """

    attempts: tuple[Attempt, ...] = ()
    preflight: str = ""

    @property
    def last(self) -> Attempt | None:
        """The last attempt."""
        return self.attempts[-1] if self.attempts else None

    def begun(self, now: datetime, what: str) -> Memory:
        """With an attempt that has begun."""
        return replace(self, attempts=(*self.attempts, Attempt(now, what, "begun"))[-KEPT:])

    def ended(self, outcome: str, message: str = "", wait_until: datetime | None = None) -> Memory:
        """With how the last attempt ended."""
        last = replace(self.attempts[-1], outcome=outcome, message=message, wait_until=wait_until)
        return replace(self, attempts=(*self.attempts[:-1], last))


def may_try_at(attempts: Iterable[Attempt]) -> datetime | None:
    """
    The moment from which the CA may be asked again after failures in a row; None where it may be asked at once.

    An attempt nobody saw the end of is no failure: the machine went down, and the CA knows nothing of it.
    """
    failures: list[Attempt] = []
    for attempt in attempts:
        if attempt.outcome == "ok" and attempt.what in ("issue", "renew"):
            failures = []
        if attempt.outcome == "failed":
            failures.append(attempt)
    if not failures:
        return None
    told = [each.wait_until for each in failures if each.wait_until]
    doubled = min(FIRST_WAIT * 2 ** min(len(failures) - TRIES, 10), LONGEST_WAIT) if len(failures) >= TRIES else None
    ours = [failures[-1].time + doubled] if doubled else []
    return max([*told, *ours], default=None)


def read_memory(host: Host, folder: Path) -> Memory:
    """What is remembered in *folder*; nothing where the file is missing or was cut off."""
    try:
        data = json.loads(host.read(str(folder / FILE)) or "{}")
        attempts = tuple(_attempt(each) for each in data.get("attempts", ()))
        return Memory(attempts, str(data.get("preflight", "")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return Memory()


def write_memory(host: Host, folder: Path, memory: Memory) -> None:
    """Replaces what is remembered in *folder*."""
    data = {"version": 1, **asdict(memory)}
    text = json.dumps(data, indent=2, default=lambda moment: moment.isoformat())
    host.put(str(folder / FILE), text + "\n", PRIVATE)


def _attempt(data: dict[str, Any]) -> Attempt:
    until = data.get("wait_until")
    moment = datetime.fromisoformat(until) if until else None
    return Attempt(datetime.fromisoformat(data["time"]), data["what"], data["outcome"], data.get("message", ""), moment)
