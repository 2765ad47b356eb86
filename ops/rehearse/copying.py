"""A copy of the stack's files, so that a rehearsal writes into nothing that is real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..command import Command
from ..errors import SettingsError
from ..host import LocalHost
from ..settings import FILE_NAME, Settings

HOST = "rehearsal"
LEFT_OUT = shutil.ignore_patterns(".git", ".fairlead", ".venv", "venv", "node_modules", "__pycache__", "dist")


def copy_stack(settings: Settings, folder: Path, address: str) -> None:
    """
    Copies what git would keep, or where there is no git what lies there, and the env file, into *folder*.

    The copy's fairlead.yaml has one host: `HOST`, at *address*.

    Raises:
        SettingsError: a file that fairlead.yaml names lies outside its folder.
    """
    _refuse_outside(settings)
    known = _known_to_git(settings.root)
    if known is None:
        shutil.copytree(settings.root, folder, ignore=LEFT_OUT, dirs_exist_ok=True, symlinks=True)
    for path in known or ():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(settings.root / path, folder / path, follow_symlinks=False)
    env = settings.env.file
    if env.is_file():
        copy = folder / env.relative_to(settings.root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(env, copy)
    _write_settings(folder / FILE_NAME, address)


def _refuse_outside(settings: Settings) -> None:
    named = (*settings.compose_files, settings.env.file, *(settings.edge.files if settings.edge else ()))
    for path in named:
        if not path.is_relative_to(settings.root):
            raise SettingsError(
                f"fairlead.yaml: {path} lies outside {settings.root}; a rehearsal works on a copy of that folder, so "
                "move fairlead.yaml up to where both are"
            )


def _known_to_git(root: Path) -> list[str] | None:
    """The files that git keeps or would take in, from *root*; None where there is no repository."""
    command = Command(("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"), directory=str(root))
    result = LocalHost().run(command)
    return list(_there(root, result.out.split("\0"))) if result.ok else None


def _there(root: Path, names: list[str]) -> Iterator[str]:
    return (name for name in names if name and ((root / name).is_file() or (root / name).is_symlink()))


def _write_settings(path: Path, address: str) -> None:
    """JSON is YAML, too; comments are for people, who do not read the copy."""
    from ...lint.data import load_yaml  # noqa: PLC0415 - 30 ms that other tasks do not need

    data = load_yaml(path.read_text(encoding="utf-8"), str(path))
    data.pop("groups", None)
    data["hosts"] = {HOST: {"address": address}}
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
