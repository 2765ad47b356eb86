"""``if`` in a location: what it takes away without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Severity
from ...nginx import HANDLERS, Directive, NginxConfig
from ...rule import Report, rule
from .once import once

_IF = "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if"
_LEAVING = ("last", "redirect", "permanent")


def _ifs(config: NginxConfig) -> Iterator[tuple[Directive, Directive]]:
    """Each ``if`` directly in a location, and the location."""
    for directive in config.find("if"):
        block = directive.parent
        if directive.block is not None and block is not None and block.name == "location":
            yield directive, block


def _leaves(block: Directive) -> bool:
    """Whether the request leaves the location where the condition holds, so that its settings do not matter."""
    return any(each.name == "return" or (each.name == "rewrite" and _is_leaving(each.args)) for each in block.children)


def _is_leaving(args: Sequence[str]) -> bool:
    leads_out = len(args) > 1 and args[1].startswith(("http://", "https://", "$scheme"))
    return leads_out or (bool(args) and args[-1] in _LEAVING)


@rule(
    "nginx/if-takes-over",
    Severity.WARNING,
    bad=(
        """
        location / {
            root /srv/www;
            if ($http_user_agent ~ bot) {  # <-
                set $is_bot 1;
            }
            try_files $uri $uri/ /index.html;
        }
        """,
        """
        location / {
            root /srv/www;
            try_files $uri @backend;
            if ($request_method = POST) { add_header X-Seen 1; }  # <-
        }
        """,
        r"""
        location /docs/ {
            root /srv/www;
            if ($arg_v) { rewrite ^/docs/(.*)$ /docs/$arg_v/$1 break; }  # <-
            try_files $uri /docs/404.html =404;
        }
        """,
    ),
    good=(
        """
        location / {
            root /srv/www;
            if ($request_method = POST) { return 405; }
            if ($http_user_agent ~ bot) { rewrite ^ /bot.html last; }
            try_files $uri $uri/ /index.html;
        }
        """,
        """
        location /api/ {
            if ($arg_debug) { set $debug 1; }
            proxy_pass http://backend/;
        }
        """,
        """
        location / {
            root /srv/www;
            if ($http_upgrade) { proxy_pass http://backend; }
            try_files $uri $uri/ =404;
        }
        """,
        """
        server {
            if ($http_user_agent ~ bot) { set $is_bot 1; }
            location / { root /srv/www; try_files $uri $uri/ =404; }
        }
        """,
    ),
    source="https://web.archive.org/web/2023/https://www.nginx.com/resources/wiki/start/topics/depth/ifisevil/",
    covers=("gixy:if_is_evil", "nginx-lint:if-is-evil-in-location", "nginx-linter:if-is-evil"),
)
def if_takes_over(config: NginxConfig) -> Iterator[Report]:
    """
    An `if` after which something else of the location no longer happens.

    Where the condition holds, nginx answers from a nameless location that the `if` makes, even one that only sets a
    variable. `try_files` is not passed down to it, so the fallback page turns into 404 for some requests. An `if` that
    ends in `return`, sends the request elsewhere or passes it on is safe, and so is one beside `proxy_pass`, which is
    passed down. Choose a value with a `map`, or put the `if` into the server.
    """
    yield from once(_takeovers(config))


def _takeovers(config: NginxConfig) -> Iterator[Report]:
    for directive, block in _ifs(config):
        if block.first("try_files") and not _leaves(directive) and directive.first(*HANDLERS) is None:
            yield (
                directive.place,
                'where this holds, the "try_files" of the location does not happen; use a map instead',
            )


@rule(
    "nginx/headers-of-several-ifs",
    Severity.WARNING,
    bad=(
        """
        location / {
            if ($arg_a) {  # <-
                add_header X-A 1;
            }
            if ($arg_b) {
                add_header X-B 1;
            }
            root /srv/www;
        }
        """,
    ),
    good=(
        """
        location / {
            if ($request_method = OPTIONS) { add_header Allow "GET, HEAD"; return 204; }
            if ($arg_b) { add_header X-B 1; }
            root /srv/www;
        }
        """,
    ),
    source=_IF,
)
def headers_of_several_ifs(config: NginxConfig) -> Iterator[Report]:
    """
    Several `if` with `add_header` in one location: of those that hold only the last one counts.

    Each makes a nameless location of its own and the request ends up in the last; the headers of the others are gone,
    and so are the location's own. Give `add_header` a variable that a `map` sets to nothing where it is not wanted.
    """
    yield from once(_several(config))


def _several(config: NginxConfig) -> Iterator[Report]:
    by_block: dict[int, list[Directive]] = {}
    for directive, block in _ifs(config):
        if directive.first("add_header") and not _leaves(directive):
            by_block.setdefault(id(block), []).append(directive)
    for conditions in by_block.values():
        for directive in conditions[:-1]:
            line = conditions[-1].place.line
            yield directive.place, f'these headers are lost where the "if" in line {line} holds as well; use a map'
