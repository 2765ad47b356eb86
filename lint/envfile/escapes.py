"""Backslashes in quoted values, undone as Compose does it, with a map back to the source."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..regex import regex

_KNOWN = regex(r'\\(?:[abcfnrtv$"\\]|0[0-9]{0,3})')
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"', "$": "$$"}
_BYTE = regex("[0-3][0-7][0-7]")

Origins = tuple[tuple[int, int], ...]
"""(offset in the value, offset in the file) pairs; from each on, both count alike."""


def unescaped(raw: str, quote: str, start: int) -> tuple[str, Origins]:
    """
    The value of *raw*, which stood between two *quote* from offset *start* of the file on.

    In single quotes only the quote itself can be escaped; in double quotes ``\\$`` becomes ``$$``, so that the
    later replacing of variables leaves a plain ``$``.
    """
    if "\\" not in raw:
        return raw, ()
    value, origins = _spliced(raw, re.compile(rf"\\(?:\\|{quote})"), _quote_only(quote), ((0, start),))
    if quote == '"':
        value, origins = _spliced(value, _KNOWN, _known, origins)
    return value, origins


def _quote_only(quote: str) -> Callable[[str], str]:
    return lambda escape: quote if escape[1] == quote else escape


def _known(escape: str) -> str:
    character = escape[1]
    if character in _SIMPLE:
        return _SIMPLE[character]
    if character != "0":
        return escape
    digits = escape[2:]
    return chr(int(digits, 8)) if _BYTE.fullmatch(digits) else "\\" + digits


def _spliced(text: str, pattern: re.Pattern[str], undo: Callable[[str], str], origins: Origins) -> tuple[str, Origins]:
    """*text* with each escape undone, and where its characters now come from."""
    pieces: list[str] = []
    marks: list[tuple[int, int]] = []
    origin = _Origin(origins)
    length = at = 0
    for match in pattern.finditer(text):
        piece = text[at : match.start()]
        marks.append((length, origin.of(at)))
        length += len(piece)
        character = undo(match[0])
        marks.append((length, origin.of(match.start())))
        pieces += (piece, character)
        length += len(character)
        at = match.end()
    marks.append((length, origin.of(at)))
    return "".join((*pieces, text[at:])), tuple(marks)


class _Origin:
    """Looks offsets up that only grow."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins
        self.index = 0

    def of(self, offset: int) -> int:
        while self.index + 1 < len(self.origins) and self.origins[self.index + 1][0] <= offset:
            self.index += 1
        value, source = self.origins[self.index]
        return source + offset - value
