"""Takes the values of a host's secrets out of what is told and kept there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from ..command import SHORTEST, without

FOLDERS = ("releases/*/secrets/*", "base*/secrets/*")


def hiding(root: Path) -> Callable[[str], str]:
    """What masks, in a text, the secrets of all releases below *root* and of the base, as they are now."""
    found = {form for path in _files(root) for text in _texts(path) for form in (text, quote(text, safe=""))}
    longest_first = tuple(sorted(found, key=len, reverse=True))
    return lambda text: without(text, longest_first)


def _files(root: Path) -> Iterator[Path]:
    return (path for pattern in FOLDERS for path in root.glob(pattern))


def _texts(path: Path) -> Iterator[str]:
    """Each line, since a log has one at a time."""
    with suppress(OSError):  # a folder, or a file that another user keeps
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from (line.strip() for line in lines if len(line.strip()) >= SHORTEST)
