"""Scripts, styles and pictures: how long they are kept, and what is sent where one is missing."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_whole
from .caching import block_for, is_asset_location, is_lifetime_known, lifetimes, page_fallbacks
from .insertion import inside

_PROBES = ("/assets/index-4f9a2c1b.js", "/static/js/main.4f9a2c1b.js", "/js/app.4f9a2c1b.js", "/main.4f9a2c1b.js")


@rule(
    "nginx/assets-without-lifetime",
    Severity.INFO,
    bad=(
        """
        server {
            listen 80;
            root /srv/page;
            location ~* \\.(?:css|js|png)$ {  # <-
                access_log off;
            }
        }
        """,
        """
        server {
            listen 80;
            location /assets/ {  # <-
                alias /srv/page/assets/;
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            root /srv/page;
            location ~* \\.(?:css|js|png)$ {
                expires 1y;
            }
            location ~* \\.(?:html|css)$ {
                access_log off;
            }
            location = /favicon.ico {
                access_log off;
            }
            location /static/ {
                proxy_pass http://127.0.0.1:8080;
            }
        }
        """,
        """
        location /assets/ {
            root /srv/page;
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            root /srv/page;
            location ~* \\.(?:css|js|png)$ {
                expires 1y;
                access_log off;
            }
        }
    """,
    unsafe=True,
    source="https://github.com/h5bp/server-configs-nginx/blob/main/h5bp/web_performance/cache_expiration.conf",
)
def assets_without_lifetime(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Scripts, styles and pictures are sent without saying how long they may be kept.

    Browsers then guess, and ask again and again for files that never change. Where names carry a hash of what is
    inside, as those of every bundler do, a year and `immutable` is right; otherwise as long as an old file may be seen.
    """
    for block in config.locations:
        server = block.enclosing("server") if is_asset_location(block, policy) else None
        if server is None or not (is_whole(config) or server.first("listen")):
            continue
        at = config.effective(block)
        serves = at.handler is None and at.returns is None and at.root is not None and not at.access.denies_all
        if not serves or not is_lifetime_known(config, block):
            continue
        if not lifetimes(config, block) and not _says_no(config, block):
            lifetime = policy.caching.static_recommended_expires
            message = f'browsers are not told how long to keep these files; add "expires {lifetime};" or another time'
            yield block.arg_place(-1), message, (inside(block, f"expires {lifetime};", safe=False),)


def _says_no(config: NginxConfig, block: Directive) -> bool:
    """Whether somebody decided that nothing is said, or leaves it to the locations inside."""
    return config.effective(block).setting("expires") is not None or block.first("location") is not None


@rule(
    "nginx/asset-answered-with-page",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            root /srv/page;
            location /assets/ {
                expires 1y;
                try_files $uri /index.html;  # <-
            }
        }
        """,
        """
        location ~* \\.(?:css|js)$ {
            try_files $uri $uri/ /index.html;  # <-
        }
        """,
    ),
    good=(
        """
        location /assets/ {
            try_files $uri =404;
        }
        location ~* \\.(?:css|js)$ {
            try_files $uri @other;
        }
        location /app/ {
            try_files $uri /app/index.html;
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            root /srv/page;
            location /assets/ {
                expires 1y;
                try_files $uri =404;
            }
        }
    """,
    unsafe=True,
    source="https://vite.dev/guide/build.html#load-error-handling",
)
def asset_answered_with_page(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A script that does not exist is answered with the page, and with 200.

    After a release, browsers that still show the old page ask for its scripts. They get HTML, refuse it as a script,
    and with a long lifetime keep it under that name. Answer 404, so that the page can notice and load itself again.
    """
    for tries in config.find("try_files"):
        block = tries.parent
        if block is None or not is_asset_location(block, policy):
            continue
        for index, page, is_last in page_fallbacks(tries):
            if is_last:
                place = tries.arg_place(index)
                message = f'a missing file is answered with "{page}" and 200; write "=404"'
                yield place, message, (Edit(place, "=404", safe=False),)


@rule(
    "nginx/missing-asset-answered-with-page",
    Severity.INFO,
    bad="""
        server {
            listen 80;
            root /srv/page;
            location = /index.html {
                expires -1;
            }
            location / {
                try_files $uri $uri/ /index.html;  # <-
            }
        }
    """,
    good=(
        """
        server {
            listen 80;
            root /srv/page;
            location = /index.html {
                expires -1;
            }
            location / {
                try_files $uri $uri/ /index.html;
            }
            location ~* \\.(?:css|js)$ {
                expires 1y;
            }
        }
        """,
    ),
    source="https://vite.dev/guide/build.html#load-error-handling",
    preset="strict",
)
def missing_asset_answered_with_page(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    The fallback for the addresses of an application catches its scripts as well.

    As with `nginx/asset-answered-with-page`; add a location for the scripts whose `try_files` ends with `=404`.
    """
    seen: set[int] = set()
    for server in config.servers:
        if not is_whole(config) and server.first("listen") is None:
            continue
        blocks = [block_for(config, server, uri) for uri in _PROBES]
        block = blocks[0]
        if block is None or any(other is not block for other in blocks) or is_asset_location(block, policy):
            continue
        tries = config.effective(block).tries
        if tries is None or id(tries) in seen:
            continue
        seen.add(id(tries))
        for index, page, is_last in page_fallbacks(tries):
            if is_last:
                message = f'a missing script is answered with "{page}" and 200; add a location for scripts with "=404"'
                yield tries.arg_place(index), message
