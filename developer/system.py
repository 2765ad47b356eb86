"""The system tests of `inv test`, and the machine's packages that they need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from .checks import PYTHON
from .environment import ROOT, EnvironmentFailedError, make_for_developers

PACKAGES = ROOT / "tests" / "system" / "packages.txt"


def run_system_tests(select: str = "") -> None:
    """Runs tests/system; pytest's own last line is the last that is printed, and a failure its exit code."""
    make_for_developers()
    install_packages()
    command = [PYTHON, "-m", "pytest", "tests/system", *(["-k", select] if select else [])]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def install_packages() -> None:
    """
    Installs what tests/system/packages.txt names and the machine has not, from the distribution.

    Raises:
        EnvironmentFailedError: where that needs another user, another package manager, or fails.
    """
    missing = [name for name in _declared() if not _is_there(name)]
    if not missing:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise EnvironmentFailedError(f"the system tests need packages: sudo {' '.join(command)}", 2)
    print(f"inv: installing for the system tests: {' '.join(missing)}", flush=True)
    _apt(["apt-get", "update"])
    _apt(command)


def _declared() -> list[str]:
    lines = PACKAGES.read_text().splitlines() if PACKAGES.is_file() else []
    return [name for line in lines if (name := line.partition("#")[0].strip())]


def _is_there(package: str) -> bool:
    if not shutil.which("dpkg-query"):
        return False
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def _apt(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        said = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise EnvironmentFailedError(f"{' '.join(command)}: exit {run.returncode}: {said}")
