"""What changed from one run to the next: the verdict, and which checks say otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import FairleadError
from ..host import LocalHost
from .record import Record
from .verdict import WORDS

PRIVATE = 0o600
MOST_CHANGES = 20
WORDS_OF = {0: "pass", 1: "fail", 5: "unreachable", 7: "incomplete"}


@dataclass(frozen=True)
class Watched:
    """
    A run, as far as the next one needs it.

    Attributes:
        host: The hosts that were looked at; empty for this machine.
        run: The id in the requests of the run; empty where there were none.
        words: The worst word of each check, by its id.
        reason: Why nothing could be looked at.
        told: Whether nobody is left to be told of it.
    """

    site: str
    host: str
    run: str
    exit_code: int
    words: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    told: bool = True

    @property
    def verdict(self) -> str:
        """It in a word."""
        return WORDS_OF.get(self.exit_code, "error")


def of_record(record: Record, host: str) -> Watched:
    """What is to be remembered of *record*."""
    words: dict[str, str] = {}
    for finding in record.findings:
        put_off = finding.verdict.word == "FAIL" and finding.known_until
        word = "WARN" if put_off else finding.verdict.word
        before = words.get(finding.check.id, WORDS[-1])
        words[finding.check.id] = min(before, word, key=WORDS.index)
    return Watched(record.name, host, record.run, record.exit_code, words)


def of_error(error: FairleadError, site: str, host: str) -> Watched:
    """What is to be remembered of a run that saw nothing."""
    return Watched(site, host, "", error.exit_code, reason=str(error))


def changes(before: Watched | None, now: Watched) -> list[dict[str, str]]:
    """The checks that begin or cease to fail or to be unknown; of a first run those that do."""
    return [*_changes(before.words if before else {}, now.words)]


def is_news(before: Watched | None, now: Watched) -> bool:
    """
    Whether somebody has to be told: the verdict is another, or other checks fail.

    A first run is news where it is not well, and so is what could not be told the last time.
    """
    if before is None:
        return now.exit_code != 0
    if not before.told or before.exit_code != now.exit_code:
        return True
    return not now.reason and bool(changes(before, now))


def event_of(before: Watched | None, now: Watched) -> dict[str, Any]:
    """What is told."""
    found = changes(before, now)
    failing = [name for name, word in now.words.items() if word == "FAIL"]
    text = now.reason or (f"failing: {', '.join(failing)}" if failing else "")
    return {
        "event": "verify",
        "host": now.host,
        "outcome": now.verdict,
        "exit": now.exit_code,
        "before": before.verdict if before else None,
        "run": now.run,
        "changed": found[:MOST_CHANGES],
        "more": max(0, len(found) - MOST_CHANGES),
        "text": text,
    }


def read(path: Path) -> Watched | None:
    """The run before; None where there was none that can be read."""
    try:
        return Watched(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(path: Path, watched: Watched) -> None:
    """
    Remembers *watched* for the next run.

    Raises:
        OSError: it cannot be written.
    """
    LocalHost().put(str(path), json.dumps(asdict(watched), indent=1) + "\n", PRIVATE)


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[dict[str, str]]:
    if not now:  # nothing could be looked at
        return
    for name in sorted({*before, *now}):
        was, word = before.get(name, ""), now.get(name, "")
        if was != word and {was, word} & {"FAIL", "ERROR"}:
            yield {"check": name, "was": was.lower(), "is": word.lower()}
