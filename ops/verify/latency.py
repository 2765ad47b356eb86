"""How fast the site answers: samples over one kept connection, percentiles with intervals, and those of before."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpcore
import httpx

from .errors import NoAnswerError
from .web import Web, believing_all
from .wire import Transport

WARM_UP = 5
MOST_SAMPLES, MOST_SECONDS = 200, 10.0
MOST_ERRORS = 0.05
RESAMPLES = 400
PERCENTILES = (50, 95, 99)
LOWEST, HIGHEST = 0.025, 0.975
KEPT_RELEASES = 10


@dataclass(frozen=True)
class Figure:
    """A percentile in milliseconds, with the interval that holds it 95 times of 100."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Sampled:
    """
    One address.

    Attributes:
        times_ms: Of each answer, in the order they came.
        errors: How many requests had no answer, or one of 500 and above.
    """

    url: str
    times_ms: tuple[float, ...]
    errors: int = 0

    @property
    def figures(self) -> dict[int, Figure]:
        """By percentile; none without a sample."""
        return {each: figure(self.times_ms, each) for each in PERCENTILES} if self.times_ms else {}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which *share* (0 to 1) of the sorted *values* lie, interpolated."""
    position = (len(values) - 1) * share
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (position - below)


def figure(values: Sequence[float], percent: int) -> Figure:
    """The percentile of *values*, its interval by the bootstrap; the same for the same values."""
    chance = random.Random(0)  # noqa: S311 - statistics, no secret
    count = len(values)
    again = sorted(percentile(sorted(chance.choices(values, k=count)), percent / 100) for _ in range(RESAMPLES))
    value = percentile(sorted(values), percent / 100)
    return Figure(round(value, 3), round(percentile(again, LOWEST), 3), round(percentile(again, HIGHEST), 3))


def sampled(web: Web, url: str, count: int, seconds: float) -> Sampled:
    """
    Asks for *url* again and again over one connection.

    Args:
        count: At most, after `WARM_UP` requests that do not count.
        seconds: For all of it.

    Raises:
        NoAnswerError: more than `MOST_ERRORS` of the requests had no good answer.
    """
    times: list[float] = []
    errors = 0
    ends_at = time.monotonic() + seconds
    with Transport(believing_all(), seconds, web.addresses) as transport:
        for number in range(count + WARM_UP):
            if time.monotonic() >= ends_at:
                break
            begun = time.monotonic()
            is_good = _asked(transport, url, web.agent)
            if number >= WARM_UP:
                times.append((time.monotonic() - begun) * 1000)
                errors += not is_good
            if errors > max(1, MOST_ERRORS * len(times)):
                raise NoAnswerError(f"{url}: {errors} of {len(times)} requests had no good answer")
    return Sampled(url, tuple(times), errors)


def _asked(transport: Transport, url: str, agent: str) -> bool:
    request = httpx.Request("GET", url, headers={"User-Agent": agent, "Accept-Encoding": "gzip"})
    try:
        response = transport.handle_request(request)
        for _ in response.stream:  # type: ignore[union-attr]
            pass
        response.close()
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
        return False
    return response.status_code < httpx.codes.INTERNAL_SERVER_ERROR


@dataclass(frozen=True)
class History:
    """The figures of earlier releases, in a file of this machine."""

    path: Path

    def before(self, release: str) -> tuple[str, Mapping[str, Any]] | None:
        """The last release but *release*, and its figures by path."""
        others = [(name, found) for name, found in self._read().items() if name != release]
        return others[-1] if others else None

    def keep(self, release: str, figures: Mapping[str, Any]) -> None:
        """Writes the figures of *release* over its earlier ones; a file that cannot be written is no fault."""
        known = {name: found for name, found in self._read().items() if name != release}
        kept = dict([*known.items(), (release, dict(figures))][-KEPT_RELEASES:])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        except OSError:
            return

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}
