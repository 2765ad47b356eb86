"""Groups files into configurations: each main file with what it includes, and fragments that nothing includes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ..family import Options
from ..files import Files
from ..regex import regex
from .config import NginxConfig
from .reading import read
from .table import NEWEST, Version, version

_MAIN = regex(r"^[ \t]*(?:events|http|stream|mail)\s*\{|^[ \t]*(?:worker_processes|pid|user)\s[^;{}]*;", re.MULTILINE)


def load(paths: Sequence[str], files: Files, options: Options) -> list[NginxConfig]:
    """
    The configurations that *paths* make up; a file that another one includes is part of that one alone.

    Raises:
        ReadError: for a path that cannot be read.
    """
    return read_all([*options.nginx_files, *paths], files, version=asked_version(options.nginx_version))


def read_all(paths: Sequence[str], files: Files, *, version: Version = NEWEST) -> list[NginxConfig]:
    """The configurations of *paths*; see `load`."""
    unique = list(dict.fromkeys(os.path.normpath(path) for path in paths))
    mains = [path for path in unique if len(unique) > 1 and _MAIN.search(files.read(path))]
    configs: list[NginxConfig] = []
    covered: set[str] = set()
    for path in (*mains, *unique):
        if path not in covered:
            config = read(path, files, version=version)
            configs.append(config)
            covered.update(config.files)
    return _outermost(configs)


def _outermost(configs: list[NginxConfig]) -> list[NginxConfig]:
    """Without the fragments that a later one turned out to include."""
    included = {source.path for config in configs for source in config.sources[1:]}
    kept = [config for config in configs if config.path not in included]
    return kept or configs[:1]


def asked_version(text: str | None) -> Version:
    """The version a user names; the newest stable one where there is none or it is not a number."""
    return version(text) if text and re.fullmatch(r"\d+(\.\d+){0,2}", text) else NEWEST
