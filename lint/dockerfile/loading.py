"""Dockerfiles as the engine asks for them, each with the .dockerignore that holds for it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from ..family import Options
from ..files import Files, ReadError
from ..record import replace
from .model import Dockerfile
from .parser import parsed

MOST_FOLDERS = 6
"""How far above a Dockerfile its build context is looked for."""


def load(paths: Sequence[str], files: Files, options: Options) -> Sequence[Dockerfile]:
    """Each of *paths* as a Dockerfile by itself."""
    return [_with_ignore_file(replace(parsed(files.read(path), path)), files) for path in paths]


def _with_ignore_file(dockerfile: Dockerfile, files: Files) -> Dockerfile:
    """
    Adds the patterns of the .dockerignore that a build would read, and the package.json beside the Dockerfile.

    What the build context is, only the compose file or the command line knows. It is the Dockerfile's folder or one
    above it, so the nearest .dockerignore up to the current folder is taken for the one.
    """
    path = dockerfile.path
    dockerfile.manifest = _text(os.path.join(os.path.dirname(path), "package.json"), files)  # noqa: PTH118, PTH120
    for candidate in (f"{path}.dockerignore", *(os.path.join(folder, ".dockerignore") for folder in _folders(path))):  # noqa: PTH118
        text = _text(candidate, files)
        if text is not None:
            dockerfile.ignored = patterns(text)
            dockerfile.ignore_path = candidate
            folder = os.path.dirname(candidate)  # noqa: PTH120
            dockerfile.is_context = folder == os.path.dirname(path)  # noqa: PTH120
            dockerfile.has_env_file = files.exists(os.path.join(folder, ".env"))  # noqa: PTH118
            dockerfile.has_history = files.is_folder(os.path.join(folder, ".git"))  # noqa: PTH118
            break
    return dockerfile


def _folders(path: str) -> Iterator[str]:
    """The folder of *path* and those above it, as far as the path or the current folder goes."""
    folder = os.path.dirname(path)  # noqa: PTH120 - paths are plain strings all through
    for _ in range(MOST_FOLDERS):
        yield folder
        if folder in ("", ".", os.sep):
            return
        folder = os.path.dirname(folder)  # noqa: PTH120


def _text(path: str, files: Files) -> str | None:
    if not files.exists(path):
        return None
    try:
        return files.read(path)
    except ReadError:
        return None


def patterns(text: str) -> tuple[str, ...]:
    """The lines of a .dockerignore that say something."""
    lines = (line.strip() for line in text.lstrip("\ufeff").split("\n"))
    return tuple(line for line in lines if line and not line.startswith("#"))
