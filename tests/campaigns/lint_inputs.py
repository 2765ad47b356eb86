"""
Lints, reports and mends mutated real files, and tells which broke something.

Run as a program it tries many and adds a line to ``docs/campaigns/lint-inputs.md``::

    python -m fairlead.tests.campaigns.lint_inputs nginx --inputs 100000 [--seed 1] [--first 0]

``tests/lint/test_broken_inputs.py`` runs a sample of the same on every change, and every input that ever broke one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from fairlead.tests.lint.accidents import HALVES, texts_of
from fairlead.tests.lint.broken import faults
from fairlead.tests.lint.on_disk import disk_faults

REPORT = Path(__file__).parents[2] / "docs" / "campaigns" / "lint-inputs.md"
SLOW_CPU_S, SMALL = 2.0, 4_000
"""No input of so many characters may take longer, all its lintings and mendings together; a larger one as much more."""
LONGEST_CPU_S = 20
LARGEST_BYTES = 3 << 30
ON_DISK_SHARE = 0.01
"""How many inputs are written to disk, with bytes that are no text, and linted by the command line."""


@dataclass
class Tally:
    """What one process, or all of them, saw."""

    inputs: int = 0
    on_disk: int = 0
    cpu_s: float = 0.0
    peak_mb: int = 0
    slowest: tuple[float, int] = (0.0, -1)
    broken: list[tuple[int, list[str]]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Counts *other* in."""
        self.inputs += other.inputs
        self.on_disk += other.on_disk
        self.cpu_s += other.cpu_s
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.slowest = max(self.slowest, other.slowest)
        self.broken += other.broken


def main() -> int:
    """Tries as many inputs as asked for; the exit code says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0] if __doc__ else None)
    parser.add_argument("half", choices=HALVES)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--in-one-process", type=int, default=2_500, help="inputs until a process is replaced")
    parser.add_argument("--no-report", action="store_true")
    asked = parser.parse_args()
    tally, stopped = Tally(), []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    last = asked.first + asked.inputs
    for start in range(asked.first, last, asked.in_one_process):
        if stopped:
            break  # what was tried until here counts
        tally.add(_in_a_process(asked.half, asked.seed, start, min(start + asked.in_one_process, last)))
        sys.stdout.write(f"{start + asked.in_one_process}: {tally.cpu_s:.0f} s, {tally.peak_mb} MB, {_kinds(tally)}\n")
        sys.stdout.flush()
    for number, found in tally.broken[:200]:
        sys.stdout.write(json.dumps([number, found[:3], texts_of(asked.half, asked.seed, number)]) + "\n")
    if not asked.no_report:
        _write(asked.half, asked.seed, asked.first, tally)
    return 1 if tally.broken else 0


def _in_a_process(half: str, seed: int, start: int, end: int) -> Tally:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(tried, half, seed, start, end).result()


def tried(half: str, seed: int, start: int, end: int) -> Tally:
    """The inputs from number *start* to before *end*."""
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_BYTES, LARGEST_BYTES))
    signal.signal(signal.SIGVTALRM, _interrupt)
    tally = Tally()
    began = time.process_time()
    for number in range(start, end):
        at = time.process_time()
        found = list(_faults(half, seed, number, tally))
        taken = time.process_time() - at
        tally.slowest = max(tally.slowest, (taken, number))
        size = sum(map(len, texts_of(half, seed, number).values())) if taken > SLOW_CPU_S else SMALL
        if taken > SLOW_CPU_S * max(1, size / SMALL):
            found.append(f"slow: {taken:.1f} s")
        if found:
            tally.broken.append((number, found))
        tally.inputs += 1
    tally.cpu_s = time.process_time() - began
    tally.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return tally


def _faults(half: str, seed: int, number: int, tally: Tally) -> Iterator[str]:
    texts, chance = texts_of(half, seed, number), Random(number)
    yield from _guarded(lambda: faults(texts))
    if chance.random() < ON_DISK_SHARE:
        tally.on_disk += 1
        with tempfile.TemporaryDirectory(prefix="fairlead-campaign-") as folder:
            yield from _guarded(lambda: disk_faults(texts, Path(folder), chance))


def _guarded(run: Callable[[], list[str]]) -> list[str]:
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_CPU_S)
    try:
        return run()
    except Exception as error:  # the campaign goes on, and its report says what happened
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else "?"
        return [f"{type(error).__name__} at {place}: {error}"]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _interrupt(*_: object) -> None:
    raise TimeoutError(f"more than {LONGEST_CPU_S} s of CPU")


def _kinds(tally: Tally) -> str:
    kinds = Counter(found[0][:50] for _, found in tally.broken)
    return ", ".join(f"{number} x {kind}" for kind, number in kinds.most_common(5)) or "all held"


def _write(half: str, seed: int, first: int, tally: Tally) -> None:
    """Adds the run to the table."""
    taken, number = tally.slowest
    row = (
        f"| {datetime.now(UTC):%Y-%m-%d} | {', '.join(HALVES[half])} | {tally.inputs} | {seed}, from {first} "
        f"| {tally.on_disk} | {tally.cpu_s / 60:.0f} min | {tally.peak_mb} MB | {taken:.1f} s (number {number}) "
        f"| {len(tally.broken)} |\n"
    )
    REPORT.write_text((REPORT.read_text(encoding="utf-8") if REPORT.exists() else HEAD) + row, encoding="utf-8")


HEAD = """\
# Broken inputs

`tests/campaigns/lint_inputs.py` takes the examples of all rules and our own stack, alone and mixed, and has accidents
happen to them: pieces cut, doubled, moved, mixed in from elsewhere, line ends and control characters of every kind, and
secrets planted at random lines. Each input is linted with every rule, reported in every format, mended with
`--unsafe-fixes`, linted and mended again; some are also written to disk with bytes that are no text, and linted,
compared and mended there by the command line. (Runs marked * mended and reported in every format each fourth input.)

Broken is an input for which an exception is raised or a rule fails, a place lies outside of its file, a report cannot
be written or shows a planted secret, mending leaves more faults than there were, mending twice changes more than
mending once, a file is left behind, or all of it takes more than 2 s of CPU (for 4,000 characters; larger ones as much
more). What ever broke was mended, is kept in `tests/lint/once-broken.json` and tried on every change; numbers of inputs
hold as long as no rule gains an example. Ranges of one seed that overlap count once.

What the campaign has taught the linter: secrets of files that are broken are masked as others are, in lines and in
messages; messages quote files on one line; what one fault keeps from being mended is taken up again when it is gone, so
mending twice changes nothing more; edits of YAML are compared by index, since YAML ends lines at more characters; half
a character counts as a byte that is no text; a configuration that is read only inside its container is shown; rules
are chosen once for a process. One process that linted 24,000 sets of files stayed at 44 MB.

`tests/campaigns/coverage_guided.py` fed single parsers by atheris 3.0.0 for 400 s each on 2026-11-23: the env parser
200,807 texts, expressions of nginx 48,176, Dockerfiles 38,509, nginx 14,786. None raised an exception or took 2 s.

| date | families | inputs | seed | also on disk | CPU | most memory | slowest | broken |
|---|---|---|---|---|---|---|---|---|
"""

if __name__ == "__main__":
    sys.exit(main())
