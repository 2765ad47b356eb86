"""A plan for people: what goes over, what differs, what cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterator

from .forecast import Forecast

MEGA = 1e6


def shown(plan: Forecast, *, runs_now: bool = False) -> str:
    """
    The plan as text; what does not change is not said.

    Args:
        runs_now: Whether it is carried out at once, so that each step has its line then and none here.
    """
    return "\n".join(_lines(plan, () if runs_now else plan.steps))


def _lines(plan: Forecast, steps: tuple[str, ...]) -> Iterator[str]:
    what = f"{plan.before or 'no release'} -> {plan.release}" if plan.tier == "app" else f"the {plan.tier} tier"
    yield f"{plan.host} ({plan.address}): {what}"
    yield from _section("steps", steps)
    yield from _section(f"images: {plan.bytes / MEGA:.2f} MB go over at most", _images(plan))
    yield from _section("changes of behaviour", plan.changes.behaviour)
    yield from _section("variables", (f"{service}: {names}" for service, names in plan.changes.variables.items()))
    yield from _section("secrets", [str(plan.changes.secrets)] if plan.changes.secrets else [])
    yield from _section("files", [str(plan.changes.files)] if plan.changes.files else [])
    yield from _section("left as it is", plan.changes.left)
    yield from _section("migrations", _migrations(plan))
    yield from _section("room", (str(room) for room in plan.rooms))
    yield from _section("gap", [plan.gap] if plan.gap else [])
    if plan.expected_s is not None:
        yield f"  expected time: {plan.expected_s:.0f} s, from earlier deploys"


def _section(title: str, lines: Iterator[str] | tuple[str, ...] | list[str]) -> Iterator[str]:
    found = [f"    {line}" for line in lines]
    if found:
        yield f"  {title}"
        yield from found


def _images(plan: Forecast) -> Iterator[str]:
    for image in plan.images:
        if image.pulled:
            size = image.unpacked_bytes / MEGA
            yield f"{image.reference}: pulled there from its registry, {size:.0f} MB unpacked; sent where that fails"
        elif image.bytes:
            new = image.layers - image.there
            yield f"{image.reference}: {image.bytes / MEGA:.2f} MB, {new} of {image.layers} layers are new there"
        else:
            yield f"{image.reference}: is there"


def _migrations(plan: Forecast) -> Iterator[str]:
    told = plan.migrations
    if told.pending:
        at = f"the database is at {', '.join(told.database)}" if told.database else "the database has none yet"
        yield f"to run: {', '.join(told.pending)}; {at}"
    if told.dump_bytes:
        yield f"a dump before them, {told.dump_bytes / MEGA:.0f} MB at most"
