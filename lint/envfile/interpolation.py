"""Variables inside a value, read and replaced as Compose does in env files and compose files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..record import dataclass
from ..regex import regex

DEEPEST = 12
"""How many defaults may stand inside each other; real files have two or three."""

LARGEST_CHARACTERS = 1_000_000
"""Where a replaced value stops growing: lines that double each other would fill the memory."""

Lookup = Callable[[str], str | None]
"""The value of a variable, or None where it is not set."""


@dataclass(frozen=True, slots=True)
class Variable:
    """
    One ``$NAME`` or ``${NAME...}``.

    Attributes:
        operator: Empty, or one of ``-`` ``:-`` ``?`` ``:?`` ``+`` ``:+``.
        argument: What follows the operator: the default, the message, the replacement.
        start, end: Offsets in the text that was parsed, from the ``$`` on.
    """

    name: str
    operator: str
    argument: tuple[Part, ...]
    start: int
    end: int

    @property
    def required(self) -> bool:
        """Whether Compose refuses to go on where the variable is missing."""
        return self.operator in ("?", ":?")

    @property
    def has_default(self) -> bool:
        """Whether something stands in for a missing value."""
        return self.operator in ("-", ":-")


Part = str | Variable


@dataclass(frozen=True, slots=True)
class Parts:
    """A text cut into literal pieces, with ``$$`` as one ``$``, and variables; *errors* are ranges Compose refuses."""

    parts: tuple[Part, ...]
    errors: tuple[tuple[int, int], ...] = ()

    def variables(self) -> Iterator[Variable]:
        """Every variable, those inside defaults included, in the order of the text."""
        return _variables(self.parts)


class MissingVariableError(Exception):
    """A variable that ``:?`` or ``?`` requires has no value."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}" if reason else name)
        self.name = name
        self.reason = reason


def parts_of(text: str) -> Parts:
    """
    Cuts *text* at its variables.

    Source: compose-go, package template; tests/system/test_envfile_model.py holds it to the real Compose.
    """
    if "$" not in text:
        return Parts((text,) if text else ())
    errors: list[tuple[int, int]] = []
    parts = _cut(text, 0, len(text), 0, errors)
    return Parts(parts, tuple(errors))


def replaced(parts: tuple[Part, ...], lookup: Lookup) -> str:
    """
    The text with every variable replaced; one that is not set is empty.

    Raises:
        MissingVariableError: for a required variable without a value.
    """
    pieces: list[str] = []
    length = 0
    for part in parts:
        piece = part if isinstance(part, str) else _value(part, lookup)
        length += len(piece)
        if length > LARGEST_CHARACTERS:
            break
        pieces.append(piece)
    return "".join(pieces)


def _value(variable: Variable, lookup: Lookup) -> str:
    value = lookup(variable.name)
    present = bool(value) if variable.operator.startswith(":") else value is not None
    if variable.required and not present:
        raise MissingVariableError(variable.name, replaced(variable.argument, lookup))
    if variable.has_default and not present:
        return replaced(variable.argument, lookup)
    if variable.operator in ("+", ":+") and present:
        return replaced(variable.argument, lookup)
    return value or ""


_TOKEN = regex(
    r"\$(?:(?P<escaped>\$)|(?P<named>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<close>\})|(?P<operator>:?[-+?]))|(?P<invalid>\{))"
)
_BRACE = regex(r"[{}]")


def _cut(text: str, start: int, end: int, depth: int, errors: list[tuple[int, int]]) -> tuple[Part, ...]:
    parts: list[Part] = []
    literal: list[str] = []
    lines = _Lines(text, end)
    at = start
    while match := _TOKEN.search(text, at, end):
        literal.append(text[at : match.start()])
        part, at = _token(text, match, lines, depth, errors)
        if isinstance(part, str):
            literal.append(part)
            continue
        if piece := "".join(literal):
            parts.append(piece)
        literal.clear()
        parts.append(part)
    if piece := "".join((*literal, text[at:end])):
        parts.append(piece)
    return tuple(parts)


def _token(
    text: str, match: re.Match[str], lines: _Lines, depth: int, errors: list[tuple[int, int]]
) -> tuple[Part, int]:
    if match["escaped"]:
        return "$", match.end()
    if match["named"] or match["close"]:
        return Variable(match["named"] or match["braced"], "", (), match.start(), match.end()), match.end()
    close = _closing_brace(text, match, lines) if match["operator"] else -1
    if close < 0 or depth >= DEEPEST:
        errors.append((match.start(), lines.end(match.start())))
        return "", errors[-1][1]
    argument = _cut(text, match.end(), close, depth + 1, errors)
    return Variable(match["braced"], match["operator"], argument, match.start(), close + 1), close + 1


def _closing_brace(text: str, match: re.Match[str], lines: _Lines) -> int:
    """Where the variable ends: at the brace that balances, else at the last one of its line."""
    last = lines.last_brace(match.end())
    balance, at = 1, match.start("braced") + 1
    while (brace := _BRACE.search(text, at, last + 1)) is not None:
        balance += 1 if brace[0] == "{" else -1
        if not balance:
            return brace.start()
        at = brace.end() + (brace[0] == "{")  # Compose does not look at the character after an opening brace
    return last


class _Lines:
    """The line ends and last braces of a text up to *limit*, each looked for once, for offsets that only grow."""

    def __init__(self, text: str, limit: int) -> None:
        self.text = text
        self.limit = limit
        self.known_to = -1
        self.brace = -1

    def end(self, offset: int) -> int:
        if offset > self.known_to:
            at = self.text.find("\n", offset, self.limit)
            self.known_to = self.limit if at < 0 else at
            self.brace = self.text.rfind("}", offset, self.known_to)
        return self.known_to

    def last_brace(self, offset: int) -> int:
        """The last closing brace between *offset* and the end of its line, or -1."""
        self.end(offset)
        return self.brace if self.brace >= offset else -1


def _variables(parts: tuple[Part, ...]) -> Iterator[Variable]:
    for part in parts:
        if isinstance(part, Variable):
            yield part
            yield from _variables(part.argument)
