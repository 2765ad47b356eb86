"""Writes the lock files: every version and hash, for every platform, and no address to download from."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environment import BACKEND_LOCK, ROOT, VENV, EnvironmentFailedError, make_for_developers

UV = (str(VENV / "bin" / "uv"), "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes")
QUIET = ("--no-header", "--no-annotate", "--no-emit-index-url", "--quiet")
DEVELOPERS = ("--group", "dev", "--constraint", "requirements.lock")


@dataclass(frozen=True)
class Lock:
    """A lock file beside a pyproject.toml, and what of it is locked apart from the dependencies."""

    path: Path
    selection: tuple[str, ...]


LOCKS = (
    Lock(ROOT / "requirements.lock", ("--extra", "deploy")),
    Lock(ROOT / "requirements-dev.lock", ("--extra", "deploy", *DEVELOPERS)),
    Lock(BACKEND_LOCK.with_name("requirements.lock"), ()),
    Lock(BACKEND_LOCK, DEVELOPERS),
    Lock(ROOT / "docker" / "certbot" / "requirements.lock", ()),
)
"""In this order: the developers' keep the versions of the others."""


def write_locks(*, upgrade: bool) -> None:
    """
    Writes each of `LOCKS`.

    Args:
        upgrade: False keeps every version that still fits.

    Raises:
        EnvironmentFailedError: with uv's own last words.
    """
    make_for_developers()
    for lock in LOCKS:
        changes = ["--upgrade"] if upgrade else []
        command = [*UV, *QUIET, *lock.selection, *changes, "--output-file", lock.path.name]
        run = subprocess.run(command, cwd=lock.path.parent, capture_output=True, text=True, check=False)
        if run.returncode:
            raise EnvironmentFailedError(f"{lock.path}: {run.stderr.strip()}")
        print(f"wrote {lock.path.relative_to(ROOT)}", flush=True)
