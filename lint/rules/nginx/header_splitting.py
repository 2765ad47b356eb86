"""Line ends that a client can put into a header or a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...nginx.newlines import forbids_newline, may_hold_newline
from ...regex import regex
from ...rule import Report, rule

_VARIABLE = regex(r"\$(?:\{(\w+)\}|(\w+))")
_DECODED = ("uri", "document_uri")
_REDIRECTS = ("redirect", "permanent")
_DEEPEST = 5
"""Through so many variables a value is followed."""


@rule(
    "nginx/header-splitting",
    Severity.ERROR,
    bad=(
        """
        server {
            return 301 https://example.com$uri;  # <-
        }
        """,
        """
        location / {
            add_header X-Path $document_uri always;  # <-
            return 204;
        }
        """,
        """
        location ~ ^/v1/([^/]+)/(.*)$ {
            proxy_pass http://backend/$1;  # <-
        }
        """,
        """
        location ~ ^/(?<rest>[^?]*)$ {
            return 302 https://example.com/$rest;  # <-
        }
        """,
        """
        location /old {
            set $target https://example.com$uri;
            return 301 $target;  # <-
        }
        """,
        "location / { rewrite ^ https://example.com$uri? permanent; }  # <-",
        """
        map $host $path {
            default "";
            example.com $uri;
        }
        server { add_header X-Path $path; }  # <-
        """,
    ),
    good=(
        """
        server {
            return 301 https://example.com$request_uri;
        }
        """,
        "location = /old { return 301 https://example.com/new$uri; }",
        "location ~ ^/v1/(.*)$ { return 301 https://example.com/v2/$1; }",
        "location ~ ^/[a-z]+$ { return 301 https://example.com$uri; }",
        "rewrite ^/([^?]*)$ https://example.com/$1 permanent;",
        "location / { try_files $uri $uri/ /index.html; }",
        "location / { if ($request_uri ~ ^/([^?]*)$) { return 301 https://example.com/$1; } }",
        "location ~ ^/(?<name>[^/]+)$ { fastcgi_param NAME $name; }",
    ),
    source="https://github.com/yandex/gixy/blob/master/docs/en/plugins/httpsplitting.md",
    covers=("gixy:http_splitting", "semgrep:header-injection"),
)
def header_splitting(config: NginxConfig) -> Iterator[Report]:
    """
    A decoded path in a header, a redirect, or the request to another server.

    `$uri` is the path with every escape undone. A request for `/%0d%0aSet-Cookie:%20a=b` ends the header there and
    begins one of the client's own: cookies, redirects, answers that a cache keeps for others. `$request_uri` stays as
    it was sent. What a group of an expression holds is decoded as well; it is reported where the group may hold a line
    end, as `[^/]+` does and `.*` does not, and not in `rewrite`, which encodes it again.
    """
    for directive in config.find("return", "rewrite", "add_header", "proxy_set_header", "proxy_pass", "error_page"):
        index = _target(directive)
        if index is None or "$" not in directive.args[index]:
            continue
        names = [found[1] or found[2] for found in _VARIABLE.finditer(directive.args[index])]
        name = next((name for name in names if _is_open(config, directive, name, _DEEPEST)), None)
        if name:
            message = f'"${name}" may hold a line end (%0a) and so add headers of the client\'s own; {_better(name)}'
            yield directive.arg_place(index), message


def _better(name: str) -> str:
    if name in _DECODED:
        return "use $request_uri"
    return "use a group without line ends, such as [^/\\r\\n]+" if name.isdigit() else "make it of $request_uri"


def _target(directive: Directive) -> int | None:
    """The index of the argument that goes into a header or a request line."""
    args = directive.args
    if not args:
        return None
    if directive.name == "return":
        return _of_return(args)
    if directive.name == "rewrite":
        leads_out = args[1:] and (args[-1] in _REDIRECTS or re.match(r"https?://|\$scheme", args[1]))
        return 1 if leads_out else None
    if directive.name == "error_page":
        return len(args) - 1 if re.match(r"https?://|\$scheme", args[-1]) else None
    if directive.name == "proxy_pass":
        return None if directive.is_inside("stream") else 0
    return 1 if len(args) > 1 else None


def _of_return(args: tuple[str, ...]) -> int | None:
    if args[0].isdigit():
        return 1 if len(args) > 1 and args[0] in ("301", "302", "303", "307", "308") else None
    return 0


def _is_open(config: NginxConfig, directive: Directive, name: str, depth: int) -> bool:
    """Whether ``$name`` may hold a line end where *directive* stands."""
    block = directive.enclosing("location")
    if name in _DECODED:
        return not _is_bound(block)
    if depth == 0 or (directive.name == "rewrite" and name.isdigit()):
        return False
    variable = f"${name}"
    before = _before(directive) if variable in _names_made(config, "set", 0) else ()
    setting = next((each for each in before if each.name == "set" and each.value == variable), None)
    if setting is not None and len(setting.args) > 1:
        return any(_is_open(config, setting, found, depth - 1) for found in _names(setting.args[1]))
    maps = config.find("map") if variable in _names_made(config, "map", 1) else ()
    mapped = next((each for each in maps if each.args[1:] == (variable,)), None)
    if mapped is not None:
        return any(_is_open_entry(config, directive, mapped, entry, depth - 1) for entry in mapped.children)
    return _is_open_capture(directive, block, name)


def _names_made(config: NginxConfig, kind: str, index: int) -> frozenset[str]:
    """The variables that directives called *kind* make, in the argument *index*."""
    key = f"made_by_{kind}"
    if key not in config.memo:
        config.memo[key] = frozenset(each.args[index] for each in config.find(kind) if len(each.args) > index)
    found: frozenset[str] = config.memo[key]
    return found


def _is_open_entry(config: NginxConfig, directive: Directive, mapped: Directive, entry: Directive, depth: int) -> bool:
    """Whether the value of an entry of a map may hold a line end."""
    pattern = entry.name.lstrip("~*") if entry.name.startswith("~") else ""
    is_path = mapped.value in ("$uri", "$document_uri")
    for name in _names(entry.value):
        if name.isdigit() or f"<{name}>" in pattern:
            if is_path and may_hold_newline(pattern, name, entry.name.startswith("~*")):
                return True
        elif _is_open(config, directive, name, depth):
            return True
    return False


def _captures(directive: Directive) -> bool:
    return directive.name == "rewrite" or (directive.name == "if" and directive.args[1:2] in (("~",), ("~*",)))


def _names(text: str) -> list[str]:
    return [found[1] or found[2] for found in _VARIABLE.finditer(text)]


def _is_bound(block: Directive | None) -> bool:
    """Whether the path is one that holds no line end where the location answers."""
    if block is None:
        return False
    head = location(block)
    return head.modifier == "=" or (head.is_regex and forbids_newline(head.pattern, head.modifier == "~*"))


def _before(directive: Directive) -> Iterator[Directive]:
    """What stands before *directive* in its block and those around it up to the server, the nearest first."""
    inner = directive
    for outer in directive.ancestors:
        yield from (child for child in reversed(outer.children) if child.order < inner.order)
        if outer.name == "server":
            return  # http rewrites nothing, and may hold a thousand servers
        inner = outer


def _is_open_capture(directive: Directive, block: Directive | None, name: str) -> bool:
    """Whether ``$name`` is a group, of an expression over the decoded path, that may hold a line end."""
    condition = directive.enclosing("if")
    if condition is not None and len(condition.args) > 2 and condition.args[1].lstrip("!") in ("~", "~*"):  # noqa: PLR2004
        is_path = condition.args[0] in ("$uri", "$document_uri")
        pattern = " ".join(condition.args[2:])
        if name.isdigit() or f"<{name}>" in pattern:
            return is_path and may_hold_newline(pattern, name, condition.args[1].endswith("*"))
    earlier = next((each for each in _before(directive) if _captures(each)), None) if name.isdigit() else None
    if block is None or (earlier is not None and earlier.enclosing("location") is block):
        return False
    head = location(block)
    return head.is_regex and may_hold_newline(head.pattern, name, head.modifier == "~*")
