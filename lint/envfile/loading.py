"""Env files as the engine asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from ..family import Options
from ..files import Files
from ..record import replace
from .model import EnvFile
from .parser import parse


def load(paths: Sequence[str], files: Files, options: Options) -> Sequence[EnvFile]:
    """Each of *paths* as an env file by itself."""
    return [replace(parse(files.read(path), path), reader=files) for path in paths]
