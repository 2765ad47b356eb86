"""Writes the lock files: every version and hash, for every platform, and no address to download from."""

from __future__ import annotations

import subprocess

from .environment import ROOT, VENV, EnvironmentFailedError, make_for_developers

LOCKS = {"requirements.lock": (), "requirements-dev.lock": ("--group", "dev")}


def write_locks(*, upgrade: bool) -> None:
    """
    Writes each of `LOCKS` from pyproject.toml.

    Args:
        upgrade: False keeps every version that still fits.

    Raises:
        EnvironmentFailedError: with uv's own last words.
    """
    make_for_developers()
    for name, groups in LOCKS.items():
        command = [str(VENV / "bin" / "uv"), "pip", "compile", "pyproject.toml", "--extra", "deploy", *groups]
        command += ["--universal", "--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet"]
        command += ["--output-file", name, *(["--upgrade"] if upgrade else [])]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if run.returncode:
            raise EnvironmentFailedError(f"{name}: {run.stderr.strip()}")
        print(f"wrote {name}")
