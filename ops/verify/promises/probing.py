"""Asks every location of every published listener, and keeps what was promised beside what came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..exchange import Exchange
from ..web import Web
from .comparing import Difference, compression_difference, header_differences, redirect_difference
from .expected import Expected, expected
from .running import Running
from .witness import Aim, Known, aims, fitting, listeners

FIRST_ERROR = 400
MOST_ASKED = 3
_PLAIN, _SMALL = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Witnessed:
    """
    One request that a location answered.

    Attributes:
        small: The answer to the same request with gzip offered.
        expected: None where the configuration cannot tell.
    """

    aim: Aim
    exchange: Exchange
    small: Exchange
    expected: Expected | None

    @property
    def is_error(self) -> bool:
        """Whether the answer is an error."""
        return self.exchange.status >= FIRST_ERROR

    @property
    def label(self) -> str:
        """For verdicts."""
        method = "" if self.exchange.method == "GET" else f"{self.exchange.method} "
        return f"{self.aim.label} ({self.exchange.status} for {method}{self.exchange.path})"

    def headers(self) -> list[Difference]:
        """What of the headers differs; nothing where nothing is known."""
        return header_differences(self.expected, self.exchange) if self.expected else []

    def redirect(self) -> Difference | None:
        """What of status and redirect differs."""
        listener = self.aim.listener
        if self.expected is None:
            return None
        return redirect_difference(self.expected, self.exchange, listener.inside, listener.outside)

    def compression(self) -> Difference | None:
        """What of the compression differs; an answer without a body tells nothing."""
        if self.exchange.method == "HEAD":
            return None
        return compression_difference(self.expected, self.exchange, self.small) if self.expected else None


@dataclass(frozen=True)
class Covered:
    """
    What was seen of one location.

    Attributes:
        why_not: Why there is no witness at all; empty where there is one.
    """

    aim: Aim
    witnessed: tuple[Witnessed, ...]
    why_not: str = ""


def covered(nginxes: Sequence[Running], edge: Running, web: Web, known: Known) -> list[Covered]:
    """Every location of every published listener, asked for a success and for an error."""
    return [_covered(nginxes, edge, web, aim) for listener in listeners(edge) for aim in aims(edge, listener, known)]


def _covered(nginxes: Sequence[Running], edge: Running, web: Web, aim: Aim) -> Covered:
    likely, faulty = fitting(edge, aim, aim.likely), fitting(edge, aim, aim.faulty)
    if not likely and not faulty:
        return Covered(aim, (), _why_not(aim))
    found: list[Witnessed] = []
    for paths, wants_error in ((likely, False), (faulty, True)):
        for path in paths[:MOST_ASKED]:
            witness = _asked(nginxes, edge, web, aim, path)
            if not any(each.exchange.url == witness.exchange.url for each in found):
                found.append(witness)
            if witness.is_error == wants_error:
                break
    if likely and not any(each.is_error for each in found):
        found.append(_asked(nginxes, edge, web, aim, likely[0], method="HEAD"))
    return Covered(aim, tuple(_one_each(found)))


def _one_each(found: Sequence[Witnessed]) -> Iterator[Witnessed]:
    """One success and one error of those that came."""
    for is_error in (False, True):
        yield from [each for each in found if each.is_error == is_error][:1]


def _asked(
    nginxes: Sequence[Running], edge: Running, web: Web, aim: Aim, path: str, *, method: str = "GET"
) -> Witnessed:
    """The witness; HEAD is what many applications refuse, which makes an error of a path that has no other."""
    url = aim.listener.outside + path
    exchange = web.ask(url, method, _PLAIN)
    small = web.ask(url, method, _SMALL) if method == "GET" else exchange
    return Witnessed(aim, exchange, small, expected(nginxes, edge, aim.listener.inside, path, method=method))


def _why_not(aim: Aim) -> str:
    location = aim.location
    if location and location.modifier == "@":
        return "answers only after an error that is not made here"
    if location and location.directive.first("internal"):
        return "internal: only nginx itself sends requests there"
    return "no path was found that this location answers; others come before it"
