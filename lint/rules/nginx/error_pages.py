"""Pages for errors that nobody gets to see."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...nginx.effective import PASSES
from ...nginx.locations import found, may_answer
from ...rule import Report, rule
from .once import once

_DOWN = frozenset({"502", "504"})
"""What nginx answers with when there is no back end."""
_DECIDES = ("try_files", "return", "rewrite", "if")
_CACHES = ("proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache")


@rule(
    "nginx/error-page-from-back-end",
    Severity.WARNING,
    bad="""
        server {
            listen 127.0.0.1:81;
            error_page 500 502 503 504 /50x.html;  # <-
            location / {
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_pass http://backend;
            }
        }
    """,
    good=(
        """
        server {
            listen 127.0.0.1:81;
            error_page 500 502 503 504 /50x.html;
            location / {
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_pass http://backend;
            }
            location = /50x.html { internal; root /usr/share/nginx/html; }
        }
        """,
        """
        server {
            listen 127.0.0.1:81;
            error_page 404 /404.html;
            location / {
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_pass http://backend;
            }
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
)
def error_page_from_back_end(config: NginxConfig) -> Iterator[Report]:
    """
    A page for the time when the back end is down, asked of the back end.

    nginx looks for the location of the page as for any other address. Where that is the one that passes all on, the
    page fails as the request did, and the visitor gets nginx's own bare "502 Bad Gateway". Give the page a location
    with a `root`.
    """
    if config.has("error_page"):
        yield from once(_circular(config))


def _circular(config: NginxConfig) -> Iterator[Report]:
    judged: set[tuple[int, int, str, str]] = set()
    for block in config.locations:
        at = config.effective(block)
        if at.handler is None or at.handler.name not in PASSES or at.server is None:
            continue
        for page in at.error_pages:
            uri = page.args[-1] if page.args else ""
            if _DOWN.isdisjoint(page.args) or not uri.startswith("/") or "$" in uri:
                continue
            key = (id(page), id(at.server), at.handler.name, at.handler.value)
            if key in judged:
                continue
            judged.add(key)
            if may_answer(config, at.server, uri) and _is_passed_on(config, at.server, uri, at.handler):
                message = f'when the back end is down it is asked for "{uri}" too; give that a location with a root'
                yield page.arg_place(len(page.args) - 1), message


def _is_passed_on(config: NginxConfig, server: Directive, uri: str, handler: Directive) -> bool:
    match = found(server, uri.partition("?")[0])
    if match.location is None or match.unknown or match.adds_slash:
        return False
    block = match.location.directive
    at = config.effective(block)
    other, cache = at.handler, at.setting(*_CACHES)
    if other is None or (other.name, other.value) != (handler.name, handler.value):
        return False
    if cache is not None and cache.value != "off":
        return False  # it may answer from the cache
    return not config.may_hold(block, *_DECIDES) and all(block.first(name) is None for name in _DECIDES)
