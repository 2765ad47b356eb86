"""The fast checks of `inv check`, two at a time, each shown with how long it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .environment import BACKEND_VENV, ROOT, VENV, make_for_developers

PYTHON = str(VENV / "bin" / "python")
BACKEND = ROOT / "app" / "backend"
BACKEND_PYTHON = str(BACKEND_VENV / "bin" / "python")
TYPED = ("lint", "ops", "schemas", "developer")
PYTEST = ("-m", "pytest", "-q", "-o", "faulthandler_timeout=120", "-o", "faulthandler_exit_on_timeout=true")
"""A test that hangs for two minutes ends the run, and shows where."""


@dataclass(frozen=True)
class Check:
    """A command that is silent about nothing: exit 0 and a last line worth showing, or the output in full."""

    title: str
    command: tuple[str, ...]
    folder: Path = ROOT


CHECKS = (
    Check("tests", (PYTHON, *PYTEST, "tests", "--ignore=tests/system", "--ignore=tests/campaigns")),
    Check(
        "types",
        (
            PYTHON,
            "-m",
            "mypy",
            *(f"-pfairlead.{name}" for name in TYPED),
            "-m",
            "fairlead.tasks",
            "-m",
            "fairlead.__main__",
        ),
    ),
    Check("back end's tests", (BACKEND_PYTHON, *PYTEST), BACKEND),
    Check("back end's types", (BACKEND_PYTHON, "-m", "mypy", "agentchat"), BACKEND),
    Check("format", (PYTHON, "-m", "ruff", "format", "--check", ".")),
    Check("lint", (PYTHON, "-m", "ruff", "check", ".")),
    Check("our own stack", (PYTHON, "-m", "fairlead.lint", "--preset", "strict")),
)
"""The longest first, so that two cores end together."""


class CheckFailedError(Exception):
    """Some checks failed; their output was printed."""

    exit_code = 1


def run_checks(checks: Sequence[Check] = CHECKS) -> None:
    """
    Runs all of *checks* and prints a line for each as it ends.

    Raises:
        CheckFailedError: naming those that failed.
    """
    make_for_developers()
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        passed = list(pool.map(_is_passed, checks))
    print(f"check: {sum(passed)} of {len(passed)} passed in {time.monotonic() - started:.1f} s", flush=True)
    if failed := [check.title for check, ok in zip(checks, passed, strict=True) if not ok]:
        raise CheckFailedError(f"check: failed: {', '.join(failed)}; the output is above")


def _is_passed(check: Check) -> bool:
    started = time.monotonic()
    environment = {**os.environ, "MYPYPATH": str(ROOT / ".types")}
    run = subprocess.run(
        check.command, cwd=check.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    lines = run.stdout.decode("utf-8", "replace").rstrip().splitlines()
    shown = lines if run.returncode else lines[-1:]
    verdict = "FAILED" if run.returncode else "ok"
    text = f"{verdict:6} {check.title:16} {time.monotonic() - started:5.1f} s  {shown[-1] if shown else ''}\n"
    sys.stdout.write("\n".join([*shown[:-1], text]))
    sys.stdout.flush()
    return run.returncode == 0
