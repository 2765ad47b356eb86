"""The directives of nginx: where each may stand, with how many arguments, and in which versions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crossplane import analyzer

from ..record import dataclass
from .newer import ADDED, FOREIGN, FOREIGN_NAMES, FORMER, WIDENED
from .tokens import BARE, Tokens

Version = tuple[int, int, int]

NEWEST: Version = (1, 30, 6)
"""The stable release that is assumed where nothing says which one runs."""

_CONTEXTS = {
    "M": analyzer.NGX_MAIN_CONF,
    "E": analyzer.NGX_EVENT_CONF,
    "H": analyzer.NGX_HTTP_MAIN_CONF,
    "S": analyzer.NGX_HTTP_SRV_CONF,
    "L": analyzer.NGX_HTTP_LOC_CONF,
    "U": analyzer.NGX_HTTP_UPS_CONF,
    "I": analyzer.NGX_HTTP_SIF_CONF,
    "J": analyzer.NGX_HTTP_LIF_CONF,
    "X": analyzer.NGX_HTTP_LMT_CONF,
    "m": analyzer.NGX_MAIL_MAIN_CONF,
    "n": analyzer.NGX_MAIL_SRV_CONF,
    "h": analyzer.NGX_STREAM_MAIN_CONF,
    "s": analyzer.NGX_STREAM_SRV_CONF,
    "u": analyzer.NGX_STREAM_UPS_CONF,
}
_NAMES = {
    "M": "the top level",
    "E": "events",
    "H": "http",
    "S": "server",
    "L": "location",
    "U": "upstream",
    "I": "if in server",
    "J": "if in location",
    "X": "limit_except",
    "m": "mail",
    "n": "server in mail",
    "h": "stream",
    "s": "server in stream",
    "u": "upstream in stream",
}
_ENTERED = {
    "M": {"http": "H", "events": "E", "mail": "m", "stream": "h"},
    "H": {"server": "S", "upstream": "U"},
    "S": {"location": "L", "if": "I"},
    "L": {"location": "L", "if": "J", "limit_except": "X"},
    "I": {"if": "I"},
    "J": {"if": "J"},
    "m": {"server": "n"},
    "h": {"server": "s", "upstream": "u"},
}
DATA_BLOCKS = frozenset({"map", "geo", "types", "split_clients", "charset_map", "match", "num_map", "otel_exporter"})
"""Blocks whose entries are data, not directives."""

BLOCK: int = analyzer.NGX_CONF_BLOCK
FLAG: int = analyzer.NGX_CONF_FLAG
ANYWHERE: int = sum(_CONTEXTS.values())


@dataclass(frozen=True, slots=True)
class Former:
    """A directive that nginx no longer wants: the versions that deprecated and removed it, and what to do."""

    deprecated: Version
    removed: Version | None
    instead: str


@cache
def masks() -> Mapping[str, tuple[int, ...]]:
    """For each directive the ways it may be used: crossplane's bits for contexts and arguments."""
    found = {name: tuple(uses) for name, uses in analyzer.DIRECTIVES.items()}
    for line in (ADDED + WIDENED + FORMER).split("\n"):
        if line:
            name, contexts, arguments, *_ = line.split()
            use = _context_bits(contexts) | _argument_bits(arguments)
            found[name] = (*found.get(name, ()), use)
    return found


@cache
def flags() -> frozenset[str]:
    """The directives of which some use is ``on`` or ``off``."""
    return frozenset(name for name, uses in masks().items() if any(use & FLAG for use in uses))


@cache
def since() -> Mapping[str, Version]:
    """The first version that knows a directive, for those newer than nginx 1.13."""
    found = {}
    for line in ADDED.strip().split("\n"):
        name, _, _, first = line.split()
        if first != "-" and name not in analyzer.DIRECTIVES:
            found[name] = version(first)
    return found


@cache
def former() -> Mapping[str, Former]:
    """The directives that are deprecated or removed."""
    found = {}
    for line in FORMER.strip().split("\n"):
        name, _, _, deprecated, removed, instead = line.split(maxsplit=5)
        found[name] = Former(version(deprecated), None if removed == "-" else version(removed), instead)
    return found


def version(text: str) -> Version:
    """``1.25.1`` as numbers; missing parts are 0."""
    major, minor, patch = ([int(part) for part in text.split(".")[:3]] + [0, 0, 0])[:3]
    return major, minor, patch


def is_of_a_module(name: str) -> bool:
    """Whether a directive nginx lacks is that of a module outside it, however close to one of nginx's own."""
    return name in FOREIGN_NAMES


def is_foreign(name: str) -> bool:
    """Whether a directive nginx lacks may come from a module outside it."""
    return name.startswith(tuple(FOREIGN.split())) or "by_lua" in name


def entered(context: int, block: str) -> int:
    """The context inside *block* where it stands in *context*; 0 where nothing is known about the inside."""
    bits = 0
    for letter, inner in _ENTERED.items():
        if context & _CONTEXTS[letter] and block in inner:
            bits |= _CONTEXTS[inner[block]]
    return bits


def context_named(name: str) -> int:
    """The bits of a context by the letter it has in `newer`."""
    return int(_CONTEXTS[name])


def context_names(bits: int) -> list[str]:
    """The contexts in *bits* in words."""
    return [_NAMES[letter] for letter, bit in _CONTEXTS.items() if bits & bit]


def takes(use: int, count: int) -> bool:
    """Whether a use with those bits allows *count* arguments."""
    if use & FLAG and count == 1:
        return True
    if use & analyzer.NGX_CONF_ANY:
        return True
    if use & analyzer.NGX_CONF_1MORE and count >= 1:
        return True
    if use & analyzer.NGX_CONF_2MORE and count >= 2:  # noqa: PLR2004 - the number in the name
        return True
    return count <= 7 and bool(use >> count & 1)  # noqa: PLR2004 - TAKE7 is the last bit of a count


def forgotten_semicolon(found: Tokens, name: int, text: str) -> int:
    """
    The index of the argument that is the name of the next statement, after a ``;`` was forgotten; 0 for none.

    It stands first on its line and is a directive, and the statement is whole without it, but not with it;
    where any number of arguments is allowed, what follows must be whole as well.
    """
    uses = masks().get(found.values[name])
    if uses is None or found.kinds[name] != BARE:
        return 0
    end = len(found.values)
    for index in range(name + 1, end):
        if _starts_line(found, index, text) and found.values[index] in masks():
            before, after = index - name - 1, end - index - 1
            cut = any(takes(use, before) and not use & BLOCK for use in uses)
            whole = any(takes(use, end - name - 1) for use in uses)
            if cut and (not whole or _whole(found.values[index], after)):
                return index
    return 0


def _whole(name: str, count: int) -> bool:
    return count > 0 and "." not in name and any(takes(use, count) for use in masks()[name])


def _starts_line(found: Tokens, index: int, text: str) -> bool:
    return found.kinds[index] == BARE and "\n" in text[found.ends[index - 1] : found.starts[index]]


def _context_bits(letters: str) -> int:
    return sum(_CONTEXTS[letter] for letter in letters)


def _argument_bits(word: str) -> int:
    block = BLOCK if word.startswith("{") else 0
    word = word.removeprefix("{")
    named = {
        "flag": FLAG,
        "any": analyzer.NGX_CONF_ANY,
        "1+": analyzer.NGX_CONF_1MORE,
        "2+": analyzer.NGX_CONF_2MORE,
    }
    return block | (named[word] if word in named else sum(1 << int(digit) for digit in word))
