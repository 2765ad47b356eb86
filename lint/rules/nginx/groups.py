"""Where the groups of an expression begin and end, by number."""

from __future__ import annotations

import re

from ...regex import regex

OPAQUE = regex(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\*[A-Z][^)]*\)", re.DOTALL)
"""What only looks like a parenthesis or a bracket: escapes, classes, verbs."""
_CAPTURING = regex(r"\((?!\?)|\(\?P?<(?![=!])|\(\?'")


def group_spans(pattern: str) -> list[tuple[int, int]]:
    """The offsets of each capturing group, named ones included, in the order of their numbers."""
    text = OPAQUE.sub(lambda found: " " * len(found[0]), pattern)
    spans: list[tuple[int, int]] = []
    opened: list[int | None] = []
    for index, letter in enumerate(text):
        if letter == "(":
            opened.append(len(spans) if _CAPTURING.match(text, index) else None)
            if opened[-1] is not None:
                spans.append((index, len(text)))
        elif letter == ")" and opened:
            number = opened.pop()
            if number is not None:
                spans[number] = (spans[number][0], index)
    return spans
