"""Where plain HTTP leads."""

from __future__ import annotations

from urllib.parse import urlsplit

from .result import Observed, Result


def judged(observed: Observed) -> Result:
    """The test ``redirection``."""
    hops = [urlsplit(hop) for hop in observed.hops]
    if not hops:
        return Result("redirection", "nobody answers plain HTTP", 0)
    first = hops[1] if len(hops) > 1 else hops[0]
    faults = (
        ("certificate not trusted", -20, not observed.is_trusted),
        ("no redirect", -20, len(hops) == 1),
        ("never to HTTPS", -20, hops[-1].scheme != "https"),
        ("first to plain HTTP", -10, first.scheme != "https"),
        ("first to another host", -5, first.hostname != hops[0].hostname),
    )
    found = next(((word, modifier) for word, modifier, is_so in faults if is_so), ("to HTTPS on the same host", 0))
    return Result("redirection", *found)
