"""Runs checks side by side, each after those that it needs, and gives what they find in their own order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ..errors import FairleadError
from .verdict import Check, Finding, Verdict, skipped, unseen

AT_ONCE = 6


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """
    The finding of each check, as soon as it and all before it are there.

    A check runs only where all that it needs is ok; those stand before it, which is why no thread waits for ever.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        looks: dict[str, Future[Verdict]] = {}
        titles = {check.id: f"{check.group}: {check.title}" for check in checks}
        for check in checks:
            needed = [(titles[name], looks[name]) for name in check.needs if name in looks]
            looks[check.id] = pool.submit(_verdict, check, needed)
        for check in checks:
            yield Finding(check, looks[check.id].result())
    finally:
        pool.shutdown(cancel_futures=True)


def _verdict(check: Check, needed: list[tuple[str, Future[Verdict]]]) -> Verdict:
    for title, look in needed:
        word = look.result().word
        if word != "ok":
            return skipped(f'"{title}" is {"wrong" if word == "wrong" else "unknown"}')
    try:
        return check.look()
    except FairleadError as error:
        return unseen(str(error))
    except OSError as error:
        return unseen(f"{error.filename}: {error.strerror}", "run this as the user who owns it")
