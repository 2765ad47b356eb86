"""Ports that EXPOSE names."""

from __future__ import annotations

from ..record import dataclass
from ..regex import regex
from .passage import Word

LARGEST_PORT = 65535
_PORT = regex(r"(?P<first>\d+)(?:-(?P<last>\d+))?(?:/(?P<protocol>[A-Za-z]+))?")


@dataclass(frozen=True, slots=True, eq=False)
class Port:
    """A port or a range of ports; *last* equals *first* for one."""

    first: int
    last: int
    protocol: str
    word: Word


def exposed_port(word: Word, text: str | None) -> Port | None:
    """The port that *text*, the value of *word*, names; None where it is none or not known."""
    match = _PORT.fullmatch(text) if text else None
    if match is None or len(match["first"]) > 5 or len(match["last"] or "") > 5:  # noqa: PLR2004 - digits of 65535
        return None
    first = int(match["first"])
    last = int(match["last"] or first)
    return Port(first, last, (match["protocol"] or "tcp").lower(), word) if last <= LARGEST_PORT else None
