"""Expressions that match whatever begins in a certain way."""

from __future__ import annotations

from ...nginx.patterns import UnknownPatternError, matched
from ...regex import regex

_LOOKS_AHEAD = regex(r"\$|\\[zZbBGK]|\(\?(?:[!=>(|&+R*\d]|<[!=])|[+*?}]\+|\(\*")
"""What may make an expression fail on a longer text, though it matched the beginning."""


def may_take_all(pattern: str) -> bool:
    """Whether nothing in *pattern* asks for a certain end."""
    return _LOOKS_AHEAD.search(pattern) is None


def takes_all(pattern: str, beginning: str, ignore_case: bool) -> bool:
    """Whether *pattern* matches every text with that beginning; False where it is not known."""
    if not may_take_all(pattern):
        return False
    try:
        return matched(pattern, beginning, ignore_case) is not None
    except UnknownPatternError:
        return False
