"""Heredocs of RUN, COPY and ADD."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..record import dataclass
from ..regex import regex
from .passage import Passage, Word


@dataclass(frozen=True, slots=True)
class Opening:
    """``<<NAME`` in an instruction, at the offsets *start* to *end* of its text."""

    name: str
    descriptor: int
    strips_tabs: bool
    is_quoted: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Heredoc:
    """
    A heredoc: what opened it and the lines up to its end.

    Attributes:
        body: The lines as they stand in the file, tabs included.
        end: Offset in the file after the line that ends it.
    """

    opening: Opening
    word: Word
    body: Passage
    end: int

    @property
    def content(self) -> str:
        """The lines, without leading tabs where the opening is ``<<-``, before COPY replaces variables in them."""
        text = self.body.text
        return re.sub(r"(?m)^\t+", "", text) if self.opening.strips_tabs else text


_OPENING = regex(r"(\d*)<<(-?)\s*([^<]*)")


def openings(text: str, start: int) -> Iterator[Opening]:
    """
    The heredocs that the instruction opens; none where BuildKit cannot cut the text into words.

    Source: BuildKit, frontend/dockerfile/parser, as tests/system/test_dockerfile_model.py shows it at work.
    """
    if text[start:].lstrip().startswith("[") and _looks_like_json(text[start:]):
        return
    words = _words(text, start)
    for first, last in words or ():
        match = _OPENING.fullmatch(text, first, last)
        if match and (opening := _opening(match)):
            yield opening


def _opening(match: re.Match[str]) -> Opening | None:
    spans = _words(match[3], 0)
    if spans is None or len(spans) != 1:
        return None
    written = match[3][slice(*spans[0])]
    name = _unquoted(written)
    return Opening(name, int(match[1] or 0), bool(match[2]), "'" in written or '"' in written, *match.span())


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)|'([^']*)'|\"([^\"]*)\"", lambda match: match[1] or match[2] or match[3] or "", text)


def _looks_like_json(text: str) -> bool:
    import json  # noqa: PLC0415 - only a RUN that starts with a bracket and holds "<<" needs it

    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


_TOKEN = regex(
    r"(?P<space>\s+)"
    r"|(?P<heredoc><<\s*)"
    r"|'[^']*'|\"(?:[^\"\\]|\\.)*+\"|\$\{[^}]*\}|\\.|[^\s'\"\\$<]+|\$(?!\{)|<|\\\Z"
    r"|(?P<broken>.)",
    re.DOTALL,
)


def _words(text: str, start: int) -> list[tuple[int, int]] | None:
    """Where each word of a shell line starts and ends; None where a quote or a brace is left open."""
    spans: list[tuple[int, int]] = []
    begun = -1
    for match in _TOKEN.finditer(text, start):
        if match["broken"]:
            return None
        if match["space"]:
            if begun >= 0:
                spans.append((begun, match.start()))
            begun = -1
        elif begun < 0:
            begun = match.start()
    if begun >= 0:
        spans.append((begun, len(text)))
    return spans
