"""
PCRE patterns, tried with Python's ``re`` where both mean the same.

Where they differ and no translation is known, or where trying might not end in time, the answer is "unknown".
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

from ..regex import regex

POSIX = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "xdigit": "0-9a-fA-F",
    "word": r"\w",
    "punct": r"!-/:-@\[-`{-~",
    "cntrl": r"\x00-\x1f\x7f",
    "graph": r"!-~",
    "print": r" -~",
}
_SAME_ESCAPES = frozenset("dDwWsSbBAnrtfav0123456789")
_OTHER_ESCAPES = {"z": r"\Z", "Z": r"(?=\n?\Z)", "h": r"[ \t\xa0]", "e": r"\x1b", "N": r"[^\n]"}
_UNKNOWN = regex(r"\(\?(?:[|R&+\d(]|P[>=])|\(\*|\\[gGkKQEXCRpPHVvouUlLJxc](?![0-9a-fA-F]{2})|\{,")
_LONG = 24
"""The longest text on which a pattern with nested repetitions is tried: its time may double with each character."""

_NESTED = regex(r"[*+}]\??\)(?:[*+]|\{\d*,)")


class UnknownPatternError(ValueError):
    """A pattern about which Python cannot say what nginx would."""


def matched(pattern: str, text: str, ignore_case: bool = False) -> re.Match[str] | None:
    """
    Where *pattern* matches *text*, both with one character for each byte.

    Raises:
        UnknownPatternError: where that cannot be told here.
    """
    compiled = _compiled(pattern, ignore_case)
    if _NESTED.search(pattern) and len(text) > _LONG:
        raise UnknownPatternError(f'"{pattern}" repeats what repeats, so trying it on a long text may never end')
    return compiled.search(text)


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    flags = re.ASCII | (re.IGNORECASE if ignore_case else re.NOFLAG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(translated(pattern.encode().decode("latin-1")), flags)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise UnknownPatternError(f'"{pattern}": {error}') from None


def translated(pattern: str) -> str:
    """
    The pattern of ``re`` that means what *pattern* means to PCRE.

    Raises:
        UnknownPatternError: where none is known.
    """
    if _UNKNOWN.search(re.sub(r"\\[^a-zA-Z]", "", pattern)) or re.search(r"(?<!^)\(\?[a-zA-Z-]+\)", pattern):
        raise UnknownPatternError(f'"{pattern}" uses what only PCRE knows')
    named = re.sub(r"\(\?(?:<|')([A-Za-z_]\w*)(?:>|')", r"(?P<\1>", pattern)
    return "".join(_pieces(named))


def _pieces(pattern: str) -> list[str]:
    out: list[str] = []
    position, in_class = 0, False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern):
            out.append(_escape(pattern[position + 1], in_class))
            position += 2
        elif in_class and pattern.startswith("[:", position):
            end = pattern.find(":]", position)
            name = pattern[position + 2 : end] if end > 0 else ""
            out.append(_posix(name))
            position = end + 2
        elif character == "[":
            out.append(r"\[" if in_class else "[")
            position += 1
            if not in_class:
                position += _class_start(pattern, position, out)
            in_class = True
        else:
            in_class = in_class and character != "]"
            out.append(rf"\{character}" if in_class and character in "&~|" else character)
            position += 1
    return out


def _class_start(pattern: str, position: int, out: list[str]) -> int:
    """Copies ``^`` and a first ``]``, which is a plain character in PCRE; how many characters that were."""
    start = position
    if pattern.startswith("^", position):
        out.append("^")
        position += 1
    if pattern.startswith("]", position):
        out.append(r"\]")
        position += 1
    return position - start


def _posix(name: str) -> str:
    if name not in POSIX:
        raise UnknownPatternError(f'no class is called "{name}"')
    return POSIX[name]


def _escape(letter: str, in_class: bool) -> str:
    if letter in _SAME_ESCAPES or letter == "x":
        return "\\" + letter
    if letter in _OTHER_ESCAPES and not in_class:
        return _OTHER_ESCAPES[letter]
    if letter.isascii() and letter.isalpha():
        raise UnknownPatternError(f'"\\{letter}" means something in PCRE alone')
    return "\\" + letter
