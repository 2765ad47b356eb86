"""What a page's HTML says: scripts with their integrity, policies in meta, the files it loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import urljoin, urlsplit

from .result import Observed, Result

Kind = Literal["script", "style", "image", "icon", "preload", "manifest"]
_LINKS: dict[str, Kind] = {
    "stylesheet": "style",
    "modulepreload": "preload",
    "preload": "preload",
    "icon": "icon",
    "manifest": "manifest",
}


@dataclass(frozen=True)
class Loaded:
    """A file that the page loads; *link* as it is written there."""

    kind: Kind
    link: str
    integrity: str = ""


@dataclass
class Page:
    """The page as read."""

    loaded: list[Loaded] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    referrer: str = ""

    @property
    def scripts(self) -> list[Loaded]:
        """The scripts with an address of their own."""
        return [each for each in self.loaded if each.kind == "script"]


def read(html: str) -> Page:
    """What *html* says, as far as it can be read; a page is never invalid."""
    reader = _Reader()
    reader.feed(html)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "script" and found.get("src"):
            self.page.loaded.append(Loaded("script", found["src"].strip(), found.get("integrity", "")))
        elif tag == "img" and found.get("src"):
            self.page.loaded.append(Loaded("image", found["src"].strip()))
        elif tag == "link" and found.get("href"):
            kind = next((_LINKS[word] for word in found.get("rel", "").lower().split() if word in _LINKS), None)
            if kind:
                self.page.loaded.append(Loaded(kind, found["href"].strip(), found.get("integrity", "")))
        elif tag == "meta":
            self._meta(found)

    def _meta(self, found: dict[str, str]) -> None:
        if found.get("http-equiv", "").lower() == "content-security-policy":
            self.page.policies.append(found.get("content", ""))
        if found.get("name", "").lower() == "referrer":
            self.page.referrer = found.get("content", "")


def integrity(observed: Observed, page: Page) -> Result:
    """The test ``subresource-integrity``; a host counts as foreign unless it is the page's own."""
    if not observed.html or not page.scripts:
        return _result("no scripts", 0)
    judged = [_script(observed, each) for each in page.scripts]
    worst = min(judged, key=lambda result: result[1])
    if worst[1] < 0:
        return _result(*worst)
    foreign = [word for word, _ in judged if word != "same origin"]
    if any(each.integrity for each in page.scripts) and all(word == "integrity given" for word in foreign):
        return _result("integrity given", 5)
    return _result("same origin", 0)


def _script(observed: Observed, script: Loaded) -> tuple[str, int]:
    own, other = urlsplit(observed.url), urlsplit(urljoin(observed.url, script.link))
    is_secure = other.scheme == "https" and not script.link.startswith("//")
    is_relative = not urlsplit(script.link).netloc
    if other.hostname == own.hostname and (is_relative or is_secure):
        return ("integrity given" if script.integrity else "same origin"), 0
    if script.integrity:
        return ("integrity given", 0) if is_secure else ("integrity over plain HTTP", -20)
    return ("foreign script without integrity", -5) if is_secure else ("foreign script over plain HTTP", -50)


def _result(word: str, modifier: int) -> Result:
    return Result("subresource-integrity", word, modifier)
