"""Files take their place in a folder, one by one, while containers may have those that are there mounted."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path


def place(source: Path, target: Path, but: Collection[str] = ()) -> None:
    """
    Copies the files of *source* into *target*, each in one step; compose.yaml last, since it names the others.

    A file that is the same already stays the one that running containers have mounted.

    Args:
        but: Names of files that are left out.
    """
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and path.name not in but]
    for path in sorted(files, key=lambda path: path.name == "compose.yaml"):
        there = target / path.relative_to(source)
        if _is_same(path, there):
            continue
        for folder in reversed([each for each in there.parents if each.is_relative_to(target) and not each.exists()]):
            folder.mkdir()
            shutil.copymode(source / folder.relative_to(target), folder)
        part = there.with_name(f".{there.name}.new")
        shutil.copy2(path, part)
        part.replace(there)


def _is_same(path: Path, there: Path) -> bool:
    if not there.is_file() or there.stat().st_mode != path.stat().st_mode:
        return False
    return there.read_bytes() == path.read_bytes()
