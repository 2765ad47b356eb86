"""
Lints, reports and mends mutated real files, and tells which broke something.

Run as a program it tries many and writes ``docs/campaigns/lint-inputs.md``::

    python -m fairlead.tests.campaigns.lint_inputs --inputs 100000 [--seed 1]

``tests/lint/test_broken_inputs.py`` runs a sample of the same on every change.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from fairlead.tests.lint.broken import faults, inputs

REPORT = Path(__file__).parents[2] / "docs" / "campaigns" / "lint-inputs.md"
LONGEST_CPU_S = 10


def main() -> int:
    """Tries as many inputs as asked for; the exit code says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    start = time.process_time()
    broken = [(texts, found) for texts in inputs(asked.inputs, asked.seed) if (found := _faults(texts))]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(_report(asked.inputs, asked.seed, broken, time.process_time() - start), encoding="utf-8")
    sys.stdout.write(f"{len(broken)} of {asked.inputs} broke something: {REPORT}\n")
    return 1 if broken else 0


def _faults(texts: dict[str, str]) -> list[str]:
    signal.signal(signal.SIGVTALRM, _interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_CPU_S)
    try:
        return faults(texts)
    except Exception as error:  # the campaign goes on, and its report says what happened
        return [f"{type(error).__name__}: {error}"]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _interrupt(*_: object) -> None:
    raise TimeoutError(f"more than {LONGEST_CPU_S} s of CPU")


def _report(count: int, seed: int, broken: list[tuple[dict[str, str], list[str]]], cpu_s: float) -> str:
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        "# Broken inputs",
        "",
        f"{day}: {count} inputs of seed {seed}, {cpu_s:.0f} s of CPU, {len(broken)} broke something.",
        "Each was linted with every rule, reported in every format, mended and linted again.",
    ]
    for texts, found in broken[:50]:
        lines += ["", *(f"- {line}" for line in found[:5]), "", "```", repr(texts)[:2000], "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
