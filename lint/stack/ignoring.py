"""What git ignores: files that are no part of the repository, made or written on each machine."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..dockerfile.ignore import is_ignored
from ..dockerfile.loading import patterns

if TYPE_CHECKING:
    from .model import Stack

_HIGHEST = 8
"""How many folders up a .gitignore is looked for."""


def is_git_ignored(stack: Stack, path: str) -> bool:
    """Whether git ignores *path*, by the .gitignore of a folder above it."""
    folder = posixpath.dirname(path)
    for _ in range(_HIGHEST):
        source = stack.text(posixpath.join(folder, ".gitignore"))
        inside = posixpath.relpath(path, folder or ".")
        if source is not None and is_ignored(inside, [_anywhere(each) for each in patterns(source.text)]):
            return True
        if folder in ("", "/", ".") or folder.endswith(".."):
            return False
        folder = posixpath.dirname(folder)
    return False


def _anywhere(pattern: str) -> str:
    """A pattern of git without a slash inside holds in every folder below."""
    return pattern if "/" in pattern.rstrip("/") or pattern.startswith("!") else f"**/{pattern.rstrip('/')}"
