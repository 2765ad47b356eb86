"""A site that is closed on purpose: verify says so, at once, and calls nothing broken by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fairlead.ops.verify.exchange import Exchange
from fairlead.ops.verify.outcome import exit_code
from fairlead.ops.verify.outside.site import Site
from fairlead.ops.verify.readiness import MAINTENANCE, wait_ready
from fairlead.ops.verify.session import excused
from fairlead.ops.verify.verdict import Check, Finding, failed, passed


class Web:
    """Answers everything with one status and headers."""

    answer_s = 1.0

    def __init__(self, status: int, *headers: tuple[str, str]) -> None:
        self.answer = Exchange("https://shop.test/", "GET", status, headers)

    def ask_anew(self, *_: object, **__: object) -> Exchange:
        return self.answer


def _waited(web: Web) -> str:
    site = Site("https://shop.test/", web, datetime(2026, 11, 23, tzinfo=UTC))  # type: ignore[arg-type]

    def wait(_: float) -> None:
        raise AssertionError("it was waited for")

    return wait_ready(site, 5.0, wait=wait)


def test_maintenance_is_known_by_its_header_and_not_waited_for() -> None:
    assert MAINTENANCE == _waited(Web(503, ("Maintenance", "on"), ("Retry-After", "300")))
    assert "" == _waited(Web(200, ("Maintenance", "on")))
    with pytest.raises(AssertionError, match="waited"):
        _waited(Web(503, ("Retry-After", "300")))


CHECK = Check[object]("ST1", "streams", "error", "streams stream", lambda _: ())


def test_what_fails_because_nobody_is_answered_was_not_seen() -> None:
    broken = Finding(CHECK, failed("a stream", "503", "https://shop.test/", "look"))
    inside = Finding(replace(CHECK, group="mysql"), failed("a login", "refused", "mysql", "look"))
    well = Finding(CHECK, passed("a stream", "it streams", ""))

    assert ("ERROR", 7) == (excused(broken).verdict.word, exit_code([excused(broken)]))
    assert MAINTENANCE in excused(broken).verdict.observed
    assert (inside, well) == (excused(inside), excused(well))
