"""
Asks real Compose and our model what generated bases and overrides mean, and compares every answer.

Run as a program it makes many pairs and writes ``docs/campaigns/compose-config.md``::

    python -m fairlead.tests.campaigns.compose_config --pairs 2000 [--seed 1]

``tests/system/test_compose_config.py`` runs a sample of the same on every change.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from fairlead.tests.compose.corpus import file_sets
from fairlead.tests.compose.generated import pairs
from fairlead.tests.compose.real import EXCUSED, compared, version

REPORT = Path(__file__).parents[2] / "docs" / "campaigns" / "compose-config.md"


def run(count: int, start: int) -> tuple[Counter[str], list[str]]:
    """How *count* generated pairs ended, and the files and lines of those that differ."""
    outcomes: Counter[str] = Counter()
    unlike: list[str] = []

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(files=pairs())
    def ask(files: dict[str, str]) -> None:
        if sum(outcomes.values()) >= count:
            return
        with tempfile.TemporaryDirectory() as folder:
            outcome, found = compared("generated", files, Path(folder))
            outcomes[outcome] += 1
            if found:
                unlike.append("\n".join([*found, *(f"--- {name}\n{text}" for name, text in files.items())]))

    ask()
    return outcomes, unlike


def written() -> tuple[Counter[str], list[str]]:
    """The same for the written sets of tests/compose/corpus.py."""
    outcomes: Counter[str] = Counter()
    unlike = []
    for name, files in file_sets():
        with tempfile.TemporaryDirectory() as folder:
            outcome, found = compared(name, files, Path(folder))
        outcomes[outcome] += 1
        unlike += [f"{name}: {line}" for line in found]
    return outcomes, unlike


def main() -> int:
    """Runs the campaign and writes its report; 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    sets, unlike_sets = written()
    outcomes, unlike = run(arguments.pairs, arguments.seed)
    lines = [
        "# Compose: the model against the real one",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Docker Compose {version()}, {time.monotonic() - began:.0f} s, "
        f"`python -m fairlead.tests.campaigns.compose_config --pairs {arguments.pairs} --seed {arguments.seed}`",
        "",
        "| files | outcome | number |",
        "|---|---|---|",
        *(f"| written sets | {outcome} | {number} |" for outcome, number in sorted(sets.items())),
        *(f"| generated bases with overrides | {outcome} | {number} |" for outcome, number in sorted(outcomes.items())),
        "",
        "Excused, since the installed version differs from the newest: " + ", ".join(EXCUSED) + ".",
    ]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join([*lines, *unlike_sets, *unlike[:20], ""]))
    return 1 if unlike or unlike_sets else 0


if __name__ == "__main__":
    sys.exit(main())
