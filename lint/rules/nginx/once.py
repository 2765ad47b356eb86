"""Reports of places that an ``include`` brings up more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...place import Place
from ...rule import Report


def once(reports: Iterable[Report]) -> Iterator[Report]:
    """The first of the *reports* for each place: a file that is included twice is seen in each of its contexts."""
    seen: set[Place] = set()
    for report in reports:
        if report[0] not in seen:
            seen.add(report[0])
            yield report
