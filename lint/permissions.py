"""Who on this machine may read a file."""

from __future__ import annotations

import os

from .files import Files

_OTHERS_READ = 0o004
_OTHERS_ENTER = 0o001


def is_open_to_all(path: str, files: Files) -> bool:
    """
    Whether every user of this machine can read the file at *path*: its mode says so, and that of each folder above.

    False where that cannot be told: of a file on standard input or of an earlier revision. What its group may do is
    left out, since nobody can see here who is in it.
    """
    mode = files.mode(path)
    if mode is None or not mode & _OTHERS_READ:
        return False
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - no pathlib on the check path
    while True:
        mode = files.mode(folder)
        if mode is not None and not mode & _OTHERS_ENTER:
            return False
        if folder == (folder := os.path.dirname(folder)):  # noqa: PTH120 - as above
            return True
