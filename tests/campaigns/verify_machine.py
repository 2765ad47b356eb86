"""
Deletes or changes each directive of the edge and each key of the compose model once, and writes what verify saw.

    python -m fairlead.tests.campaigns.verify_machine

What only the comparison with the files saw (CT11, CT13) survives; each survivor needs a reason, or the campaign fails.
A run that was cut off goes on where it ended: results are kept in ``.cache/verify-machine.jsonl`` until ``--fresh``.
``tests/system/test_verify_machine.py`` tries a fixed sample on every change.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from fairlead.tests.campaigns.verify_kills import ROOT, Running, stack
from fairlead.tests.verify.machine import Change, Edge, Services, tried_edits, tried_keys
from fairlead.tests.verify.survivors import reason

PAGE = ROOT / "docs" / "campaigns" / "verify-machine.md"
KEPT = ROOT / ".cache" / "verify-machine.jsonl"


@dataclass(frozen=True)
class Kept:
    """The results so far, in a file that grows line by line."""

    path: Path

    def all(self) -> list[Change]:
        """Every result, the latest of each key."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        found = (Change(**{**json.loads(line), "red": tuple(json.loads(line)["red"])}) for line in lines)
        return list({(change.kind, change.key): change for change in found}.values())

    def add(self, change: Change) -> None:
        """One more."""
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(change)) + "\n")
        mark = "SURVIVES" if change.survives and not reason(change) else "survives" if change.survives else "seen"
        print(f"{mark:9}{change.kind} {change.key}: {', '.join(change.red) or change.refused[:60]}", flush=True)


def run(running: Running, kept: Kept, kinds: Sequence[str]) -> None:
    """Tries all that has no result yet."""
    os.environ.update(running.environment)
    done = {(change.kind, change.key) for change in kept.all()}
    with chdir(running.folder):
        steps: dict[str, Callable[[Callable[[str, str], bool]], Iterable[Change]]] = {
            "edge": lambda wanted: tried_edits(Edge.of(running), wanted),
            "compose": lambda wanted: tried_keys(Services.of(running), wanted),
        }
        for kind in kinds:
            for change in steps[kind](lambda kind, key: (kind, key) not in done):
                kept.add(change)


def page(found: Sequence[Change]) -> str:
    """The page of results."""
    found = sorted(found, key=_position)
    edge, compose = ([each for each in found if each.kind == kind] for kind in ("edge", "compose"))
    lines = [
        "# What `inv verify` sees of every directive and every key",
        "",
        "Written by `./inv campaign --name verify-machine`, last on "
        f"{datetime.now(UTC):%Y-%m-%d}. Each directive of the edge's configuration",
        "(`docker/nginx.conf` with all that it includes) and each key of the merged compose model was deleted",
        "or changed once on a running stack, and `inv verify` looked at it.",
        "",
        "A change that was made on the machine alone is always seen: the texts differ (CT11), or Compose's digests do",
        '(CT13). So "seen" here means by a check of behaviour, or by one that names the key. What no such check saw',
        "*survives*, and stands below with the reason.",
        "",
        *_counts("directives of the edge", edge),
        *_counts("keys of the compose model", compose),
        "",
        "## Survivors",
        "",
        *_survivors(found),
        "## The edge, directive by directive",
        "",
        *_table(edge),
        "## The compose model, key by key",
        "",
        *_table(compose),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _position(change: Change) -> tuple[str, str, int]:
    """The edge's files line by line, then the services."""
    file, _, rest = change.shown.partition(":")
    line = rest.split()[0]
    return "" if change.kind == "edge" else change.kind, file, int(line) if line.isdigit() else 0


def _counts(what: str, found: Sequence[Change]) -> Iterator[str]:
    refused = sum(bool(each.refused) for each in found)
    survive = sum(each.survives for each in found)
    yield (
        f"- {what}: {len(found)} changes, {refused} of which nginx or Compose refuses to run with, "
        f"{len(found) - refused - survive} seen, {survive} survive."
    )


def _survivors(found: Sequence[Change]) -> Iterator[str]:
    by_reason: dict[str, list[Change]] = {}
    for each in found:
        if each.survives:
            by_reason.setdefault(reason(each) or "**no reason**", []).append(each)
    for why, changes in sorted(by_reason.items()):
        yield f"- {why}: " + "; ".join(f"`{each.shown}` {' '.join(each.what.split())}" for each in changes)
    yield ""


def _table(found: Sequence[Change]) -> Iterator[str]:
    yield from ("| what | how | seen by |", "|---|---|---|")
    for each in found:
        seen = "refused: " + each.refused[:80] if each.refused else ", ".join(each.red) or "-"
        row = (each.shown, each.what, seen)
        yield "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in row) + " |"
    yield ""


def main() -> None:
    """Runs the campaign; exits with 1 where something survives without a reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="edge,compose", help="one of the two")
    parser.add_argument("--fresh", action="store_true", help="forget the results of a run that was cut off")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    wanted, kept = parser.parse_args(), Kept(KEPT)
    if wanted.fresh:
        KEPT.unlink(missing_ok=True)
    if not wanted.page:
        with stack() as running:
            run(running, kept, wanted.only.split(","))
    found = kept.all()
    PAGE.write_text(page(found))
    sys.exit(1 if any(each.survives and not reason(each) for each in found) else 0)


if __name__ == "__main__":
    main()
