"""
Regular expressions as trees: what each part may match, byte by byte.

Only what has one plain meaning is read. For the rest (references back, conditions, atomic groups, looking around) there
is an `UnknownExpressionError`, and whoever asks stays silent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ..record import dataclass, field
from ..regex import regex

Bytes = int
"""A set of bytes: one bit for each of the 256."""

EVERY: Bytes = (1 << 256) - 1
_NEWLINE: Bytes = 1 << 10
_DEEPEST = 60


class UnknownExpressionError(ValueError):
    """An expression with something in it that is not read here."""


@dataclass(frozen=True, slots=True)
class One:
    """One byte of a set."""

    allowed: Bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that takes no byte: ``^`` for the start, ``$`` for the end."""

    kind: str


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    choices: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """*least* to *most* times; None for no end."""

    inner: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """What is in parentheses; *number* and *name* where it captures."""

    inner: Node
    number: int = 0
    name: str = ""


Node = One | Mark | Row | Either | Repeat | Group


@lru_cache(maxsize=4096)
def tree(pattern: str, ignore_case: bool = False) -> Node:
    """
    *pattern* as a tree.

    Raises:
        UnknownExpressionError: where it holds more than is read here.
    """
    reader = _Reader(pattern.encode("utf-8", "replace").decode("latin-1"), ignore_case)
    node = reader.choices(0)
    if reader.at < len(reader.text):
        raise UnknownExpressionError(pattern)
    return node


def walk(node: Node) -> Iterator[Node]:
    """*node* and everything in it."""
    yield node
    inner: tuple[Node, ...] = ()
    if isinstance(node, Row):
        inner = node.parts
    elif isinstance(node, Either):
        inner = node.choices
    elif isinstance(node, Repeat | Group):
        inner = (node.inner,)
    for each in inner:
        yield from walk(each)


def sample(node: Node) -> str:
    """A short text that *node* matches."""
    if isinstance(node, One):
        usual = node.allowed & _POSIX["lower"] or node.allowed
        return chr((usual & -usual).bit_length() - 1) if usual else ""
    if isinstance(node, Row):
        return "".join(map(sample, node.parts))
    if isinstance(node, Either):
        return sample(node.choices[0])
    if isinstance(node, Repeat):
        return sample(node.inner) * min(node.least, 64)
    return sample(node.inner) if isinstance(node, Group) else ""


_QUANTIFIER = regex(r"\{(\d+)(,?)(\d*)\}")
_GROUP_START = regex(r"\?(?:P?<(?P<name>[A-Za-z_]\w*)>|'(?P<quoted>[A-Za-z_]\w*)'|:)")
_ONE_LETTER = {"n": 10, "r": 13, "t": 9, "f": 12, "a": 7, "e": 27, "v": 11}


@dataclass
class _Reader:
    text: str
    ignore_case: bool
    at: int = 0
    groups: int = 0
    marks: dict[str, str] = field(default_factory=lambda: {"A": "^", "z": "$", "Z": "$"})

    def choices(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise UnknownExpressionError(self.text)
        found = [self._row(depth)]
        while self._next("|"):
            found.append(self._row(depth))
        return found[0] if len(found) == 1 else Either(tuple(found))

    def _row(self, depth: int) -> Node:
        if depth == 0 and self.at == 0 and self._next("(?i)"):
            self.ignore_case = True
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _atom(self, depth: int) -> Node:
        letter = self.text[self.at]
        self.at += 1
        if letter == "(":
            return self._group(depth)
        if letter == "[":
            return One(self._folded(self._class()))
        if letter == ".":
            return One(EVERY & ~_NEWLINE)
        if letter in "^$":
            return Mark(letter)
        if letter == "\\":
            return self._escaped()
        if letter in "*+?":
            raise UnknownExpressionError(self.text)
        return One(self._folded(1 << ord(letter)))

    def _group(self, depth: int) -> Node:
        number, name = 0, ""
        if self.text.startswith("?", self.at):
            match = _GROUP_START.match(self.text, self.at)
            if match is None:
                raise UnknownExpressionError(self.text)
            self.at = match.end()
            name = match["name"] or match["quoted"] or ""
            if name:
                self.groups += 1
                number = self.groups
        else:
            self.groups += 1
            number = self.groups
        inner = self.choices(depth + 1)
        if not self._next(")"):
            raise UnknownExpressionError(self.text)
        return Group(inner, number, name)

    def _repeated(self, node: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        if self._next("+"):
            raise UnknownExpressionError(self.text)
        self._next("?")
        if isinstance(node, Mark) or self._bounds() is not None:
            raise UnknownExpressionError(self.text)
        return Repeat(node, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        for letter, bounds in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self._next(letter):
                return bounds
        match = _QUANTIFIER.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        least = int(match[1])
        return least, (int(match[3]) if match[3] else None if match[2] else least)

    def _escaped(self) -> Node:
        letter = self._letter()
        if letter in self.marks:
            return Mark(self.marks[letter])
        return One(self._folded(self._escape(letter)))

    def _letter(self) -> str:
        if self.at >= len(self.text):
            raise UnknownExpressionError(self.text)
        self.at += 1
        return self.text[self.at - 1]

    def _escape(self, letter: str) -> Bytes:
        kind = _CLASSES.get(letter.lower())
        if kind is not None:
            return kind if letter.islower() else EVERY & ~kind
        if letter == "x":
            match = re.compile(r"[0-9a-fA-F]{2}").match(self.text, self.at)
            if match is None:
                raise UnknownExpressionError(self.text)
            self.at = match.end()
            return 1 << int(match[0], 16)
        if letter in _ONE_LETTER:
            return 1 << _ONE_LETTER[letter]
        if letter.isalnum():
            raise UnknownExpressionError(self.text)
        return 1 << ord(letter)

    def _class(self) -> Bytes:
        is_inverted = self._next("^")
        found, is_first = 0, True
        while is_first or not self.text.startswith("]", self.at):
            is_first = False
            found |= self._range()
        self.at += 1
        return EVERY & ~self._folded(found) if is_inverted else found

    def _range(self) -> Bytes:
        if self.text.startswith("[:", self.at):
            end = self.text.find(":]", self.at)
            name = self.text[self.at + 2 : end] if end > 0 else ""
            if name not in _POSIX:
                raise UnknownExpressionError(self.text)
            self.at = end + 2
            return _POSIX[name]
        first = self._member()
        if not re.compile(r"-[^\]]").match(self.text, self.at):
            return first
        self.at += 1
        last = self._member()
        if first.bit_count() != 1 or last.bit_count() != 1 or last < first:
            raise UnknownExpressionError(self.text)
        return (last << 1) - first

    def _member(self) -> Bytes:
        letter = self._letter()
        return self._escape(self._letter()) if letter == "\\" else 1 << ord(letter)

    def _folded(self, allowed: Bytes) -> Bytes:
        if not self.ignore_case:
            return allowed
        upper, lower = _POSIX["upper"], _POSIX["lower"]
        return allowed | (allowed & upper) << 32 | (allowed & lower) >> 32

    def _next(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False


def _set_of(*ranges: str) -> Bytes:
    """The characters from the first to the last letter of each of *ranges*."""
    return sum((2 << ord(each[-1])) - (1 << ord(each[0])) for each in ranges)


_CLASSES = {
    "d": _set_of("09"),
    "w": _set_of("09", "AZ", "_", "az"),
    "s": _set_of("\t\r", " "),
    "h": _set_of(" ", "\t", "\xa0"),
}
_POSIX = {
    "alpha": _set_of("AZ", "az"),
    "digit": _CLASSES["d"],
    "alnum": _set_of("09", "AZ", "az"),
    "upper": _set_of("AZ"),
    "lower": _set_of("az"),
    "space": _CLASSES["s"],
    "xdigit": _set_of("09", "AF", "af"),
    "word": _CLASSES["w"],
}
