"""The holes of nginx that its makers have told of, and the versions that have them."""

from __future__ import annotations

import datetime
import os
import re
from functools import cache

from ...nginx import Version
from ...nginx.table import version
from ...record import dataclass

READ_ON = datetime.date(2026, 9, 29)
"""The day of the page from which the table was made."""

TABLE = """
2026-90439 quic 1.31.6 1.30.5 | 1.29.2-1.31.5
2026-42533 map 1.31.3 1.30.4 | 0.9.6-1.31.2
2026-60005 slice 1.31.3 1.30.4 | 1.15.8-1.31.2
2026-56434 ssi 1.31.3 1.30.4 | 0.8.11-1.31.2
2026-42530 quic 1.31.2 | 1.31.0-1.31.1
2026-42055 headers 1.31.2 1.30.3 | 1.13.10-1.31.1
2026-48142 charset 1.31.2 1.30.3 | 0.3.50-1.31.1
2026-9256 overlap 1.31.1 1.30.2 | 0.1.17-1.31.0
2026-42926 body 1.31.0 1.30.1 | 1.29.4-1.30.0
2026-42945 rewrite 1.31.0 1.30.1 | 0.6.27-1.30.0
2026-42946 gateway 1.31.0 1.30.1 | 0.8.42-1.30.0
2026-42934 charset 1.31.0 1.30.1 | 0.3.50-1.30.0
2026-40460 quic 1.31.0 1.30.1 | 1.25.0-1.30.0
2026-40701 ocsp 1.31.0 1.30.1 | 1.19.0-1.30.0
2026-27654 dav 1.29.7 1.28.3 | 0.5.13-1.29.6
2026-27784 mp4 1.29.7 1.28.3 | 1.1.19-1.29.6
2026-32647 mp4 1.29.7 1.28.3 | 1.1.19-1.29.6
2026-27651 cram 1.29.7 1.28.3 | 0.5.15-1.29.6
2026-28755 stream-ocsp 1.29.7 1.28.3 | 1.27.2-1.29.6
2026-1642 tls-upstream 1.29.5 1.28.2 | 1.3.0-1.29.4
2025-53859 smtp-none 1.29.1 | 0.7.22-1.29.0
2025-23419 client-certificates 1.27.4 1.26.3 | 1.11.4-1.27.3
2024-7347 mp4 1.27.1 1.26.2 | 1.5.13-1.27.0
2024-32760 quic 1.27.0 1.26.1 | 1.25.0-1.25.5 1.26.0
2024-31079 quic 1.27.0 1.26.1 | 1.25.0-1.25.5 1.26.0
2024-35200 quic 1.27.0 1.26.1 | 1.25.0-1.25.5 1.26.0
2024-34161 quic 1.27.0 1.26.1 | 1.25.0-1.25.5 1.26.0
2024-24989 quic 1.25.4 | 1.25.3
2024-24990 quic 1.25.4 | 1.25.0-1.25.3
2022-41741 mp4 1.23.2 1.22.1 | 1.1.3-1.23.1 1.0.7-1.0.15
2022-41742 mp4 1.23.2 1.22.1 | 1.1.3-1.23.1 1.0.7-1.0.15
2021-23017 resolver 1.21.0 1.20.1 | 0.6.18-1.20.0
2019-9511 http2 1.17.3 1.16.1 | 1.9.5-1.17.2
2019-9513 http2 1.17.3 1.16.1 | 1.9.5-1.17.2
2019-9516 http2 1.17.3 1.16.1 | 1.9.5-1.17.2
2018-16843 http2 1.15.6 1.14.1 | 1.9.5-1.15.5
2018-16844 http2 1.15.6 1.14.1 | 1.9.5-1.15.5
2018-16845 mp4 1.15.6 1.14.1 | 1.1.3-1.15.5 1.0.7-1.0.15
2017-7529 cache 1.13.3 1.12.1 | 0.5.6-1.13.2
2016-0742 resolver 1.9.10 1.8.1 | 0.6.18-1.9.9
2016-0746 resolver 1.9.10 1.8.1 | 0.6.18-1.9.9
2016-0747 resolver 1.9.10 1.8.1 | 0.6.18-1.9.9
"""
"""
The number, what must be used to be hit (see `holes`), the first versions without it, and those that have it.

A first version of a stable branch is an exception to the range: 1.28.3 lies between 0.5.13 and 1.29.6 and is sound.
Holes of Windows, of 2014 and before, and those that no directive gives away are left out.
Source: https://nginx.org/en/security_advisories.html
"""

FIXED_IN_STABLE = "1.30.5"
"""The first stable version without any of them."""


@dataclass(frozen=True)
class Advisory:
    """
    One hole.

    Attributes:
        use: What must be used to be hit.
        fixed: The first sound versions, each of its own branch.
        ranges: The first and last versions that have it.
    """

    number: str
    use: str
    fixed: tuple[Version, ...]
    ranges: tuple[tuple[Version, Version], ...]

    def hits(self, running: Version) -> bool:
        """Whether that version has the hole."""
        if any(running[:2] == sound[:2] and running >= sound for sound in self.fixed):
            return False
        return any(first <= running <= last for first, last in self.ranges)


@cache
def advisories() -> tuple[Advisory, ...]:
    """The table, the newest first."""
    return tuple(_read(line) for line in TABLE.strip().split("\n"))


def _read(line: str) -> Advisory:
    head, _, ranges = line.partition(" | ")
    number, use, *fixed = head.split()
    spans = (re.split("-", span) for span in ranges.split())
    return Advisory(
        f"CVE-{number}",
        use,
        tuple(version(sound) for sound in fixed),
        tuple((version(span[0]), version(span[-1])) for span in spans),
    )


def age_days() -> int:
    """How old the table is, on the day that ``SOURCE_DATE_EPOCH`` names where it is set."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    today = (
        datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date() if epoch.isdigit() else datetime.date.today()
    )
    return (today - READ_ON).days
