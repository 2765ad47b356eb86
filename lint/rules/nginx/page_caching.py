"""Pages that browsers keep although the next release needs new ones."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, ResponseHeader, location
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_passed_on, is_whole
from .caching import age_s, block_for, is_error_page, is_lifetime_known, lifetimes, page_fallbacks
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
        """
        server {
            listen 80;
            root /srv/page;
            error_page 404 =200 /index.html;  # <-
            error_page 500 502 /50x.html;
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
        """
        server {
            listen 80;
            root /srv/page;
            location / {
                try_files $uri $uri.html $uri/ =404;
            }
            location /old/ {
                try_files $uri /404.html;
            }
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
    for tries in config.find("try_files", "error_page"):
        server = tries.enclosing("server")
        if server is None or tries.parent is None or not (is_whole(config) or server.first("listen")):
            continue
        for index, page, is_last in page_fallbacks(tries):
            block = block_for(config, server, page) if is_last else tries.parent
            if (
                block is None
                or is_error_page(page)
                or (id(block), page) in seen
                or not _is_stale(config, block, policy)
            ):
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
