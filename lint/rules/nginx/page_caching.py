"""Pages that browsers keep although the next release needs new ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, ResponseHeader, location, server_names
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_passed_on, is_whole
from .caching import age_s, block_for, is_lifetime_known, lifetimes, page_fallbacks
from .gaps import headers_named
from .insertion import after, inside, written


@rule(
    "nginx/page-without-no-cache",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            root /srv/page;

            location / {
                try_files $uri $uri/ /index.html;  # <-
            }
        }
        """,
        """
        server {
            listen 80;
            location = /index.html {
                root /srv/page;
                add_header X-Robots-Tag noindex;
            }
            location / {
                root /srv/page;
                add_header Cache-Control no-cache;
                try_files $uri /index.html;  # <-
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            root /srv/page;
            location = /index.html {
                add_header Cache-Control "no-cache, no-store, must-revalidate";
            }
            location / {
                try_files $uri $uri/ /index.html;
            }
            location /assets/ {
                expires 1y;
                try_files $uri =404;
            }
        }
        """,
        """
        server {
            listen 80;
            root /srv/page;
            location / {
                expires -1;
                try_files $uri /index.html =404;
            }
            location /assets/ {
                expires 1y;
                try_files $uri =404;
            }
        }
        """,
        """
        location / {
            try_files $uri $uri/ /index.html;
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            root /srv/page;

            location / {
                try_files $uri $uri/ /index.html;
            }
            location = /index.html {
                add_header Cache-Control "no-cache, no-store, must-revalidate";
            }
        }
    """,
    unsafe=True,
    source="https://cli.vuejs.org/guide/deployment.html",
)
def page_without_no_cache(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    The page of a single-page application is sent without saying that it must be asked for again.

    Browsers then keep it for a tenth of its age. After a release they show the old page, which asks for scripts that
    are gone: a white screen until somebody clears the cache. `Cache-Control: no-cache` lets them keep the file and
    ask whether it has changed.

    The last argument of `try_files` is looked for anew: what holds for it is said in the location that fits
    `/index.html`, not in the one with `try_files`.
    """
    seen: set[tuple[int, str]] = set()
    for tries in config.find("try_files"):
        server = tries.enclosing("server")
        if server is None or tries.parent is None or not (is_whole(config) or server.first("listen")):
            continue
        for index, page, is_last in page_fallbacks(tries):
            block = block_for(config, server, page) if is_last else tries.parent
            if block is None or (id(block), page) in seen or not _is_stale(config, block, policy):
                continue
            seen.add((id(block), page))
            message = f'browsers keep "{page}" over a release; send "Cache-Control: no-cache" with it'
            yield tries.arg_place(index), message, _freshened(config, block, tries, page, policy)


def _is_stale(config: NginxConfig, block: Directive, policy: Policy) -> bool:
    if is_passed_on(config, block) or not is_lifetime_known(config, block):
        return False
    said = [header for header in lifetimes(config, block) if header.value != ""]
    if any(header.key != "cache-control" for header in said if header.directive.name == "add_header"):
        return False
    return not any(age_s(header) or _is_fresh(header, policy) for header in said)


def _is_fresh(header: ResponseHeader, policy: Policy) -> bool:
    return any(word in (header.value or "").lower() for word in policy.caching.page_allowed)


def _freshened(config: NginxConfig, block: Directive, tries: Directive, page: str, policy: Policy) -> tuple[Edit, ...]:
    """A location of its own for *page*, or the header in the one that is there; with the headers that hold there."""
    headers = [header.directive for header in config.effective(block).headers if header.directive.name == "add_header"]
    fresh = f"add_header Cache-Control {written(policy.caching.page_recommended)};"
    if block.name == "location" and location(block).modifier == "=":
        own = block.last("add_header")
        if own:
            return (after(own, fresh, safe=False),)
        return (inside(block, *map(_copied, headers), fresh, safe=False),)
    root = config.effective(tries.parent or block).root
    if tries.parent is None or (root and root.name == "alias"):
        return ()
    needs_root = root is not None and root.parent is tries.parent and tries.parent.name == "location"
    lines = [_copied(root)] if needs_root and root else []
    lines += [*map(_copied, headers), fresh]
    neighbour = tries.parent if tries.parent.name == "location" else tries
    if neighbour.enclosing("location"):
        return ()
    return (after(neighbour, f"location = {page} {{", *(f"    {line}" for line in lines), "}", safe=False),)


def _copied(directive: Directive) -> str:
    return f"{directive.name} {' '.join(directive.arg_text(index) for index in range(len(directive.args)))};"


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
            listen 80;
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
            uri = next((uri for uri in uris if _answers(config, server, block, uri)), None)
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


def _answers(config: NginxConfig, server: Directive, block: Directive, uri: str) -> bool:
    return _is_about(config, block, server, uri) and block_for(config, server, uri) is block


def _is_long(header: ResponseHeader, policy: Policy) -> bool:
    words = (header.value or "").lower()
    if "no-cache" in words or "no-store" in words:
        return False
    return header.key == "cache-control" and (age_s(header) > policy.caching.long_age_s or "immutable" in words)


def _told(header: ResponseHeader) -> str:
    age = age_s(header)
    return f"{age // 86400} days" if age else "ever"


def _is_about(config: NginxConfig, block: Directive, server: Directive, uri: str) -> bool:
    """Whether *block* is meant to answer *uri*, not only happens to."""
    at = config.effective(block)
    if at.returns:
        return False
    head = at.location
    named = head is not None and _names(head.pattern.replace("\\", ""), uri)
    if named:
        return True
    if not uri.endswith(".html") or (head is not None and (head.modifier != "" or head.pattern != "/")):
        return False
    return _has_pages(config, block) and not _is_for_files(server)


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
