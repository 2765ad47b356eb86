"""Locations for files that have no folder to take them from."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...policy import Policy
from ...rule import Report, rule
from .caching import is_asset_location
from .once import once

_ELSEWHERE = (
    "rewrite",
    "return",
    "try_files",
    "error_page",
    "root",
    "alias",
    "set",
    "content_by_lua_block",
    "perl",
    "js_content",
)
"""What may send a request on to another location, or say where its files are."""


@rule(
    "nginx/assets-without-root",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            location / {
                root /usr/share/nginx/html;
                try_files $uri /index.html;
            }
            location ~* \\.(js|css|png)$ {  # <-
                expires 1y;
            }
        }
        """,
        r"server { location / { try_files $uri @app; } location ~* \.(js|css)$ { expires 7d; } }  # <-",
        r"server { location / { proxy_pass http://app:3000; } location ~* \.(js|css)$ { expires 7d; } }  # <-",
    ),
    good=(
        r"server { root /srv; location / { try_files $uri /i.html; } location ~* \.(js|css)$ { expires 7d; } }",
        r"server { location / { proxy_pass http://app; } location ~ \.(js|css)$ { proxy_pass http://app; } }",
        r"server { location / { proxy_pass http://app; } location ~ \.(js|css)$ { try_files $uri @app; } }",
        r"server { include site.conf; location / { proxy_pass http://app; } location ~ \.(js|css)$ { expires 7d; } }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#root",
)
def assets_without_root(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A location for scripts and pictures, without a `root` in it or around it, and without a back end.

    A `root` or `proxy_pass` of `location /` does not hold for it, since nginx takes one location for each request and
    settings come only from the blocks around that one. The files are looked for in the folder that nginx was built
    with, where they are not: pages come without their scripts and styles. Put `root` into the server, or repeat
    `proxy_pass`.
    """
    yield from once(_rootless(config, policy))


def _rootless(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    for block in config.locations:
        server = block.enclosing("server")
        if server is None or not is_asset_location(block, policy) or not _comes_from_nowhere(config, block):
            continue
        other = next((found for found in server.find("location") if _has_source(config, found)), None)
        if other is not None:
            pattern = location(other).pattern
            message = (
                f'no root holds here, that of "{pattern}" neither, so these files are not found; put it into the server'
            )
            if config.effective(other).handler is not None:
                message = (
                    f'what "{pattern}" passes on is not passed on here, and no root holds; repeat it, or name a root'
                )
            yield block.place, message


def _comes_from_nowhere(config: NginxConfig, block: Directive) -> bool:
    at = config.effective(block)
    if at.handler is not None or at.root is not None or at.returns or at.access.denies_all:
        return False
    names = ("root", "alias", "proxy_pass", "fastcgi_pass")
    return not any(block.first(name) for name in _ELSEWHERE) and not config.may_hold(block, *names)


def _has_source(config: NginxConfig, block: Directive) -> bool:
    at = config.effective(block)
    hands_on = at.tries is not None and at.tries.args[-1:] and at.tries.args[-1].startswith("@")
    return location(block).pattern == "/" and bool(at.handler or at.root or hands_on)
