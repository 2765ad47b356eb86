"""In which contexts the directives of a configuration stand, and to which ones a fragment must belong."""

from __future__ import annotations

from collections.abc import Sequence

from . import table
from .config import NginxConfig
from .directive import Directive

_MAIN = frozenset({"http", "events", "stream", "mail", "worker_processes", "user", "pid", "load_module", "daemon"})
_ORDER = "MHSLUhsEIJXumn"
"""The contexts of a fragment, the likeliest first."""


def assumed_context(names: Sequence[str]) -> tuple[int, bool]:
    """
    The contexts that a file with those directives at its top level may belong to, and whether it is a fragment.

    A file with nothing that only the top level takes is a fragment; it belongs to every context in which all of
    its directives may stand, or to the likeliest where no context takes them all.
    """
    if not names or not _MAIN.isdisjoint(names):
        return table.context_named("M"), False
    known = [_contexts(name) for name in names if name in table.masks() and name != "include"]
    common = table.ANYWHERE
    for contexts in known:
        common &= contexts
    return common or _likeliest(known), True


def _contexts(name: str) -> int:
    bits = 0
    for use in table.masks()[name]:
        bits |= use
    return bits & table.ANYWHERE


def _likeliest(known: Sequence[int]) -> int:
    votes = {letter: sum(1 for bits in known if bits & table.context_named(letter)) for letter in _ORDER}
    best = max(_ORDER, key=lambda letter: (votes[letter], -_ORDER.index(letter)))
    return table.context_named(best)


def set_contexts(config: NginxConfig) -> None:
    """Notes for each directive the contexts it may stand in."""
    _enter(config.directives, config.context)


def _enter(directives: Sequence[Directive], context: int) -> None:
    for directive in directives:
        directive.context = context
        if directive.block:
            inside = 0 if directive.name in table.DATA_BLOCKS else table.entered(context, directive.name)
            _enter(directive.block, inside)
