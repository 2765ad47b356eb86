"""Promised headers, compression and redirects beside those that were seen: missing, extra, different, doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from ..exchange import Exchange
from .expected import Expected, Promised

WATCHED = (
    "strict-transport-security",
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "x-xss-protection",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "cache-control",
    "access-control-allow-origin",
    "alt-svc",
)
"""Headers that nobody may add unasked where nginx alone makes the answer."""

_TIMED = ("expires",)
_VARIABLE = re.compile(r"\$\{?\w+\}?")


@dataclass(frozen=True)
class Difference:
    """
    Attributes:
        kind: ``missing``, ``extra``, ``different`` or ``doubled``.
        place: ``file:line`` of the promise; empty for what nobody promised.
    """

    kind: str
    name: str
    promised: str
    observed: str
    place: str = ""

    def __str__(self) -> str:
        seen = f": {self.observed}" if self.observed else ""
        return f"{self.name} {self.kind}{seen}"


def header_differences(expected: Expected, exchange: Exchange) -> list[Difference]:
    """What of the headers is not as promised."""
    promised: dict[str, list[Promised]] = {}
    for each in expected.headers(exchange.status):
        promised.setdefault(each.header.key, []).append(each)
    found = [each for name, wanted in promised.items() for each in _one(name, wanted, exchange.values(name))]
    if expected.is_whole:
        found += [
            Difference("extra", name, "", exchange.header(name))
            for name in WATCHED
            if name not in promised and exchange.header(name)
        ]
    return found


def _one(name: str, wanted: Sequence[Promised], seen: Sequence[str]) -> Iterator[Difference]:
    first = wanted[0]
    values = [each.header.value for each in wanted]
    shown = ", ".join(value or "a value of its own" for value in values)
    place = ", ".join(dict.fromkeys(each.place for each in wanted))
    if name in _TIMED or any(value is None for value in values):
        if not seen:
            yield Difference("missing", first.header.name, shown, "", place)
        return
    if not seen:
        if not all(_may_be_empty(value) for value in values):
            yield Difference("missing", first.header.name, shown, "", place)
        return
    if len(seen) > len(values):
        yield Difference("doubled", first.header.name, shown, ", ".join(seen), place)
        return
    unmatched = list(seen)
    for value in values:
        fits = next((each for each in unmatched if _fits(value or "", each)), None)
        if fits is None:
            yield Difference("different", first.header.name, shown, ", ".join(seen), place)
            return
        unmatched.remove(fits)


def _fits(promised: str, seen: str) -> bool:
    """Whether *seen* may be *promised* with its variables filled in."""
    if "$" not in promised:
        return promised.strip() == seen.strip()
    pattern = ".*".join(re.escape(part) for part in _VARIABLE.split(promised))
    return re.fullmatch(pattern, seen.strip(), re.DOTALL) is not None


def _may_be_empty(value: str | None) -> bool:
    """Whether it is one variable, whose empty value nginx does not send."""
    return value is not None and _VARIABLE.fullmatch(value) is not None


def redirect_difference(expected: Expected, exchange: Exchange, inside: str, outside: str) -> Difference | None:
    """What of status and Location is not as promised."""
    place = _place(expected)
    if expected.status is not None and expected.status != exchange.status:
        return Difference("different", "status", str(expected.status), str(exchange.status), place)
    if not expected.redirect or "$" in expected.redirect:
        return None
    seen = urljoin(exchange.url, exchange.header("location"))
    wanted = urljoin(exchange.url, _as_seen(expected.redirect, inside, outside))
    if seen in (wanted, expected.redirect):
        return None
    return Difference("different", "Location", wanted, seen or "none", place)


def _as_seen(url: str, inside: str, outside: str) -> str:
    """*url* with the published port where the configuration has the container's."""
    parts, own = urlsplit(url), urlsplit(inside)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    own_port = own.port or {"http": 80, "https": 443}.get(own.scheme)
    if (parts.scheme, parts.hostname, port) != (own.scheme, own.hostname, own_port):
        return url
    return parts._replace(netloc=urlsplit(outside).netloc).geturl()


def compression_difference(expected: Expected, plain: Exchange, small: Exchange) -> Difference | None:
    """Whether the answer to a browser is compressed as promised, and says so to caches."""
    promised = expected.compresses(plain.kind, len(plain.body), plain.status, plain.path)
    place = _place(expected)
    if promised is None:
        return None
    if promised and not small.encoding:
        return Difference("missing", "Content-Encoding", "gzip", "plain", place)
    if not promised and small.encoding:
        return Difference("extra", "Content-Encoding", "plain", small.encoding, place)
    if promised and expected.varies() and "accept-encoding" not in small.header("vary").lower():
        return Difference("missing", "Vary", "Accept-Encoding", small.header("vary"), place)
    return None


def _place(expected: Expected) -> str:
    hop = expected.hops[0]
    return hop.nginx.place(hop.answer.block.place) if hop.answer.block else ""
