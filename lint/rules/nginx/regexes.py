"""Groups of expressions that are used and are not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...nginx.expressions import Group, UnknownExpressionError, tree, walk
from ...rule import Report, rule
from .once import once

_NUMBER = re.compile(r"\$\{?([1-9])\b")


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
    ),
    good=(
        "server { rewrite ^/(?:a|b)/(.*)$ /c/$1 permanent; }",
        "server { rewrite ^/(?<first>a)/(b)$ /$first/$2/$1 permanent; }",
        r"server { rewrite ^/\\((.*)[(]$ /c/$1 permanent; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite",
    covers=("gixy:invalid_regex",),
)
def missing_group(config: NginxConfig) -> Iterator[Report]:
    """
    `$2` after an expression with one group.

    It is empty, always, and nginx says nothing: the address that comes out lacks a piece.
    """
    yield from once(_missing(config))


def _missing(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("rewrite"):
        if len(directive.args) < 2 or config.is_unknown(" ".join(directive.args)):  # noqa: PLR2004 - expression, address
            continue
        count = _groups(directive)
        if count is None:
            continue
        for found in _NUMBER.finditer(directive.args[1]):
            if int(found[1]) > count:
                groups = "no group" if count == 0 else "one group" if count == 1 else f"{count} groups"
                message = f'"${found[1]}" is always empty: "{directive.value}" has {groups}; put parentheses there'
                yield directive.arg_place(1), message
                break


def _groups(directive: Directive) -> int | None:
    try:
        return sum(1 for node in walk(tree(directive.value)) if isinstance(node, Group) and node.number)
    except UnknownExpressionError:
        return None
