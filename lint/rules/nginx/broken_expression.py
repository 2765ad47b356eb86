"""Expressions that are none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ...finding import Severity
from ...nginx import NginxConfig
from ...regex import regex
from ...rule import Report, rule
from .expressions_used import expressions
from .groups import OPAQUE, group_spans
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
        r"location ~ \.php(/|$) { fastcgi_split_path_info ^(.+\.php)/.+$; return 404; }  # <-",
    ),
    good=(
        r"location ~ ^/[(]\)\(a(?:b|c)[]x]$ { return 404; }",
        "location ~ (*UTF8)^/(?<name>a) { return 404; }",
        "location ~* .jpg$ { return 404; }",
        r"location ~ \.php(/|$) { fastcgi_split_path_info ^(.+?\.php)(|/(?:.*))$; return 404; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
)
def broken_expression(config: NginxConfig) -> Iterator[Report]:
    """
    An expression with a parenthesis or a bracket that has no other half, or that repeats nothing.

    nginx does not start: `pcre2_compile() failed`. The commonest is `~ *.jpg`, a pattern of the shell: the `*` belongs
    to the `~` before it, or needs something to repeat. `fastcgi_split_path_info` needs two groups, for the script and
    for the rest: `must have 2 captures`.
    """
    yield from once(_broken(config))
    yield from once(_undivided(config))


def _broken(config: NginxConfig) -> Iterator[Report]:
    for found in expressions(config):
        if not config.is_unknown(found.pattern) and (why := _fault(found.pattern)):
            yield found.place, f'nginx does not start: "{found.pattern}" {why}'


def _undivided(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("fastcgi_split_path_info"):
        pattern = directive.value
        if config.is_unknown(pattern) or not pattern or _UNREADABLE.search(pattern) or _fault(pattern):
            continue
        count = len(group_spans(pattern))
        if count != 2:  # noqa: PLR2004 - the script, and the rest
            message = f'nginx does not start: "{pattern}" has {count} groups; it needs 2, script and rest'
            yield directive.arg_place(0), message.replace(" 1 groups", " 1 group")


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
