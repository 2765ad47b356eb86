"""
What it costs to start: ./inv against stock Invoke with an empty tasks file, and against Python without the wrapper.

    ./inv bench --name startup
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 25
EMPTY = "from invoke import task\n\n\n@task\ndef nothing(c):\n    '''Does nothing.'''\n"


def main() -> None:
    """Prints the median of each command in milliseconds, and the two ratios that matter; rounds are interleaved."""
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "tasks.py").write_text(EMPTY)
        commands = {
            "inv --list, empty tasks file": ([ROOT / ".venv/bin/inv", "--list"], empty),
            "./inv --list": ([ROOT / "inv", "--list"], ROOT),
            "./inv --version": ([ROOT / "inv", "--version"], ROOT),
            "python -m fairlead --version": ([sys.executable, "-I", "-m", "fairlead", "--version"], ROOT),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, (command, folder) in commands.items():
                times[name].append(_seconds(command, folder))
    medians = {name: median(found) * 1000 for name, found in times.items()}
    stock, listed, wrapped, bare = times.values()
    for name, milliseconds in medians.items():
        print(f"{name:30} {milliseconds:6.1f} ms")
    ratio = median(ours / theirs for ours, theirs in zip(listed, stock, strict=True))
    added = median(one - other for one, other in zip(wrapped, bare, strict=True)) * 1000
    print(f"{'./inv --list against empty':30} {ratio:6.2f} times (at most 1.2)")
    print(f"{'the wrapper adds':30} {added:6.1f} ms (below 30)")


def _seconds(command: list[Path | str], folder: Path | str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
