"""Back ends that the client may choose."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, listens, location, server_names
from ...nginx.expressions import Group, One, UnknownExpressionError, tree, walk
from ...rule import Report, rule
from .once import once
from .targets import VARIABLE, authority, setting_of

_FREE = ("arg_", "http_", "cookie_")
_FREE_NAMES = frozenset({"args", "query_string", "request_body"})
_BEYOND = "/?#@"
"""With one of these in the host, what stands behind it is no longer part of the name."""


@rule(
    "nginx/request-to-any-host",
    Severity.ERROR,
    bad=(
        """
        location /fetch {
            resolver 10.0.0.2;
            proxy_pass $arg_url;  # <-
        }
        """,
        "location /p/ { resolver 10.0.0.2; proxy_pass http://$http_x_target; }  # <-",
        "location ~ ^/proxy/(.*)$ { resolver 10.0.0.2; proxy_pass http://$1; }  # <-",
        "location ~ ^/(?<host>[^/]+)/(.*)$ { resolver 10.0.0.2; proxy_pass http://$host/$2; }  # <-",
        """
        location /go {
            resolver 10.0.0.2;
            set $target $arg_to;
            proxy_pass http://$target.example.com;  # <-
        }
        """,
        "server { listen 80 default_server; location / { resolver 10.0.0.2; proxy_pass http://$http_host; } }  # <-",
    ),
    good=(
        """
        location ~ ^/(blog|shop)/ {
            resolver 10.0.0.2;
            proxy_pass http://$1.example.com:8080;
        }
        """,
        "location ~ ^/t/([a-z0-9-]+)/ { resolver 10.0.0.2; proxy_pass http://$1.tenants.example.com; }",
        "location /api/ { resolver 10.0.0.2; set $backend api.example.com; proxy_pass http://$backend$request_uri; }",
        "location ~ ^/x/(.*)$ { internal; resolver 10.0.0.2; proxy_pass http://$1; }",
        "location /b { proxy_pass http://backend/search?q=$arg_q; }",
        "map $arg_to $target { default a.example.com; b b.example.com; }",
    ),
    source="https://owasp.org/www-community/attacks/Server_Side_Request_Forgery",
    covers=("gixy:ssrf", "semgrep:dynamic-proxy-host", "semgrep:dynamic-proxy-scheme"),
)
def request_to_any_host(config: NginxConfig) -> Iterator[Report]:
    """
    Whoever asks says which machine nginx asks.

    The name of the back end is made of the query, a header, a cookie or a piece of the path, so a visitor has nginx
    fetch from inside the network what no firewall lets through: databases, the cloud's metadata with its keys. Choose
    the back end by a `map` that knows them all, or bind the expression to the names there are.
    """
    yield from once(_to_any(config))


def _to_any(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"):
        block = directive.parent
        if block is None or "$" not in directive.value or directive.is_inside("stream"):
            continue
        if config.effective(block).setting("internal") or config.is_unknown(directive.value):
            continue
        target = authority(directive.value)
        for found in VARIABLE.finditer(target):
            name, rest = found[1] or found[2], target[found.end() :]
            if _is_free(config, directive, name, rest.startswith(".") and not rest.startswith(".$")):
                message = (
                    f'"${name}" lets the client choose which machine is asked; choose it by a map of those there are'
                )
                yield directive.arg_place(0), message
                break


def _is_free(config: NginxConfig, directive: Directive, name: str, is_bound: bool, depth: int = 4) -> bool:
    """Whether a client may put another machine into ``$name``; *is_bound* where a fixed domain stands behind it."""
    if (pattern := _capturing(directive, name)) is not None:
        return is_loose(pattern[0], name, pattern[1], is_bound)
    setting = setting_of(directive, name)
    if setting is not None:
        names = [found[1] or found[2] for found in VARIABLE.finditer(setting.args[1])]
        return depth > 0 and any(_is_free(config, setting, each, is_bound, depth - 1) for each in names)
    if name == "host":
        return not is_bound and _answers_any_name(config, directive)
    if name == "http_host":
        return not is_bound
    return name.lower().startswith(_FREE) or name.lower() in _FREE_NAMES


def _capturing(directive: Directive, name: str) -> tuple[str, bool] | None:
    """The expression around whose group ``$name`` is, and whether it ignores case."""
    found = _expressions(directive, name.isdigit())
    return next(((text, ignores) for text, ignores, counts in found if counts or _is_named(text, name)), None)


def _expressions(directive: Directive, by_number: bool) -> Iterator[tuple[str, bool, bool]]:
    """The expressions of the blocks around, whether they ignore case, and whether a number means one of its groups."""
    for outer in directive.ancestors:
        if outer.name == "if" and len(outer.args) > 2 and outer.args[1] in ("~", "~*"):  # noqa: PLR2004 - value, test, pattern
            yield " ".join(outer.args[2:]), outer.args[1] == "~*", by_number
        elif outer.name == "location" and outer.block is not None and (head := location(outer)).is_regex:
            yield head.pattern, head.modifier == "~*", by_number and not outer.first("rewrite", "if")
        elif outer.name == "server":
            yield from ((each[1:], True, False) for each in server_names(outer) if each.startswith("~"))
            return


def _is_named(pattern: str, name: str) -> bool:
    return any(
        f"{opening}{name}{closing}" in pattern for opening, closing in (("(?<", ">"), ("(?P<", ">"), ("(?'", "'"))
    )


def is_loose(pattern: str, name: str, ignore_case: bool, is_bound: bool) -> bool:
    """Whether the group may hold what leads to another machine; False where the expression is not understood."""
    try:
        groups = [node for node in walk(tree(pattern, ignore_case)) if isinstance(node, Group)]
    except UnknownExpressionError:
        return False
    dangerous = sum(1 << ord(letter) for letter in (_BEYOND if is_bound else f"{_BEYOND}.:"))
    return any(
        isinstance(node, One) and bool(node.allowed & dangerous)
        for group in groups
        if group.number and name in (str(group.number), group.name)
        for node in walk(group.inner)
    )


def _answers_any_name(config: NginxConfig, directive: Directive) -> bool:
    """Whether requests for whatever name come here: the server says so itself, or is the default one by its words."""
    server = directive.enclosing("server")
    if server is None or config.may_hold(server, "server_name"):
        return False
    names = server_names(server)
    return names in ([""], ["_"]) or any(each.is_default for each in listens(server))
