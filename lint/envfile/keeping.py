"""Whether git keeps a file: it is in the index, it is ignored, or it waits for the next ``git add``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import Enum
from itertools import islice
from posixpath import abspath, dirname, exists, isfile, join, realpath

from ..dockerfile.ignore import is_ignored
from ..files import Files, ReadError, shown

_HIGHEST = 12
"""How many folders up a repository is looked for."""

_COMPRESSED = 4
"""The version of the index whose paths are written in part."""


class Keeping(Enum):
    """What git does with a file."""

    TRACKED = "tracked"
    IGNORED = "ignored"
    OPEN = "open"


def keeping(path: str, files: Files) -> Keeping | None:
    """What git does with the file at *path*; None where there is no repository, or it cannot be told."""
    root = None if files.only_overlay else _root(path)
    if root is not None and _is_tracked(root, os.path.relpath(path, root)):
        return Keeping.TRACKED
    found = list(_patterns(path, root, files))
    if any(is_ignored(inside, patterns) for inside, patterns in found):
        return Keeping.IGNORED
    return Keeping.OPEN if found or root is not None else None


def ignore_file(path: str, files: Files) -> str:
    """The .gitignore to name *path* in: the nearest there is up to the repository's root, else one beside it."""
    root = None if files.only_overlay else _root(path)
    found = (shown(join(folder, ".gitignore")) for folder in _folders(path, root))
    beside = join(dirname(realpath(path) if root is not None else path), ".gitignore")
    return next((each for each in found if files.exists(each)), shown(beside) if root is not None else beside)


def _root(path: str) -> str | None:
    """The folder of the repository that *path* lies in."""
    return next((each for each in islice(_above(abspath(path)), _HIGHEST) if exists(join(each, ".git"))), None)


def _above(path: str) -> Iterator[str]:
    """The folders above *path*, the nearest first; of a relative one as far as it names them."""
    while path != (path := dirname(path)):
        yield path


def _is_tracked(root: str, inside: str) -> bool:
    """Whether the index has the path: it stands there in full, after flags that hold its length."""
    content, name = _index(root), os.fsencode(inside.replace(os.sep, "/"))
    if content[:4] != b"DIRC" or int.from_bytes(content[4:8], "big") >= _COMPRESSED:
        return False
    at = content.find(name + b"\0")
    while at > 1:
        length = int.from_bytes(content[at - 2 : at], "big") & 0xFFF
        if length == len(name):
            return True
        at = content.find(name + b"\0", at + 1)
    return False


def _index(root: str) -> bytes:
    git = join(root, ".git")
    try:
        if isfile(git):  # of a worktree or a module
            git = join(root, _content(git).decode().removeprefix("gitdir:").strip())
        return _content(join(git, "index"))
    except (OSError, UnicodeDecodeError):
        return b""


def _content(path: str) -> bytes:
    with open(path, "rb") as stream:  # noqa: PTH123 - no pathlib on the check path
        return stream.read()


def _folders(path: str, root: str | None) -> Iterator[str]:
    """The folder of *path* and those above it, up to the repository's root."""
    for folder in _above(abspath(path) if root is not None else path):
        yield folder
        if folder == root:
            return


def _patterns(path: str, root: str | None, files: Files) -> Iterator[tuple[str, list[str]]]:
    """The patterns of each .gitignore that counts, with *path* as seen from its folder."""
    for folder in _folders(path, root):
        where = join(folder, ".gitignore")
        inside = os.path.relpath(path, folder or ".")
        text = _text(shown(where) if root is not None else where, files)
        if text is not None:
            yield inside, _of_text(text)
        if folder == root and (text := _text(join(folder, ".git", "info", "exclude"), files)):
            yield inside, _of_text(text)


def _text(path: str, files: Files) -> str | None:
    try:
        return files.read(path) if files.exists(path) else None
    except ReadError:
        return None


def _of_text(text: str) -> list[str]:
    """The patterns of a .gitignore; one without a slash inside holds in every folder below."""
    lines = (line.strip() for line in text.splitlines())
    return [_anywhere(line) for line in lines if line and not line.startswith("#")]


def _anywhere(pattern: str) -> str:
    sign, bare = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    return f"{sign}{bare.rstrip('/')}" if "/" in bare.rstrip("/") else f"{sign}**/{bare.rstrip('/')}"
