"""Expressions that are none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ...finding import Severity
from ...nginx import NginxConfig
from ...regex import regex
from ...rule import Report, rule
from .expressions_used import expressions
from .groups import OPAQUE
from .once import once

_UNREADABLE = regex(r"\\[QE]|\(\?#|\(\?[a-wyz]*x")
"""Literal text, and comments: what is inside counts for nothing."""
_NOTHING_TO_REPEAT = regex(r"(?:\A|[(|^])(?:[+?]|\*(?![A-Z]))(?<!\(\?)")


@rule(
    "nginx/broken-expression",
    Severity.ERROR,
    bad=(
        r"""
        location ~ *\.(jpg|png)$ {  # <-
            return 404;
        }
        """,
        r"location ~ ^/(a|b/ { return 404; }  # <-",
        "server { rewrite ^/old/.*)$ /new/ permanent; }  # <-",
        "map $uri $kind { default a; '~^/[a-z' b; }  # <-",
    ),
    good=(
        r"location ~ ^/[(]\)\(a(?:b|c)[]x]$ { return 404; }",
        "location ~ (*UTF8)^/(?<name>a) { return 404; }",
        "location ~* .jpg$ { return 404; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
)
def broken_expression(config: NginxConfig) -> Iterator[Report]:
    """
    An expression with a parenthesis or a bracket that has no other half, or that repeats nothing.

    nginx does not start: `pcre2_compile() failed`. The commonest is `~ *.jpg`, a pattern of the shell: the `*` belongs
    to the `~` before it, or needs something to repeat.
    """
    yield from once(_broken(config))


def _broken(config: NginxConfig) -> Iterator[Report]:
    for place, pattern, _ in expressions(config):
        if not config.is_unknown(pattern) and (why := _fault(pattern)):
            yield place, f'nginx does not start: "{pattern}" {why}'


@lru_cache(maxsize=1024)  # many servers have the same locations
def _fault(pattern: str) -> str:
    if _UNREADABLE.search(pattern):
        return ""
    text = OPAQUE.sub(lambda found: "." * len(found[0]), pattern)
    if "[" in text:
        return 'lacks a "]"'
    depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return 'has a ")" too many'
    if depth:
        return 'lacks a ")"'
    return "repeats nothing; in front of it something is missing" if _NOTHING_TO_REPEAT.search(text) else ""
