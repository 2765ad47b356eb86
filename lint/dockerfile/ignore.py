"""The .dockerignore: which files of the context a build never sees."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import lru_cache


def is_ignored(path: str, patterns: Sequence[str]) -> bool:
    """
    Whether *path*, relative to the context, is left out; the last pattern that matches it or a folder above decides.

    Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    parts = posixpath.normpath(path.lstrip("/")).split("/")
    prefixes = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    ignored = False
    for pattern in patterns:
        is_exception = pattern.startswith("!")
        matcher = _matcher(pattern[is_exception:].strip())
        if any(matcher.fullmatch(prefix) for prefix in prefixes):
            ignored = not is_exception
    return ignored


@lru_cache(1024)
def _matcher(pattern: str) -> re.Pattern[str]:
    pattern = posixpath.normpath(pattern.lstrip("/")) if pattern.strip("/") else pattern.strip("/")
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            pieces.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            pieces.append(".*")
            at += 2
        else:
            piece, at = _piece(pattern, at)
            pieces.append(piece)
    try:
        return re.compile("".join(pieces), re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")


def _piece(pattern: str, at: int) -> tuple[str, int]:
    character = pattern[at]
    if character == "*":
        return "[^/]*", at + 1
    if character == "?":
        return "[^/]", at + 1
    if character == "[" and (end := pattern.find("]", at + 1)) > 0:
        return pattern[at : end + 1], end + 1
    if character == "\\" and at + 1 < len(pattern):
        return re.escape(pattern[at + 1]), at + 2
    return re.escape(character), at + 1
