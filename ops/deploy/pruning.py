"""Keeps the compressed layers on this machine from filling its disk: by when they were last needed, and by size."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .layers import PREFIX, BlobStore


def prune(store: BlobStore, needed: Iterable[str], oldest: float, most_bytes: int) -> int:
    """
    Removes blobs that were needed last before *oldest*, and then the longest not needed beyond *most_bytes*.

    Args:
        needed: The digests of blobs that are needed now; these stay.
        oldest: Seconds since the epoch.

    Returns:
        How many bytes were removed.
    """
    now = {store.path(digest).name for digest in needed}
    for name in now:
        with suppress(FileNotFoundError):
            os.utime(store.path(name))
    kept = removed = 0
    for path, size, last in sorted(_blobs(store.folder), key=lambda blob: -blob[2]):
        kept += size
        if path.name not in now and (last < oldest or kept > most_bytes):
            path.unlink(missing_ok=True)
            kept, removed = kept - size, removed + size
    _forget(store)
    return removed


def _blobs(folder: Path) -> Iterable[tuple[Path, int, float]]:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another run prunes, too
            if path.is_file():
                told = path.stat()
                yield path, told.st_size, told.st_mtime


def _forget(store: BlobStore) -> None:
    """Notes whose blob is gone."""
    for folder in (path for path in store.folder.iterdir() if path.is_dir()):
        for note in folder.iterdir():
            with suppress(FileNotFoundError):
                digest = note.read_text(encoding="utf-8")
                if not digest.startswith(PREFIX) or not store.path(digest).exists():
                    note.unlink()
