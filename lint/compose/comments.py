"""The comments of a YAML file, which its parser throws away."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ..place import Place
from ..regex import regex

if TYPE_CHECKING:
    from .nodes import Scalar, Source

_CANDIDATE = regex(r"#(?<!\S#)[^\r\n]*")
_BLOCK_HEADER = regex(r"[^\n]*\n?")


def comments(source: Source) -> list[tuple[Place, str]]:
    """Every ``#`` after white space that stands in no scalar, with the text from it on."""
    spans = [_span(source.body, scalar) for scalar in source.with_hash]
    starts = [start for start, _ in spans]
    found = []
    for match in _CANDIDATE.finditer(source.body):
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or match.start() >= spans[before][1]:
            found.append((source.place(match.start(), match.end()), match[0].rstrip()))
    return found


def _span(body: str, scalar: Scalar) -> tuple[int, int]:
    """The characters of *scalar*, without the line that introduces a block, which may end in a comment."""
    if scalar.style not in ("|", ">"):
        return scalar.start, scalar.end
    header = _BLOCK_HEADER.match(body, scalar.start)
    return header.end() if header else scalar.start, scalar.end
