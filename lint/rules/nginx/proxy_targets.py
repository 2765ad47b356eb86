"""Back ends that are named by variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...finding import Severity
from ...nginx import Directive, NginxConfig, listens, location, server_names
from ...nginx.expressions import Group, One, UnknownExpressionError, tree, walk
from ...rule import Report, rule
from .once import once
from .passing import Passing, is_address, passings

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FREE = ("arg_", "http_", "cookie_")
_FREE_NAMES = frozenset({"args", "query_string", "request_body"})
_PATH = re.compile(r"[/?]|\$\{?(?:request_uri|uri|document_uri|is_args)\b")
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
        authority = _authority(directive.value)
        for found in _VARIABLE.finditer(authority):
            name, rest = found[1] or found[2], authority[found.end() :]
            if _is_free(config, directive, name, rest.startswith(".") and not rest.startswith(".$")):
                message = (
                    f'"${name}" lets the client choose which machine is asked; choose it by a map of those there are'
                )
                yield directive.arg_place(0), message
                break


def _authority(target: str) -> str:
    """The scheme, host and port of a target, up to its path."""
    start = target.find("://")
    begin = start + 3 if start >= 0 else 0
    end = _PATH.search(target, begin)
    return target[: end.start()] if end else target


def _is_free(config: NginxConfig, directive: Directive, name: str, is_bound: bool, depth: int = 4) -> bool:
    """Whether a client may put another machine into ``$name``; *is_bound* where a fixed domain stands behind it."""
    if (pattern := _capturing(directive, name)) is not None:
        return _is_loose(pattern[0], name, pattern[1], is_bound)
    setting = _set(directive, name)
    if setting is not None:
        names = [found[1] or found[2] for found in _VARIABLE.finditer(setting.args[1])]
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


def _is_loose(pattern: str, name: str, ignore_case: bool, is_bound: bool) -> bool:
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


def _set(directive: Directive, name: str) -> Directive | None:
    for outer in directive.ancestors:
        for each in outer.find("set"):
            if len(each.args) > 1 and each.value.lower() == f"${name.lower()}":
                return each
        if outer.name == "server":
            return None
    return None


def _answers_any_name(config: NginxConfig, directive: Directive) -> bool:
    """Whether requests for whatever name come here: the server says so itself, or is the default one by its words."""
    server = directive.enclosing("server")
    if server is None or config.may_hold(server, "server_name"):
        return False
    names = server_names(server)
    return names in ([""], ["_"]) or any(each.is_default for each in listens(server))


@rule(
    "nginx/proxy-without-resolver",
    Severity.ERROR,
    bad=(
        """
        http {
            server {
                listen 80;
                location /api/ {
                    set $backend "http://api.example.com:8000";
                    proxy_pass $backend;  # <-
                }
            }
        }
        """,
        """
        http {
            upstream web { server 10.0.0.5; }
            map $arg_beta $target { default web; 1 beta.example.com; }
            server {
                listen 80;
                location / { proxy_pass http://$target; }  # <-
            }
        }
        """,
    ),
    good=(
        """
        server {
            location /api/ {
                resolver 127.0.0.11 valid=10s;
                set $backend "http://api:8000";
                proxy_pass $backend;
            }
        }
        """,
        "server { location /api/ { set $backend api; proxy_pass http://$backend:8000; } }",
        """
        upstream blue { server 10.0.0.5; }
        upstream green { server 10.0.0.6; }
        map $cookie_color $target { default blue; green green; }
        """,
        "location / { set $backend 10.0.0.5; proxy_pass http://$backend:8000; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver",
)
def proxy_without_resolver(config: NginxConfig) -> Iterator[Report]:
    """
    A back end's name in a variable, and no `resolver` to look it up.

    With a variable nginx looks the name up at each request, and not by the system's settings: without `resolver` every
    request ends with 502 and `no resolver defined` in the log. Inside Docker the resolver is 127.0.0.11. Names of
    upstreams and addresses need none.
    """
    yield from once(_without_resolver(config))


def _without_resolver(config: NginxConfig) -> Iterator[Report]:
    for passing in passings(config):
        if config.http is None or not passing.target.has_variables or config.may_hold(passing.block, "resolver"):
            continue
        if passing.at.setting("resolver"):
            continue
        host = next((host for host in _hosts(passing) if _needs_resolver(config, host)), None)
        if host:
            message = f'no resolver looks "{host}" up, so every request ends with 502; add "resolver" with its address'
            yield passing.directive.arg_place(0), message


def _needs_resolver(config: NginxConfig, host: str) -> bool:
    is_name = re.fullmatch(r"[a-zA-Z0-9_]([\w.-]*\w)?", host) is not None
    return is_name and not is_address(host) and host not in config.upstreams


def _hosts(passing: Passing) -> Iterator[str]:
    """The hosts that the target may come to name, as far as ``set`` and ``map`` tell."""
    for value in _values(passing, _authority(passing.directive.value)):
        host = _authority(value).rpartition("://")[2]
        if "$" not in host:
            yield host if host.startswith(("unix:", "[")) else host.partition(":")[0]


def _values(passing: Passing, text: str) -> Sequence[str]:
    """*text* with its first variable replaced by each value known of it; itself where there is none."""
    found = _VARIABLE.search(text)
    if found is None:
        return [text]
    name = found[1] or found[2]
    setting = _set(passing.directive, name)
    known = [setting.args[1]] if setting else _mapped(passing.config, name)
    return [text[: found.start()] + value + text[found.end() :] for value in known]


def _mapped(config: NginxConfig, name: str) -> list[str]:
    for each in config.find("map"):
        if each.args[1:] == (f"${name}",):
            return [entry.value for entry in each.children if entry.args and entry.name not in ("include", "volatile")]
    return []


@rule(
    "nginx/name-resolved-once",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        location /maps/ {
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
            proxy_pass https://maps.example.com/;  # <-
        }
        """,
        "upstream backend { server backend:8000; }  # <-",
    ),
    good=(
        "upstream backend { zone backend 64k; server backend:8000 resolve; }",
        "upstream backend { server 10.0.0.5:8000; server unix:/run/app.sock; server localhost:8001; }",
        "location / { proxy_pass http://127.0.0.1:8000; }",
    ),
    lacks=True,
    source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html#resolve",
    covers=(
        "gixy:missing_resolver",
        "gixy:stale_dns_cache",
        "nginx-lint:proxy-pass-domain",
        "nginx-lint:upstream-server-no-resolve",
    ),
)
def name_resolved_once(config: NginxConfig) -> Iterator[Report]:
    """
    A name that nginx looks up when it starts, and never again.

    When the machine behind it moves, as containers do at each deployment and content networks at any time, requests go
    to the old address until a reload; and where the name cannot be looked up, nginx does not start at all. From 1.27.3
    on an upstream takes `server name resolve;` with a `zone` and a `resolver`; before that, a variable in `proxy_pass`.
    """
    yield from once(_resolved_once(config))


def _resolved_once(config: NginxConfig) -> Iterator[Report]:
    for upstream in config.find("upstream"):
        if upstream.is_inside("stream"):
            continue
        for server in upstream.find("server"):
            host = server.value if is_address(server.value) else server.value.partition(":")[0]
            if _is_looked_up(host) and "resolve" not in server.args and not config.is_unknown(server.value):
                yield server.arg_place(0), f'"{host}" is looked up once, at the start; add "resolve" and a "zone"'
    for passing in passings(config):
        host = passing.target.host
        if _is_looked_up(host) and host not in config.upstreams and _is_sure(config, host):
            message = f'"{host}" is looked up once, at the start; name it in an upstream with "resolve"'
            yield passing.directive.arg_place(0), message


def _is_looked_up(host: str) -> bool:
    return "$" not in host and host != "localhost" and not is_address(host)


def _is_sure(config: NginxConfig, host: str) -> bool:
    """Whether no upstream of that name may be elsewhere."""
    return "." in host or (config.http is not None and not config.may_hold(config.http, "upstream"))
