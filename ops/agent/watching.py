"""What visitors got since a switch, against what they got before it: read from nginx's access log."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

BAD, BAD_SHARE, TIMES_BAD = 3, 0.01, 2.0
"""So many answers of 5xx, such a share of all, and so many times the share of before, are no accident."""
ENOUGH, LATE_S, TIMES_LATE = 50, 1.0, 3.0
"""Times are compared where there are so many; so much later, and so many times as late, is no accident."""
SLOWEST = 0.95
SERVER_ERROR = 500

STATUS = re.compile(r'"status": ?"?(\d{3})\b|" (\d{3}) \d+ "')
SECONDS = re.compile(r'"(?:duration_s|request_time|duration)": ?"?(\d+\.\d{3})\b|\brt=(\d+\.\d{3})\b')


@dataclass(frozen=True)
class Answers:
    """
    The answers of a while.

    Attributes:
        bad: How many were 5xx.
        seconds: How long each took, as far as the log says so.
    """

    count: int = 0
    bad: int = 0
    seconds: tuple[float, ...] = ()

    @property
    def bad_share(self) -> float:
        """How many of all were 5xx, from 0 to 1."""
        return self.bad / self.count if self.count else 0.0

    @property
    def slowest_s(self) -> float:
        """All but a twentieth took less, in seconds."""
        return sorted(self.seconds)[max(0, math.ceil(SLOWEST * len(self.seconds)) - 1)] if self.seconds else 0.0


def answers_in(lines: Iterable[str], meant: Container[int] = ()) -> Answers:
    """
    The answers in the *lines* of an access log, JSON or the common form with or without times.

    Args:
        meant: Statuses that are on purpose, such as 503 during maintenance.
    """
    statuses, seconds = [], []
    for line in lines:
        found = STATUS.search(line)
        if found is None:
            continue
        statuses.append(int(found[1] or found[2]))
        took = SECONDS.search(line)
        seconds += [float(took[1] or took[2])] if took else []
    bad = sum(status >= SERVER_ERROR and status not in meant for status in statuses)
    return Answers(len(statuses), bad, tuple(seconds))


def is_failing(before: Answers, since: Answers) -> str:
    """Why the new release has to go at once, in words; empty where nothing speaks against it."""
    if since.bad < BAD or since.bad_share < max(BAD_SHARE, TIMES_BAD * before.bad_share):
        return ""
    said = f", before it {before.bad} of {before.count}" if before.count else ""
    return f"{since.bad} of {since.count} answers were 5xx since the switch{said}"


def is_slow(before: Answers, since: Answers) -> str:
    """Whether answers have become slow, in words; said once the watch is over, for a start is always slow."""
    if min(len(before.seconds), len(since.seconds)) < ENOUGH:
        return ""
    least = max(before.slowest_s + LATE_S, TIMES_LATE * before.slowest_s)
    if since.slowest_s < least:
        return ""
    return (
        f"a twentieth of the answers take {since.slowest_s:.1f} s or more since the switch, "
        f"{before.slowest_s:.1f} s before it"
    )
