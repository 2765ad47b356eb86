"""
Reads and judges broken Dockerfiles and env files, many of them, and keeps what breaks us.

Run as a program it writes ``docs/campaigns/fuzz-dockerfile-env.md``::

    python -m fairlead.tests.campaigns.fuzz_dockerfile_env --inputs 20000 [--seed 1]

``tests/dockerfile/test_robustness.py`` runs some of the same on every change, and every text that was ever at fault.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from fairlead.tests.dockerfile.mutated import mutated, seeds
from fairlead.tests.dockerfile.robust import faults

REPORT = Path(__file__).parents[2] / "docs" / "campaigns" / "fuzz-dockerfile-env.md"
SLOW_S = 1.0
"""No text of these sizes may take longer."""


def run(family: str, count: int, start: int) -> list[tuple[str, str]]:
    """The texts among *count* that were at fault, each with what was wrong."""
    known = seeds(family)
    random = Random(start)
    found: list[tuple[str, str]] = []
    for _ in range(count):
        text = mutated(random.choice(known), family, known, random)
        began = time.monotonic()
        try:
            wrong = faults(family, text)
        except Exception as error:  # the very thing that is looked for
            wrong = [f"{type(error).__name__}: {error}"]
        if time.monotonic() - began > SLOW_S:
            wrong.append("slow")
        if wrong:
            found.append((text, wrong[0]))
    return found


def main() -> int:
    """The campaign from the command line; 1 where something was at fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    halves = {family: run(family, arguments.inputs // 2, arguments.seed) for family in ("dockerfile", "env")}
    minutes = (time.monotonic() - began) / 60
    for family, found in halves.items():
        for text, wrong in found[:10]:
            print(f"{family}: {wrong}\n{text!r}\n")
    count = sum(map(len, halves.values()))
    if count == 0:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(_report(arguments.inputs, arguments.seed, minutes))
    print(f"{arguments.inputs} inputs, {count} at fault, {minutes:.1f} minutes")
    return 1 if count else 0


def _report(inputs: int, start: int, minutes: float) -> str:
    return f"""\
# Broken Dockerfiles and env files

{datetime.now(UTC):%Y-%m-%d}: {inputs} texts (seed {start}), made by cutting, doubling and mixing the examples of all
rules, were read and judged by every rule in {minutes:.1f} minutes. None raised an exception, gave a place outside its
file, or took longer than {SLOW_S:.0f} s.

Again: `python -m fairlead.tests.campaigns.fuzz_dockerfile_env --inputs {inputs} --seed {start}`
"""


if __name__ == "__main__":
    sys.exit(main())
