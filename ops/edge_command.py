"""Which configuration an nginx runs on, as far as the words it is started with tell."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from .edge import MAIN

PROGRAMS = ("nginx", "nginx-debug", "openresty")
DEFAULT = ""
"""No file is named, so it is the one that nginx was built with."""

BETWEEN = re.compile(r"[\s;&|'\"]+")


def live_configuration(mount: str) -> str:
    """The file that nginx has to run on, where generations stand in *mount*."""
    return posixpath.join(posixpath.normpath(mount), "live", MAIN)


def configuration_in(words: Iterable[str]) -> str | None:
    """
    The file that an nginx is told to run on, `DEFAULT` where none is said.

    Args:
        words: A command, also one for a shell.

    Returns:
        None where the words do not tell: they start a script, or hold a variable.
    """
    plain = [word for word in BETWEEN.split(" ".join(words)) if word]
    begins = next((index for index, word in enumerate(plain) if posixpath.basename(word) in PROGRAMS), None)
    if begins is None:
        return None
    file, prefix = _after(plain[begins:], "-c"), _after(plain[begins:], "-p")
    if "$" in f"{file}{prefix}":
        return None
    return posixpath.normpath(posixpath.join(prefix, file)) if file else DEFAULT


def _after(words: Sequence[str], flag: str) -> str:
    for index, word in enumerate(words):
        if word == flag:
            return words[index + 1] if index + 1 < len(words) else ""
        if word.startswith(f"{flag}/"):
            return word.removeprefix(flag)
    return ""
