"""Dockerfiles as the engine asks for them, each with the .dockerignore that holds for it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ..family import Options
from ..files import Files, ReadError
from .model import Dockerfile
from .parser import parse


def load(paths: Sequence[str], files: Files, options: Options) -> Sequence[Dockerfile]:
    """Each of *paths* as a Dockerfile by itself."""
    return [_with_ignore_file(parse(files.read(path), path), files) for path in paths]


def _with_ignore_file(dockerfile: Dockerfile, files: Files) -> Dockerfile:
    """
    Adds the patterns of the .dockerignore beside the Dockerfile.

    Whether its folder is the build context only the compose file or the command line knows; a name such as
    ``docker/Dockerfile`` says that it probably is not.
    """
    folder = os.path.dirname(dockerfile.path)  # noqa: PTH120 - paths are plain strings all through
    own, shared = f"{dockerfile.path}.dockerignore", os.path.join(folder, ".dockerignore")  # noqa: PTH118
    for path in (own, shared):
        text = _text(path, files)
        if text is not None:
            dockerfile.ignored = patterns(text)
            dockerfile.ignore_path = path
            break
    dockerfile.knows_context = dockerfile.ignored is not None
    return dockerfile


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
