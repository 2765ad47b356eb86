"""Locations and expressions that no request fits."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, location
from ...nginx.expressions import Either, Group, Mark, Node, One, Repeat, Row, UnknownExpressionError, tree
from ...regex import regex
from ...rule import Report, rule
from .once import once

_LOCATION = "https://nginx.org/en/docs/http/ngx_http_core_module.html#location"
_EXPRESSION = regex(r"\(?\^.*|.*(?:\.\*|\.\+|\\[.wds/]|\(\?|\[\^|\w\|\w).*|/.*\$", flags=0)
_VARIABLE = regex(r"\$\{?\w|\{\{")
_PREFIXES = ("", "^~", "=")


@rule(
    "nginx/location-never-matches",
    Severity.WARNING,
    bad=(
        """
        server {
            location ^/media/(.*)$ {  # <-
                return 403;
            }
            location (^/icons/.*[.](jpg|png)$) { return 403; }  # <-
        }
        """,
        "server { location static/ { return 404; } }  # <-",
        r"server { location = ^/robots\.txt$ { return 204; } location *.php { return 404; } }  # <-",
    ),
    good=(
        "server { location ~ ^/media/(.*)$ { return 403; } location ~* [.](jpg|png)$ { return 403; } }",
        "server { location ^~ /static/ { return 404; } location @app { return 404; } location /a(b) { return 404; } }",
        "server { location ${PREFIX} { return 404; } location '' { return 404; } }",
    ),
    source=_LOCATION,
    unsafe=True,
    fixed="""
        server {
            location ~ ^/media/(.*)$ {
                return 403;
            }
            location ~ (^/icons/.*[.](jpg|png)$) { return 403; }
        }
    """,
)
def location_never_matches(config: NginxConfig) -> Iterator[Report]:
    """
    A location that no path begins with: an expression without its `~`, or a path without its slash.

    nginx takes what stands there by the letter, and every path begins with a slash, so requests go to another
    location, and whatever this one was to forbid is open.
    """
    for directive in config.locations:
        head = location(directive)
        if head.modifier not in _PREFIXES or not head.pattern or _VARIABLE.search(head.pattern):
            continue
        index = len(directive.args) - 1
        if config.is_unknown(head.pattern) or directive.is_inside("stream"):
            continue
        if _EXPRESSION.fullmatch(head.pattern):
            place = directive.arg_place(index)
            start = directive.arg_place(0)
            edits = (Edit(start, f"~ {head.pattern}", safe=False),) if index == 0 and head.modifier == "" else ()
            yield place, f'"{head.pattern}" is no expression without "~", so no request comes here', edits
        elif not head.pattern.startswith("/"):
            yield directive.arg_place(index), f'no path begins with "{head.pattern}"; put a slash before it'


@rule(
    "nginx/expression-never-matches",
    Severity.WARNING,
    bad=(
        r"server { location ~ /emoji.*\.(png|gif)$/ { return 403; } }  # <-",
        "server { location ~ ^/$lang/private { return 403; } }  # <-",
        "server { rewrite (^/a|^/b)^/c$ /d permanent; }  # <-",
    ),
    good=(
        r"server { location ~ ^/(a$|b/) { return 403; } location ~ (^|/)\.git { return 403; } }",
        r"server { location ~ \.(png|gif)$ { return 403; } location ~ ^/a(/|$) { return 403; } }",
        r"server { location ~ ^/\$price { return 403; } location ~ [$]/ { return 403; } rewrite ^/x$|^/y$ /z last; }",
    ),
    source=_LOCATION,
)
def expression_never_matches(config: NginxConfig) -> Iterator[Report]:
    """
    An expression with something behind its end, or before its beginning.

    `$` stands for the end of the path, so nothing fits what follows it; variables are not filled in there either, so
    that `$lang` is the end and four letters. What the expression was to catch goes to another location.
    """
    yield from once(_never(config))


def _never(config: NginxConfig) -> Iterator[Report]:
    for directive, index, pattern in _patterns(config):
        if config.is_unknown(pattern) or not ("$" in pattern[:-1] or "^" in pattern[1:]):
            continue
        try:
            node = tree(pattern)
        except UnknownExpressionError:
            continue
        if _is_impossible(node):
            message = f'"{pattern}" matches nothing: it goes on behind its end "$", or begins anew with "^"'
            yield directive.arg_place(index), message


def _patterns(config: NginxConfig) -> Iterator[tuple[Directive, int, str]]:
    for directive in config.locations:
        head = location(directive)
        if head.is_regex:
            yield directive, len(directive.args) - 1, head.pattern
    for directive in config.find("rewrite"):
        if directive.args:
            yield directive, 0, directive.args[0]


def _is_impossible(node: Node) -> bool:
    if isinstance(node, Row):
        return any(map(_is_impossible, node.parts)) or _is_out_of_order(node.parts)
    if isinstance(node, Either):
        return all(map(_is_impossible, node.choices))
    if isinstance(node, Repeat):
        return node.least > 0 and _is_impossible(node.inner)
    return isinstance(node, Group) and _is_impossible(node.inner)


def _is_out_of_order(parts: tuple[Node, ...]) -> bool:
    for index, part in enumerate(parts):
        if _always(part, "$", -1) and any(_takes_some(each) for each in parts[index + 1 :]):
            return True
        if _always(part, "^", 0) and any(_takes_some(each) for each in parts[:index]):
            return True
    return False


def _always(node: Node, kind: str, edge: int) -> bool:
    """Whether *node* has that mark at its last (-1) or first (0) part, whichever way it matches."""
    if isinstance(node, Mark):
        return node.kind == kind
    if isinstance(node, Row):
        return bool(node.parts) and _always(node.parts[edge], kind, edge)
    if isinstance(node, Either):
        return all(_always(each, kind, edge) for each in node.choices)
    return isinstance(node, Group) and _always(node.inner, kind, edge)


def _takes_some(node: Node) -> bool:
    """Whether *node* takes at least one byte that is no line end, before which `$` matches as well."""
    if isinstance(node, One):
        return node.allowed & ~(1 << 10) != 0 and not node.allowed >> 10 & 1
    if isinstance(node, Row):
        return any(map(_takes_some, node.parts))
    if isinstance(node, Either):
        return all(map(_takes_some, node.choices))
    if isinstance(node, Repeat):
        return node.least > 0 and _takes_some(node.inner)
    return isinstance(node, Group) and _takes_some(node.inner)
