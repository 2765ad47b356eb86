"""What a rehearsal has seen, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .load import Load

SHOWN = 3
"""So many of the requests that were lost are shown."""


@dataclass(frozen=True)
class Stage:
    """
    One thing that was done.

    Attributes:
        seconds: How long it took.
        serving_s: Seconds until the new release served; None where it is not known.
        requests: Requests meanwhile; 0 where none were made.
        lost: Those that were lost, in words.
        p50_ms: Half of the answers took less.
        p99_ms: All but a hundredth took less.
        failure: Why it failed; empty where it did not.
    """

    title: str
    seconds: float
    serving_s: float | None = None
    requests: int = 0
    lost: tuple[str, ...] = ()
    p50_ms: float | None = None
    p99_ms: float | None = None
    failure: str = ""

    @property
    def is_well(self) -> bool:
        """Whether it was done and lost nothing."""
        return not self.lost and not self.failure

    def __str__(self) -> str:
        """A line, and below it what was lost."""
        took = f"{self.seconds:6.1f} s"
        serving = f"  served after {self.serving_s:.1f} s" if self.serving_s is not None else ""
        asked = f"  {self.requests:>7} requests, {len(self.lost)} lost" if self.requests else ""
        waited = f", p50 {self.p50_ms:.0f} ms, p99 {self.p99_ms:.0f} ms" if self.p50_ms and self.p99_ms else ""
        lines = [f"  {self.title:<34}{took}{asked}{waited}{serving}"]
        lines += [f"      lost: {each}" for each in self.lost[:SHOWN]]
        if len(self.lost) > SHOWN:
            lines.append(f"      and {len(self.lost) - SHOWN} more")
        if self.failure:
            lines.append(f"      FAILED: {self.failure}")
        return "\n".join(lines)


def stage(title: str, seconds: float, load: Load | None, serving_s: float | None, failure: str = "") -> Stage:
    """The stage *title*, with what *load* has seen meanwhile."""
    if load is None:
        return Stage(title, seconds, serving_s, failure=failure)
    return Stage(
        title=title,
        seconds=seconds,
        serving_s=serving_s,
        requests=load.requests,
        lost=tuple(load.lost),
        p50_ms=quantile_ms(load.took, 0.5),
        p99_ms=quantile_ms(load.took, 0.99),
        failure=failure,
    )


def quantile_ms(seconds: Sequence[float], share: float) -> float | None:
    """The time below which *share* of *seconds* are, in milliseconds; None where there are none."""
    if not seconds:
        return None
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)] * 1000


def summary(stages: Iterable[Stage]) -> str:
    """One line on all of it."""
    seen = list(stages)
    requests, lost = sum(each.requests for each in seen), sum(len(each.lost) for each in seen)
    failed = [each.title for each in seen if each.failure]
    ends = f"; failed: {', '.join(failed)}" if failed else ""
    return f"{requests} requests, {lost} lost{ends}"


def as_json(stages: Iterable[Stage]) -> list[dict[str, Any]]:
    """The stages as data, `lost` as a number with the first few in words beside it."""
    return [asdict(each) | {"lost": len(each.lost), "lost_examples": list(each.lost[:SHOWN])} for each in stages]
