"""Groups of expressions that are used and are not there."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...nginx.expressions import Group, UnknownExpressionError, tree, walk
from ...regex import regex
from ...rule import Report, rule
from .once import once

_NUMBER = regex(r"\$\{?([1-9])\b")


@rule(
    "nginx/missing-group",
    Severity.WARNING,
    bad=(
        """
        location /a/ {
            rewrite ^/a/(.*)$ /b/$1/$2 break;  # <-
            proxy_pass http://backend;
        }
        """,
        "server { rewrite ^/old/.*$ /new/$1 permanent; }  # <-",
        r'location /show { if ($args ~ "id=(\d+)") { rewrite ^ /item/$1? last; } return 404; }  # <-',
        r"location ~ ^/media/.*\.jpg$ { alias /srv/pictures/$1; }  # <-",
    ),
    good=(
        "server { rewrite ^/(?:a|b)/(.*)$ /c/$1 permanent; }",
        "server { rewrite ^/(?<first>a)/(b)$ /$first/$2/$1 permanent; }",
        r"server { rewrite ^/\\((.*)[(]$ /c/$1 permanent; }",
        r'location /show { if ($args ~ "id=(\d+)") { set $id $1; rewrite ^ /item/$id? last; } return 404; }',
        r"location ~ ^/media/(.*\.jpg)$ { alias /srv/pictures/$1; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite",
    covers=("gixy:invalid_regex",),
)
def missing_group(config: NginxConfig) -> Iterator[Report]:
    """
    `$2` after an expression with one group.

    It is empty, always, and nginx says nothing: the address that comes out lacks a piece. Each expression that matches
    takes the groups of those before it away, so the `$1` of an `if` is gone once `rewrite ^` has matched; keep it with
    `set`.
    """
    yield from once(_missing(config))


def _missing(config: NginxConfig) -> Iterator[Report]:
    for directive, index, pattern in _uses(config):
        count = _groups(pattern) if "$" in directive.args[index] and not config.is_unknown(pattern) else None
        if count is None:
            continue
        for found in _NUMBER.finditer(directive.args[index]):
            if int(found[1]) > count:
                groups = "no group" if count == 0 else "one group" if count == 1 else f"{count} groups"
                message = f'"${found[1]}" is always empty: "{pattern}" has {groups}; put parentheses there'
                yield directive.arg_place(index), message
                break


def _uses(config: NginxConfig) -> Iterator[tuple[Directive, int, str]]:
    """Arguments that may name groups, and the expression whose groups they are."""
    for directive in config.find("rewrite"):
        if len(directive.args) > 1:
            yield directive, 1, directive.value
    for block in config.locations:
        head = location(block)
        if head.is_regex and not block.first("rewrite", "if"):
            for directive in block.find("alias", "root", "proxy_pass", "return"):
                yield from ((directive, index, head.pattern) for index in range(len(directive.args)))


def _groups(pattern: str) -> int | None:
    try:
        return sum(1 for node in walk(tree(pattern)) if isinstance(node, Group) and node.number)
    except UnknownExpressionError:
        return None
