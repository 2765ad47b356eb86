"""Runs the benchmarks and the long campaigns: files that print their table on standard output."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from .checks import PYTHON
from .environment import ROOT, EnvironmentFailedError, make_for_developers

BENCHMARKS = ROOT / "bench"
CAMPAIGNS = ROOT / "tests" / "campaigns"
TABLES = ROOT / "docs" / "campaigns"


def run_benchmarks(name: str) -> None:
    """
    Runs bench/*name*.py, or every file there.

    Raises:
        EnvironmentFailedError: where there is no such file, or one fails.
    """
    make_for_developers()
    for script in [_script(BENCHMARKS, name)] if name else _scripts(BENCHMARKS):
        print(f"bench: {script.stem}", flush=True)
        if subprocess.run([PYTHON, script], cwd=ROOT, check=False).returncode:
            raise EnvironmentFailedError(f"bench: {script.stem} failed")


def run_campaign(name: str) -> None:
    """
    Runs tests/campaigns/*name*.py and writes what it prints to docs/campaigns/*date*-*name*.md.

    Raises:
        EnvironmentFailedError: where there is no such file, or it fails; then no table is written.
    """
    script = _script(CAMPAIGNS, name)
    make_for_developers()
    run = subprocess.run([PYTHON, script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    print(run.stdout, end="")
    if run.returncode:
        raise EnvironmentFailedError(f"campaign: {name} failed; no table was written")
    table = TABLES / f"{datetime.now(UTC):%Y-%m-%d}-{name}.md"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text(run.stdout)
    print(f"campaign: wrote {table.relative_to(ROOT)}", file=sys.stderr)


def _scripts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith(("_", "conftest")))


def _script(folder: Path, name: str) -> Path:
    found = {path.stem: path for path in _scripts(folder)}
    if name not in found:
        known = ", ".join(found) or "none yet"
        raise EnvironmentFailedError(f'{folder.relative_to(ROOT)}: no "{name}"; --name takes one of: {known}', 2)
    return found[name]
