"""Pages, and files that must stay fresh, that may be kept for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ...finding import Severity
from ...nginx import Directive, NginxConfig, ResponseHeader, server_names
from ...policy import Policy
from ...rule import Report, rule
from .caching import age_s, block_for, lifetimes
from .gaps import headers_named


@rule(
    "nginx/page-cached-long",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            root /srv/page;
            location ~* \\.(?:html|css|js)$ {
                expires 1y;  # <-
            }
        }
        """,
        """
        server {
            listen 80;
            root /srv/page;
            index index.html;
            add_header Cache-Control "public, max-age=31536000, immutable";  # <-
            location = /sw.js {
                expires max;  # <-
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            root /srv/page;
            index index.html;
            location ~* \\.(?:css|js|swf|json)$ {
                expires 1y;
            }
            location ~* \\.html$ {
                expires 10m;
            }
        }
        """,
        """
        server {
            server_name static.example.com;
            root /srv/static;
            index index.html;
            expires max;
        }
        """,
    ),
    source="https://web.dev/articles/http-cache",
)
def page_cached_long(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Pages, or files that must stay fresh, may be kept for long.

    A page names the scripts of its release; a service worker or a manifest decides what else is kept. Whoever has one
    of these for a year does not ask again for a year, and nothing on the server can change that. Long lifetimes are
    for files whose name changes with what is in them.
    """
    seen: set[tuple[str, int]] = set()
    uris = ("/index.html", "/about/page.html", *(f"/{name}" for name in policy.caching.never_long))
    for server in config.servers:
        for block, headers in _kept_long(config, server, policy):
            about = _about(config, block, server, uris)
            uri = next((uri for uri in about if block_for(config, server, uri) is block), None)
            for header in headers if uri else ():
                key = header.directive.file.path, header.directive.token
                if key not in seen:
                    seen.add(key)
                    place = header.directive.arg_place(1 if header.directive.name == "add_header" else 0)
                    yield place, f'"{uri}" may be kept for {_told(header)}; send "no-cache" with it'


def _kept_long(
    config: NginxConfig, server: Directive, policy: Policy
) -> Iterator[tuple[Directive, list[ResponseHeader]]]:
    """The blocks whose answers may be kept for long, with the headers that say so."""
    if not config.has("expires") and not any(header.value for header in headers_named(config, "cache-control")):
        return
    for block in (server, *(found for found in server.walk() if found.name == "location")):
        headers = [header for header in lifetimes(config, block) if _is_long(header, policy)]
        if headers:
            yield block, headers


def _is_long(header: ResponseHeader, policy: Policy) -> bool:
    words = (header.value or "").lower()
    if "no-cache" in words or "no-store" in words:
        return False
    return header.key == "cache-control" and (age_s(header) > policy.caching.long_age_s or "immutable" in words)


def _told(header: ResponseHeader) -> str:
    age = age_s(header)
    return f"{age // 86400} days" if age else "ever"


def _about(config: NginxConfig, block: Directive, server: Directive, uris: tuple[str, ...]) -> tuple[str, ...]:
    """Those of *uris* that *block* is meant to answer, not only happens to."""
    at = config.effective(block)
    if at.returns:
        return ()
    head = at.location
    named = _named(head.pattern.replace("\\", ""), uris) if head is not None else ()
    if head is not None and (head.modifier != "" or head.pattern != "/"):
        return named
    has_pages = _has_pages(config, block) and not _is_for_files(server)
    return tuple(uri for uri in uris if uri in named or (has_pages and uri.endswith(".html")))


@lru_cache(maxsize=1024)  # many servers have the same locations
def _named(pattern: str, uris: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(uri for uri in uris if _names(pattern, uri))


def _names(pattern: str, uri: str) -> bool:
    name = uri.rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    if extension in ("html", "htm"):
        return "htm" in pattern
    words = set(re.findall(r"[\w-]+", pattern))
    return name in pattern or {stem, extension} <= words


def _has_pages(config: NginxConfig, block: Directive) -> bool:
    at = config.effective(block)
    if at.handler is not None:
        return False
    tries = at.tries
    indexes = [name for directive in at.settings("index") for name in directive.args]
    return any(word.endswith((".html", ".htm")) for word in (*indexes, *(tries.args if tries else ())))


def _is_for_files(server: Directive) -> bool:
    kinds = ("static", "cdn", "assets", "img", "images", "media", "files", "fonts")
    return any(name.startswith(kinds) for name in server_names(server))
