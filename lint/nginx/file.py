"""One file of a configuration: its text, the range of each token, and the statements that crossplane reads in it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import crossplane.parser

from ..place import Place
from ..source import Source
from .lexer import tokens
from .table import forgotten_semicolon
from .tokens import COMMENT, MARK, QUOTED, Flaw, Tokens

Statement = dict[str, Any]
"""A statement as crossplane gives it; its ``line`` is the index of the token of its name."""


class NginxFile(Source):
    """
    A text with its tokens; offsets and places of everything that stands in it are made when asked for.

    Attributes:
        flaws: What the lexer had to repair.
    """

    starts: array[int]
    ends: array[int]
    kinds: bytearray
    closing: dict[int, int]
    flaws: list[Flaw]

    def read(self) -> list[Statement]:
        """The statements of the file, by crossplane's parser over our tokens."""
        found = tokens(self.text, forgotten_semicolon)
        # Source is frozen for its users; the columns belong to the file and are filled in this one place.
        for name in ("starts", "ends", "kinds", "closing", "flaws"):
            object.__setattr__(self, name, getattr(found, name))
        return _parsed(self.path, found)

    def token_place(self, index: int) -> Place:
        """The place of one token, quotes included."""
        return self.place(self.starts[index], self.ends[index])

    def token_text(self, index: int) -> str:
        """One token as it stands in the file."""
        return self.text[self.starts[index] : self.ends[index]]

    def arguments(self, name: int) -> list[int]:
        """The indices of the arguments of the statement whose name has the index *name*."""
        kinds, found, index = self.kinds, [], name + 1
        while kinds[index] != MARK:
            if kinds[index] != COMMENT:
                found.append(index)
            index += 1
        return found

    def terminator(self, name: int) -> int:
        """The index of the ``;`` or ``{`` that ends the statement whose name has the index *name*."""
        index = name + 1
        while self.kinds[index] != MARK:
            index += 1
        return index

    def quoted(self, index: int) -> bool:
        """Whether the token stands in quotes."""
        return self.kinds[index] == QUOTED

    def comments(self) -> Iterator[tuple[Place, str]]:
        """Each comment's place and text, from the ``#`` on."""
        index = self.kinds.find(COMMENT)
        while index >= 0:
            yield self.token_place(index), self.token_text(index)
            index = self.kinds.find(COMMENT, index + 1)


def _parsed(path: str, found: Tokens) -> list[Statement]:
    """
    The statements that crossplane's own parser makes of *found*.

    crossplane cuts words and loses their places (its lexer gives lines only, swallows the argument behind
    ``${name}`` and keeps escapes), so a copy of its ``parse`` runs with our tokens in place of its lexer's;
    the module itself is left as it is. The number it carries through as a line is the index of the token.
    Contexts and arguments are not checked here, since it would drop what it does not know.
    """
    values = map(sys.intern, found.values)
    quoted = map(QUOTED.__eq__, found.kinds)
    stream = zip(values, range(len(found.values)), quoted, strict=True)
    original = crossplane.parser.parse
    scope = {**vars(crossplane.parser), "lex": lambda _: stream, "analyze": lambda **_: None}
    parse = FunctionType(original.__code__, scope, "parse", original.__defaults__)
    payload = parse(path, single=True, comments=False, check_ctx=False, check_args=False, catch_errors=True)
    statements: list[Statement] = payload["config"][0]["parsed"]
    return statements
