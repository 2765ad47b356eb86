"""Pictures as inline SVG: every colour comes from the page's style, so that they fit light, dark and paper."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from .markup import tag

Data = Mapping[str, Any]
FULL_SCORE = 150
WIDTH = 560
TIERS = ("edge", "app", "data", "job")
CERTAIN, LATE = 2 / 3, 3 / 4
"""Parts of a certificate's lifetime: from here on it should be renewed, from there on somebody has to look."""


def dial(grade: Data) -> str:
    """The Observatory's grade on a half circle."""
    share = min(1.0, grade["score"] / FULL_SCORE)
    colour = {"A": "pass", "B": "warn", "C": "warn"}.get(grade["letter"][0], "fail")
    body = [
        f'<path class="s-arc s-track" d="{_arc(1.0)}"/>',
        f'<path class="s-arc s-{colour}" d="{_arc(max(share, 0.01))}"/>',
        f'<text class="big middle" x="110" y="100">{escape(grade["letter"])}</text>',
        f'<text class="soft middle" x="110" y="122">{grade["score"]} points</text>',
    ]
    return _svg(220, 130, f"Observatory grade {grade['letter']}, {grade['score']} points", body)


def _arc(share: float) -> str:
    angle = math.pi * (1 - share)
    x, y = 110 + 90 * math.cos(angle), 110 - 90 * math.sin(angle)
    return f"M 20 110 A 90 90 0 0 1 {x:.1f} {y:.1f}"


def lifetime(certificate: Data, now: datetime) -> str:
    """A certificate from its begin to its end, and where today is."""
    begin, end = (datetime.fromisoformat(certificate[name]) for name in ("not_before", "not_after"))
    share = max(0.0, min(1.0, (now - begin) / (end - begin)))
    x = 10 + share * (WIDTH - 20)
    colour = "pass" if share < CERTAIN else "warn" if share < LATE else "fail"
    body = [
        f'<rect class="f-track" x="10" y="34" width="{WIDTH - 20}" height="14" rx="7"/>',
        f'<rect class="f-{colour}" x="10" y="34" width="{x - 10:.1f}" height="14" rx="7"/>',
        *_mark(10 + CERTAIN * (WIDTH - 20), "renewed from here", 66),
        f'<line class="s-axis" x1="{x:.1f}" y1="26" x2="{x:.1f}" y2="56"/>',
        f'<text class="middle" x="{min(max(x, 62), WIDTH - 62):.1f}" y="20">today, {now:%Y-%m-%d}</text>',
        f'<text class="soft" x="10" y="84">{begin:%Y-%m-%d}</text>',
        f'<text class="soft end" x="{WIDTH - 10}" y="84">{end:%Y-%m-%d}</text>',
    ]
    return _svg(WIDTH, 92, f"Certificate valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d}, {share:.0%} over", body)


def _mark(x: float, text: str, y: int) -> Iterator[str]:
    yield f'<line class="s-axis" x1="{x:.1f}" y1="30" x2="{x:.1f}" y2="52"/>'
    yield f'<text class="soft middle" x="{x:.1f}" y="{y}">{escape(text)}</text>'


def latency(found: Data) -> str:
    """Percentiles of each address with their intervals, those of the release before as a thinner bar below."""
    now, before = found["now"], (found.get("before") or [None, {}])[1]
    rows = [
        (path, name, now[path][name], (before.get(path) or {}).get(name)) for path in now for name in _names(now[path])
    ]
    longest = max((max(value[2], (old or value)[2]) for _, _, value, old in rows), default=1.0) or 1.0
    scale = (WIDTH - 190) / longest
    body: list[str] = []
    y, last = 16, ""
    for path, name, value, old in rows:
        if path != last:
            y += 10 if last else 0
            body.append(f'<text x="4" y="{y}">{escape(_short(path))}</text>')
            last, y = path, y + 10
        body += _latency_row(y, name, value, old, scale)
        y += 20
    return _svg(WIDTH, y + 4, "Latency in milliseconds: p50, p95 and p99 of each address", body)


def _names(figures: Data) -> list[str]:
    return [name for name in ("p50", "p95", "p99") if name in figures]


def _latency_row(y: int, name: str, value: Sequence[float], old: Sequence[float] | None, scale: float) -> Iterator[str]:
    width = max(1.0, value[0] * scale)
    yield f'<text class="soft end" x="52" y="{y + 9}">{name}</text>'
    yield f'<rect class="f-accent" x="60" y="{y}" width="{width:.1f}" height="8" rx="2"/>'
    low, high = (60 + each * scale for each in value[1:3])
    yield f'<line class="s-axis" x1="{low:.1f}" y1="{y + 4}" x2="{high:.1f}" y2="{y + 4}"/>'
    if old:
        yield f'<rect class="f-soft" x="60" y="{y + 9}" width="{max(1.0, old[0] * scale):.1f}" height="4" rx="2"/>'
    right = max(high, 60 + width, 60 + (old[0] if old else 0.0) * scale)
    beside = f" (was {old[0]:.1f})" if old else ""
    yield f'<text x="{right + 6:.1f}" y="{y + 9}">{value[0]:.1f} ms{beside}</text>'


def stream(pieces: Sequence[Sequence[float]]) -> str:
    """When each piece of a stream came: dots along the time."""
    longest = max((at for at, _ in pieces), default=1.0) or 1.0
    largest = max((size for _, size in pieces), default=1) or 1
    body = [f'<line class="s-axis" x1="10" y1="40" x2="{WIDTH - 10}" y2="40"/>']
    for at, size in pieces:
        x, radius = 14 + at / longest * (WIDTH - 28), 2.5 + 4 * math.sqrt(size / largest)
        title = tag("title", f"{size:.0f} bytes at {at:.2f} s")
        body.append(tag("circle", title, class_="f-accent", cx=round(x, 1), cy=40, r=round(radius, 1), opacity=0.6))
    body.append('<text class="soft" x="10" y="66">0 s</text>')
    body.append(f'<text class="soft end" x="{WIDTH - 10}" y="66">{longest:.2f} s</text>')
    return _svg(WIDTH, 74, f"{len(pieces)} pieces of a stream within {longest:.2f} seconds", body)


def stack(services: Sequence[Data]) -> str:
    """Services in columns by tier, a dot for each container, lines to what each one needs."""
    columns = [[each for each in services if each["tier"] == tier] for tier in TIERS]
    columns = [column for column in columns if column]
    places = {
        each["service"]: (20 + number * 180, 30 + row * 62)
        for number, column in enumerate(columns)
        for row, each in enumerate(column)
    }
    height = 40 + max((len(column) for column in columns), default=1) * 62
    body = [
        _line(places[each["service"]], places[name])
        for each in services
        for name in each["needs"]
        if name in places and each["service"] in places
    ]
    for column in columns:
        x = places[column[0]["service"]][0]
        body.append(f'<text class="soft" x="{x}" y="16">{escape(column[0]["tier"])}</text>')
        body += [piece for each in column for piece in _box(each, *places[each["service"]])]
    return _svg(max(WIDTH, 20 + len(columns) * 180), height, "The services of the stack and their containers", body)


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, x2 = (start[0] + 140, end[0]) if end[0] > start[0] else (start[0] + 70, end[0] + 70)
    y1, y2 = start[1] + 22, end[1] + 22
    middle = (x1 + x2) / 2
    return f'<path class="s-line" d="M {x1} {y1} C {middle} {y1} {middle} {y2} {x2} {y2}"/>'


def _box(service: Data, x: int, y: int) -> Iterator[str]:
    yield f'<rect class="f-card" x="{x}" y="{y}" width="140" height="44" rx="7"/>'
    yield f'<text x="{x + 10}" y="{y + 18}">{escape(service["service"])}</text>'
    containers = service["containers"]
    if not containers:
        yield f'<text class="soft" x="{x + 10}" y="{y + 36}">no container</text>'
    for number, each in enumerate(containers[:8]):
        colour = "pass" if each["ok"] else "fail"
        title = f"<title>{escape(each['name'])}: {escape(each['state'])}</title>"
        yield f'<circle class="f-{colour}" cx="{x + 16 + number * 15}" cy="{y + 31}" r="5">{title}</circle>'
    if len(containers) == 1:
        yield f'<text class="soft" x="{x + 28}" y="{y + 35}">{escape(containers[0]["state"])}</text>'


def _short(path: str) -> str:
    return path if len(path) <= 60 else f"{path[:40]}...{path[-16:]}"  # noqa: PLR2004 - what fits a line


def _svg(width: int, height: int, label: str, body: Sequence[str]) -> str:
    inner = "".join(body)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label, quote=True)}">{inner}</svg>'
