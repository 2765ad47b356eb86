"""What an answer says about how long it may be kept, and by which path files and pages are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ...nginx import Directive, NginxConfig, ResponseHeader, location
from ...nginx.locations import found
from ...nginx.patterns import UnknownPatternError, matched
from ...policy import Policy
from ...regex import regex
from .gaps import is_set_elsewhere

_AGE = regex(r"(?:s-maxage|max-age)\s*=\s*\"?(\d+)", re.IGNORECASE)
_ERROR = regex(
    r"(?:^|[-_./])(?:[1-5][0-9x]{2}|errors?|not[-_]?found|maintenance|offline|down)(?:[-_./]|$)", re.IGNORECASE
)
_NAMES = ("cache-control", "expires", "pragma", "last-modified", "surrogate-control")
_ASSETS = regex(r"^/(?:.*/)?(?:assets?|static|dist|build|js|css|fonts?|_next/static|_nuxt)(?:/|$)", re.IGNORECASE)


def lifetimes(config: NginxConfig, block: Directive) -> list[ResponseHeader]:
    """The headers of *block* by which browsers decide how long to keep an answer."""
    known: list[ResponseHeader] | None = block.memo.get("lifetimes")
    if known is None:
        known = [header for header in config.effective(block).headers if header.key in _NAMES]
        block.memo["lifetimes"] = known
    return known


def is_lifetime_known(config: NginxConfig, block: Directive) -> bool:
    """Whether nothing unread, no program and no variable may say more about it than `lifetimes`."""
    if config.may_hold(block, "add_header", "expires") or is_set_elsewhere(config, block, ("cache-control", "expires")):
        return False
    return all(header.value is None or "$" not in header.value for header in lifetimes(config, block)) and not any(
        header.value is None and "$" in header.directive.value for header in lifetimes(config, block)
    )


def age_s(header: ResponseHeader) -> int:
    """How long the answer may be kept, in seconds; 0 where it does not say."""
    if header.key != "cache-control" or header.value is None:
        return 0
    return max((int(age) for age in _AGE.findall(header.value)), default=0)


def block_for(config: NginxConfig, server: Directive, uri: str) -> Directive | None:
    """The location, or the server, that answers *uri*; None where that cannot be told."""
    match = found(server, uri)
    if match.unknown or config.may_hold(server, "location"):
        return None
    return match.location.directive if match.location else server


def is_asset_location(block: Directive, policy: Policy) -> bool:
    """Whether the address says that *block* is there for scripts, styles and pictures alone."""
    if block.name != "location":
        return False
    head = location(block)
    if head.is_prefix:
        return _ASSETS.match(head.pattern) is not None
    return head.is_regex and _fits_assets(head.pattern, head.modifier == "~*", policy.caching.static_extensions)


@lru_cache(maxsize=1024)
def _fits_assets(pattern: str, ignore_case: bool, extensions: tuple[str, ...]) -> bool:
    """Whether the expression fits files of several of the *extensions*, and no page."""
    try:
        found = [
            extension
            for extension in extensions
            if any(matched(pattern, f"{folder}a.{extension}", ignore_case) for folder in _FOLDERS)
        ]
        return len(found) > 1 and not any(matched(pattern, probe, ignore_case) for probe in _PAGES)
    except UnknownPatternError:
        return False


_FOLDERS = ("/", "/assets/", "/static/js/")
_PAGES = ("/", "/index.html", "/page", "/a/page.html", "/index.php", "/data.xml")


def is_error_page(page: str) -> bool:
    """Whether the name says that it is no page of an application."""
    return _ERROR.search(page) is not None


def page_fallbacks(tries: Directive) -> Iterator[tuple[int, str, bool]]:
    """
    The pages that a ``try_files`` names: the index of the argument, the path, and whether it is the last resort.

    ``error_page 404 /index.html`` is how some send an application's page; other error pages are not meant.
    """
    if tries.name == "error_page" and ("404" not in tries.args or not tries.args[-1].endswith("/index.html")):
        return
    last = len(tries.args) - 1
    for index, word in enumerate(tries.args):
        if index and word.startswith("/") and "$" not in word and word.lower().endswith((".html", ".htm")):
            yield index, word, index == last
