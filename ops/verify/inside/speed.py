"""How fast the site answers, beside the release before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..latency import MOST_SAMPLES, MOST_SECONDS, Figure, History, Sampled, sampled
from ..verdict import Check, Verdict, check, passed, skipped, warned
from .installation import Installation

WORSE = 1.3
"""So much slower than the release before is worth a warning, where the intervals do not meet."""

LEAST_MS = 5.0
"""Less than this is the machine's own weather."""

QUICK_SAMPLES, QUICK_SECONDS = 90, 3.0
"""Without --all."""

FACTS = "latency"


@check("AP7", "application", "warning", "the site is as fast as the release before")
def speed(stack: Installation) -> Iterator[Verdict]:
    """The page, a file of it and a route of the API, by median and p95; a warning only, as machines are shared."""
    urls = [stack.site.home.url, *stack.site.assets[:1], *(stack.site.at(path) for path in stack.site.api)]
    most, seconds = (MOST_SAMPLES, MOST_SECONDS) if stack.everything else (QUICK_SAMPLES, QUICK_SECONDS)
    history = History(stack.patient.kept / "verify" / "latency.json")
    release = _release(stack)
    before = history.before(release)
    found = [sampled(stack.site.web, url, most // len(urls), seconds / len(urls)) for url in urls]
    figures = {urlsplit(each.url).path: _figures(each) for each in found}
    stack.remembered(FACTS, lambda: {"release": release, "now": figures, "before": before})
    for each in found:
        yield _compared(each, before)
    if stack.patient.changing and release:
        history.keep(release, figures)


def _release(stack: Installation) -> str:
    """Release and revision; empty where the site does not say both."""
    url = stack.patient.address("version")
    data = stack.site.web.ask(url).json() if url else None
    names = (data.get("release"), data.get("revision")) if isinstance(data, dict) else ()
    return " ".join(map(str, names)) if all(names) else ""


def _figures(found: Sampled) -> dict[str, Any]:
    figures = {f"p{percent}": [each.value, each.low, each.high] for percent, each in found.figures.items()}
    return {**figures, "count": len(found.times_ms), "errors": found.errors}


def _compared(found: Sampled, before: tuple[str, Mapping[str, Any]] | None) -> Verdict:
    if not found.times_ms:
        return skipped("no request was answered in time", found.url)
    figures = found.figures
    shown = ", ".join(f"p{percent} {each.value:.1f} ms" for percent, each in figures.items())
    observed = f"{shown} ({len(found.times_ms)} requests)"
    old = before[1].get(urlsplit(found.url).path) if before else None
    if not before or not old:
        return passed("no release before to compare with", observed, found.url)
    promised = f"at most {WORSE} times {before[0]}: p50 {old['p50'][0]:.1f} ms, p95 {old['p95'][0]:.1f} ms"
    if all(is_worse(figures[percent], old[f"p{percent}"]) for percent in (50, 95)):
        return warned(promised, observed, found.url, "see what this release does more; inv logs has the times")
    return passed(promised, observed, found.url)


def is_worse(now: Figure, old: Sequence[float]) -> bool:
    """Whether *now* is slower than *old* (value, low, high), the intervals and the machine's weather allowed for."""
    return now.low > old[2] * WORSE and now.value - old[0] > LEAST_MS


CHECKS: tuple[Check[Installation], ...] = (speed,)
