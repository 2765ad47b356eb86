"""How long a deploy takes, from those before it: the audit on the host, and a file of this machine about sending."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

LAST = 5
"""So many of the newest deploys are looked at."""

KEPT = 50
LEAST_BYTES = 100_000
"""What is less says nothing about how fast the line is."""


def expected_s(audit: str, sent: str, host: str, size_bytes: int) -> float | None:
    """
    The seconds that a deploy will take from the first byte sent until the release serves; None without any before it.

    Args:
        audit: The text of the host's audit.
        sent: The text of this machine's file of what was sent, see `note_sent`.
        size_bytes: What goes over.
    """
    switches = list(_switches(audit))[-LAST:]
    if not switches:
        return None
    rates = [
        line["bytes"] / line["seconds"]
        for line in _lines(sent)
        if line.get("host") == host and line.get("bytes") and line.get("seconds")
    ][-LAST:]
    return float(median(switches)) + (size_bytes / float(median(rates)) if rates else 0.0)


def note_sent(path: Path, host: str, size_bytes: int, seconds: float) -> None:
    """Remembers that so much went to *host* in so long; not where it is too little to say anything."""
    if size_bytes < LEAST_BYTES:
        return
    line = json.dumps({"host": host, "bytes": size_bytes, "seconds": round(seconds, 2)})
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*before, line][-KEPT:]) + "\n", encoding="utf-8")


def _switches(audit: str) -> Iterator[float]:
    """The seconds of each first switch to a release: a later one to the same is a rollback."""
    begun: dict[str, float] = {}
    told: set[str] = set()
    for line in _lines(audit):
        what, release, time = line.get("what"), str(line.get("release", "")), _seconds(line.get("time"))
        if what == "switch" and time is not None:
            begun.setdefault(release, time)
        elif what == "serves" and time is not None and release in begun and release not in told:
            told.add(release)
            yield time - begun[release]


def _lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue  # torn, or changed by hand; inv audit says so
        if isinstance(data, dict):
            yield data


def _seconds(time: object) -> float | None:
    try:
        return datetime.fromisoformat(str(time)).timestamp()
    except ValueError:
        return None
