"""
Removes the files of a folder that nobody needs: `python -m fairlead.ops.agent.sweep FOLDER`, in a container of its own.

It reads what stays as one JSON object, ``{"files": [...], "serving": [...]}``, from standard input: where that is cut
off, nothing is removed. What it did is one JSON object, too. It can be ended at any moment and run again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HALF_S = 3600.0
"""For how long a hidden file may be one that is being copied right now, and gets its name when it is whole."""


def main() -> None:
    """Sweeps the folder that is named."""
    stay = json.load(sys.stdin)
    print(json.dumps(sweep(Path(sys.argv[1]), set(stay["files"]), set(stay["serving"]), time.time())))


def sweep(folder: Path, files: set[str], serving: set[str], now: float) -> dict[str, Any]:
    """
    Removes all files of *folder* but *files*, and gives how many it removed, their bytes, and how many stayed.

    Where none of *serving* is there, it is not the folder that they are copied to: ``"wrong"``, and nothing is removed.

    Args:
        now: Seconds since the epoch.
    """
    found = sorted(_files(folder))  # a file before its compressed twin, which nginx looks for where it finds the file
    if serving.isdisjoint(found):
        return {"wrong": True, "removed": 0, "bytes": 0, "stay": len(found)}
    goes = [path for path in found if path not in files and not _is_half(folder / path, now)]
    size = sum(_remove(folder / path) for path in goes)
    return {"wrong": False, "removed": len(goes), "bytes": size, "stay": len(found) - len(goes)}


def _files(folder: Path) -> Iterator[str]:
    """Links are files and are not followed."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from (str((Path(place) / name).relative_to(folder)) for name in (*names, *links))


def _is_half(path: Path, now: float) -> bool:
    try:
        return path.name.startswith(".") and now - path.lstat().st_mtime < HALF_S
    except FileNotFoundError:
        return True  # it has its name now


def _remove(path: Path) -> int:
    try:
        size = path.lstat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0  # another sweep, which a gc that was killed left running
    return size


if __name__ == "__main__":
    main()
