"""Blocks that nginx refuses for where they stand, what they hold or what they are called."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, location
from ...rule import Report, rule
from .once import once
from .templated import is_filled_in, is_templated

_MODIFIERS = ("=", "~", "~*", "^~")


@rule(
    "nginx/location-refused",
    Severity.ERROR,
    bad=(
        """
        location /api/ {
            location /v1/ {  # <-
                return 404;
            }
        }
        """,
        "server { location =~ /a { return 404; } }  # <-",
        """
        location / {
            location @program {  # <-
                proxy_pass http://backend;
            }
        }
        """,
        """
        location = /a {
            location /a/b { return 404; }  # <-
        }
        """,
        r"location ~ ^/api/ { location /api/v1/ { return 404; } }  # <-",
    ),
    good=(
        "location /api/ { location /api/v1/ { return 404; } location ~ /v2/ { return 404; } }",
        "location ~ ^/api/ { location ~ /v1/ { return 404; } }",
        "server { location @program { return 404; } }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
)
def location_refused(config: NginxConfig) -> Iterator[Report]:
    """
    A location that nginx does not take where it stands.

    nginx does not start: `location "/v1/" is outside location "/api/"`. Inside another one the whole path is written,
    not the rest of it; inside an exact one there can be none, inside an expression only expressions, and a name,
    `@program`, stands in a server. The words
    before the path are `=`, `^~`, `~` and `~*`.
    """
    yield from once(_locations(config))


def _locations(config: NginxConfig) -> Iterator[Report]:
    for block in config.locations:
        if len(block.args) > 1 and block.args[0] not in _MODIFIERS and not config.is_unknown(" ".join(block.args)):
            message = f'nginx does not start: "{block.args[0]}" stands before no path; it takes =, ^~, ~ and ~*'
            yield block.arg_place(0), message
            continue
        outer = block.parent
        if outer is None or outer.name != "location" or config.is_unknown(" ".join((*block.args, *outer.args))):
            continue
        inner, around = location(block), location(outer)
        if inner.modifier == "@":
            message = f'nginx does not start: "{inner.pattern}" may stand in a server alone; move it out'
            yield block.arg_place(0), message
        elif around.modifier in ("=", "@"):
            kind = "an exact one" if around.modifier == "=" else "one with a name"
            yield block.place, f"nginx does not start: no location may stand in {kind}; move it out"
        elif not inner.is_regex and not inner.pattern.startswith(around.pattern):
            message = f'nginx does not start: "{inner.pattern}" is outside "{around.pattern}"; write the whole path'
            yield block.arg_place(len(block.args) - 1), message


@rule(
    "nginx/upstream-without-server",
    Severity.ERROR,
    bad=(
        "upstream backend { least_conn; }  # <-",
        "upstream backend { server 10.0.0.5:8000 backup; }  # <-",
    ),
    good=(
        "upstream backend { server 10.0.0.5:8000; server 10.0.0.6:8000 backup; }",
        "upstream backend { include /etc/nginx/upstreams/backend.conf; }",
        "upstream backend { server 0.0.0.1; balancer_by_lua_block { } }",
        'upstream backend {\n{{ range .Peers }}\n{{ template "server" . }}\n{{ end }}\n}\n',
        "upstream backend {\n    REPLICAS\n}\n",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html#upstream",
)
def upstream_without_server(config: NginxConfig) -> Iterator[Report]:
    """
    An upstream with nobody in it.

    nginx does not start: `no servers are inside upstream`. Those marked `backup` do not count: somebody has to be
    there for whom they stand in.
    """
    for upstream in config.find("upstream"):
        may_hold = config.may_hold_inside(upstream, "server") or upstream.first("include") or is_filled_in(upstream)
        if upstream.block is None or may_hold:
            continue
        names = {each.name for each in upstream.children}
        servers = [each for each in upstream.find("server") if "backup" not in each.args]
        if not servers and all("$" not in name and "{" not in name for name in names):
            yield upstream.arg_place(0), f'nginx does not start: nobody is in "{upstream.value}"; add a "server"'


@rule(
    "nginx/name-twice",
    Severity.ERROR,
    bad=(
        """
        http {
            upstream app { server 10.0.0.5:8000; }
            upstream app { server 10.0.0.6:8000; }  # <-
        }
        """,
        """
        log_format main '$remote_addr';
        log_format main '$remote_addr $status';  # <-
        """,
        """
        limit_req_zone $binary_remote_addr zone=each:10m rate=5r/s;
        limit_req_zone $server_name zone=each:10m rate=50r/s;  # <-
        """,
    ),
    good=(
        "upstream a { server 10.0.0.5; }\nupstream b { server 10.0.0.5; }",
        "log_format a '$remote_addr';\nlog_format A '$remote_addr';",
        "limit_req_zone $server_name zone=a:1m rate=5r/s;\nlimit_conn_zone $server_name zone=b:1m;",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html#upstream",
)
def name_twice(config: NginxConfig) -> Iterator[Report]:
    """
    Two upstreams, formats of a log, or zones of one name.

    nginx does not start: `duplicate upstream`, `duplicate "log_format" name`, `is already bound to key`. It is met when
    a file in `conf.d` was copied for a second site, or the same file is included twice.
    """
    seen: dict[tuple[str, str, bool], Directive] = {}
    for directive in config.find(*_KINDS, *_ZONES):
        index, name = _name(directive)
        kind = _KINDS.get(directive.name, "zone")
        key = (kind, name.lower() if kind == "upstream" else name, directive.is_inside("stream"))
        earlier = seen.setdefault(key, directive)
        if not name or earlier is directive or config.is_unknown(name) or is_templated(directive.file):
            continue
        said = (
            f'nginx does not start: line {earlier.place.line} of {earlier.place.path} has a {key[0]} "{name}" already'
        )
        yield directive.arg_place(index), f"{said}; rename one"


_KINDS = {"upstream": "upstream", "log_format": "log_format"}
_ZONES = ("limit_req_zone", "limit_conn_zone", "proxy_cache_path", "fastcgi_cache_path", "uwsgi_cache_path")


def _name(directive: Directive) -> tuple[int, str]:
    """The argument that holds the name, and the name."""
    if directive.name in _KINDS:
        return 0, directive.value
    for index, word in enumerate(directive.args):
        if word.startswith(("zone=", "keys_zone=")):
            return index, word.partition("=")[2].partition(":")[0]
    return 0, ""
