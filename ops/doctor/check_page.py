"""The page as a browser gets it, and each file that it loads."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from .check_maintenance import OPEN
from .patient import Patient
from .verdict import Check, Verdict, ok, skipped, wrong
from .web import Answer, WebError, fetch

GOOD = 200
LINKED = ("stylesheet", "modulepreload", "preload", "icon", "shortcut icon", "manifest")
SCRIPTS = ("text/javascript", "application/javascript", "application/x-javascript")
MOST_ASSETS = 40


class Assets(HTMLParser):
    """Collects the addresses of a page's scripts, styles and images."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Takes one tag."""
        named = dict(attrs)
        wanted = named.get("src") if tag in ("script", "img") else None
        if tag == "link" and (named.get("rel") or "").lower() in LINKED:
            wanted = named.get("href")
        if wanted and not wanted.startswith("data:"):
            self.found.append(wanted)


def checks(patient: Patient) -> Iterator[Check]:
    """Two checks."""
    yield Check("page.html", "page", lambda: _page(patient), ("settings.file", OPEN))
    yield Check("page.assets", "its files", lambda: _assets(patient), ("page.html",))


def asset_fault(answer: Answer) -> str:
    """What is wrong with the answer to an asset's address; empty where nothing is."""
    path = urlsplit(answer.url).path
    if answer.status != GOOD:
        return f"{path} answers {answer.status}"
    if answer.kind == "text/html":
        return f"{path} is the page again, not the file"
    if path.endswith((".js", ".mjs")) and answer.kind not in SCRIPTS:
        return f"{path} comes as {answer.kind or 'no type at all'}, which browsers do not run"
    if path.endswith(".css") and answer.kind != "text/css":
        return f"{path} comes as {answer.kind or 'no type at all'}, which browsers do not use"
    return "" if answer.body else f"{path} is empty"


def _page(patient: Patient) -> Verdict:
    address = patient.address("page")
    if not address:
        return skipped("fairlead.yaml has no addresses.page")
    try:
        answer = fetch(address)
    except WebError as error:
        return wrong(str(error), "see ports and containers above; inv up starts what is missing")
    if answer.status != GOOD:
        return wrong(f"{address} answers {answer.status}", "see the service that serves the page, and its logs")
    if answer.kind != "text/html":
        return wrong(f"{address} answers {answer.kind or 'something without a type'}, not a page", "see proxy below")
    return ok(f"{address} answers with a page of {len(answer.body)} bytes")


def _assets(patient: Patient) -> Verdict:
    address = patient.address("page")
    page = fetch(address)
    parser = Assets()
    parser.feed(page.body.decode("utf-8", "replace"))
    origin = urlsplit(page.url).netloc
    urls = dict.fromkeys(urljoin(page.url, path) for path in parser.found)
    own = [url for url in urls if urlsplit(url).netloc == origin][:MOST_ASSETS]
    faults = [fault for url in own if (fault := _fault(url))]
    if faults:
        return wrong(faults[0], "build and start the front end again: inv up", *faults[1:])
    return ok(f"{len(own)} files")


def _fault(url: str) -> str:
    try:
        return asset_fault(fetch(url))
    except WebError as error:
        return str(error)
