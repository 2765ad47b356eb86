"""Runs the benchmarks, modules that print their medians, and the long campaigns, which write their own dated page."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .checks import PYTHON
from .environment import ROOT, EnvironmentFailedError, make_for_developers

BENCHMARKS = ROOT / "bench"
CAMPAIGNS = ROOT / "tests" / "campaigns"


def run_benchmarks(name: str) -> None:
    """
    Runs the benchmark *name*, or each.

    Raises:
        EnvironmentFailedError: where there is none of that name, or one fails.
    """
    for script in [_script(BENCHMARKS, name)] if name else _scripts(BENCHMARKS):
        _run(script)


def run_campaign(name: str) -> None:
    """
    Runs the campaign *name* at its full length.

    Raises:
        EnvironmentFailedError: where there is none of that name, or it fails.
    """
    _run(_script(CAMPAIGNS, name))


def _run(script: Path) -> None:
    make_for_developers()
    module = ".".join(["fairlead", *script.relative_to(ROOT).with_suffix("").parts])
    if subprocess.run([PYTHON, "-m", module], cwd=ROOT, check=False).returncode:
        raise EnvironmentFailedError(f"{script.relative_to(ROOT)}: failed; its output is above")


def _scripts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.py") if not path.name.startswith(("_", "conftest")))


def _script(folder: Path, name: str) -> Path:
    """The file for *name*, with dashes or underscores."""
    found = {path.stem: path for path in _scripts(folder)}
    if name.replace("-", "_") not in found:
        known = ", ".join(found).replace("_", "-") or "none yet"
        raise EnvironmentFailedError(f'{folder.relative_to(ROOT)}: no "{name}"; --name takes one of: {known}', 2)
    return found[name.replace("-", "_")]
