"""The headers that ``expires``, ``add_header`` and ``add_trailer`` add to answers."""

from __future__ import annotations

from collections.abc import Sequence

from ..cached import cached_property
from ..place import Place
from ..record import dataclass
from .blocks import header, time_s
from .directive import Directive
from .table import Version

ORDINARY = frozenset({200, 201, 204, 206, 301, 302, 303, 304, 307, 308})
"""The statuses whose answers get headers without ``always``."""

_INHERIT_SINCE: Version = (1, 29, 3)


@dataclass(frozen=True)
class ResponseHeader:
    """
    One header of an answer.

    Attributes:
        value: None where it is not known before a request is made; it may hold variables otherwise.
        directive: What adds it: ``add_header``, ``add_trailer`` or ``expires``.
    """

    name: str
    value: str | None
    directive: Directive
    always: bool = False

    @cached_property
    def key(self) -> str:
        """The name in lower case."""
        return self.name.lower()

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.directive.place

    def is_sent(self, status: int) -> bool:
        """Whether an answer with *status* has it; an empty value never is."""
        return self.value != "" and (self.always or status in ORDINARY)


def added(levels: Sequence[Directive], version: Version, name: str) -> tuple[ResponseHeader, ...]:
    """
    What the directives called *name* add in the innermost of *levels*, in nginx's order.

    A level's own take the place of those around it, unless ``add_header_inherit`` says ``merge`` (own first) or
    ``off`` (not even inherited where there are none of its own); that setting itself is inherited.
    """
    current: tuple[Directive, ...] = ()
    mode = "on"
    for level in reversed(levels):
        own = tuple(level.find(name))
        if version >= _INHERIT_SINCE and (setting := level.last(f"{name}_inherit")):
            mode = setting.value
        current = _merged(own, current, mode)
    return tuple(response(directive) for directive in current)


def _merged(own: tuple[Directive, ...], around: tuple[Directive, ...], mode: str) -> tuple[Directive, ...]:
    if mode == "off":
        return own
    return (*own, *around) if mode == "merge" or not own else own


def response(directive: Directive) -> ResponseHeader:
    """What one ``add_header`` or ``add_trailer`` adds."""
    parts = header(directive)
    return ResponseHeader(parts.name, parts.value, directive, parts.always)


def expiry(directive: Directive) -> tuple[ResponseHeader, ...]:
    """The ``Expires`` and ``Cache-Control`` that an ``expires`` makes; none where it is off."""
    if directive.args[-1:] in ((), ("off",)):
        return ()
    cache_control, expires = _expiry_values(directive)
    return (
        ResponseHeader("Expires", expires, directive),
        ResponseHeader("Cache-Control", cache_control, directive),
    )


def _expiry_values(directive: Directive) -> tuple[str | None, str | None]:
    word = directive.args[-1]
    if word in _FIXED:
        return _FIXED[word]
    seconds = None if "$" in word or word.startswith("@") else time_s(word.lstrip("+-"))
    if seconds == 0:
        return "max-age=0", None
    if seconds is None or directive.args[0] == "modified":
        return None, None
    return ("no-cache" if word.startswith("-") else f"max-age={int(seconds)}"), None


_FIXED = {
    "epoch": ("no-cache", "Thu, 01 Jan 1970 00:00:01 GMT"),
    "max": ("max-age=315360000", "Thu, 31 Dec 2037 23:55:55 GMT"),
}
