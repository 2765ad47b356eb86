"""The report as one page of HTML, in a real browser: both schemes, keyboard, paper, and not one outside request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fairlead.ops.verify.record import Record
from fairlead.ops.verify.report import page as report
from fairlead.ops.verify.verdict import Check, Finding, Verdict, Word

ARTEFACTS = Path(__file__).parents[1] / "artefacts"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-component-update", "--disable-sync"]
COLUMNS = ["strict-transport-security", "x-frame-options", "cache-control"]
FACTS = {
    "grade": {"letter": "B+", "score": 80, "note": "algorithm 6, preload list not consulted", "results": []},
    "certificate": {
        "names": ["shop.test"],
        "issuer": "An authority",
        "key": "ecdsa-p256",
        "not_before": "2026-10-01T00:00:00+00:00",
        "not_after": "2026-12-30T00:00:00+00:00",
    },
    "stack": [
        {
            "service": "backend",
            "tier": "app",
            "needs": ["mysql"],
            "containers": [
                {"name": "a-1", "state": "healthy", "ok": True},
                {"name": "a-2", "state": "dead", "ok": False},
            ],
        },
        {"service": "mysql", "tier": "data", "needs": [], "containers": []},
    ],
    "latency": {
        "release": "r2",
        "now": {"/": {"p50": [2.0, 1.8, 2.2], "p95": [9.0, 7.0, 12.0], "p99": [15.0, 11.0, 20.0]}},
        "before": ["r1", {"/": {"p50": [1.5, 1.4, 1.6], "p95": [8.0, 6.0, 9.0], "p99": [30.0, 9.0, 40.0]}}],
    },
    "tls": [
        {"name": "TLSv1", "spoken": False, "wanted": False},
        {"name": "TLSv1.2", "spoken": True, "wanted": True},
        {"name": "TLSv1.1", "spoken": True, "wanted": False},
    ],
    "stream": [[0.1, 40], [0.4, 60], [0.9, 20]],
    "headers": {
        "columns": COLUMNS,
        "rows": [
            {
                "location": "https://shop.test location /",
                "path": "/",
                "status": 200,
                "cells": dict.fromkeys(COLUMNS, "kept"),
            },
            {
                "location": "https://shop.test location /api/",
                "path": "/api/me",
                "status": 401,
                "cells": dict(zip(COLUMNS, ("missing", "different", "unasked"), strict=True)),
            },
        ],
    },
}


def finding(identity: str, word: Word) -> Finding:
    """One finding."""
    made: Check[object] = Check(identity, "headers", "error", f"the title of {identity}", lambda _: ())
    return Finding(
        made, Verdict(word, "promised so", "seen otherwise", "/a/place", ("GET / -> 200",), "mend it", "nginx.conf:7")
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The page of a run in which everything happened."""
    found = (
        finding("HD1", "FAIL"),
        finding("HD2", "ERROR"),
        finding("HD3", "WARN"),
        finding("HD4", "PASS"),
        finding("HD5", "SKIP"),
    )
    record = Record(
        "shop", "abc", "stack", datetime(2026, 11, 23, 12, tzinfo=UTC), 4.2, found, requests=120, facts=FACTS
    )
    path = tmp_path / "report.html"
    path.write_text(report.report(record))
    return path


def opened(browser: Browser, path: Path, scheme: str, said: list[str]) -> Page:
    """The page in a window; *said* gets each console message, fault and request but the page's own."""
    page = browser.new_page(
        viewport={"width": 1200, "height": 1500}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_everything_in_both_schemes_and_asks_nobody(browser: Browser, path: Path, scheme: str) -> None:
    said: list[str] = []
    page = opened(browser, path, scheme, said)

    for title in (
        "Groups",
        "Stack",
        "Certificate",
        "TLS",
        "Latency",
        "A stream's pieces over time",
        "Locations by headers",
    ):
        if title != "TLS":
            expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.screenshot(path=ARTEFACTS / f"verify-{scheme}.png")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()

    assert ([], scheme == "dark") == (said, background != "rgb(251, 250, 247)")


def test_nothing_is_wider_than_a_phone(browser: Browser, path: Path) -> None:
    page = opened(browser, path, "light", [])
    page.set_viewport_size({"width": 390, "height": 800})

    assert 390 == page.evaluate("document.documentElement.scrollWidth")
    page.close()


def test_the_keyboard_alone_finds_and_opens_a_finding(browser: Browser, path: Path) -> None:
    page = opened(browser, path, "light", [])
    page.keyboard.press("/")
    page.keyboard.type("HD4")

    expect(page.locator("#shown")).to_have_text("1 of 5 checks")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[data-word=PASS] dl")).to_be_visible()
    page.close()


def test_failures_are_open_and_what_was_skipped_is_hidden_at_first(browser: Browser, path: Path) -> None:
    page = opened(browser, path, "light", [])

    expect(page.locator("details[data-word=FAIL] dl")).to_be_visible()
    expect(page.locator("details[data-word=SKIP]")).to_be_hidden()
    page.get_by_label("SKIP (1)").check()
    expect(page.locator("details[data-word=SKIP]")).to_be_visible()
    page.close()


def test_the_page_prints_without_its_filters(browser: Browser, path: Path) -> None:
    page = opened(browser, path, "light", [])
    page.emulate_media(media="print")

    expect(page.locator("fieldset")).to_be_hidden()
    expect(page.locator("details[data-word=FAIL] dl")).to_be_visible()
    assert len(page.pdf()) > 10_000
    page.close()
