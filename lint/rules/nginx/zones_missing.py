"""Names that are used and that nothing stands behind."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...rule import Report, rule
from .once import once
from .templated import is_filled_in

_DEFINING = {
    "limit_req": ("limit_req_zone",),
    "limit_conn": ("limit_conn_zone", "limit_zone"),
    "proxy_cache": ("proxy_cache_path",),
    "fastcgi_cache": ("fastcgi_cache_path",),
    "uwsgi_cache": ("uwsgi_cache_path",),
    "scgi_cache": ("scgi_cache_path",),
}


@rule(
    "nginx/missing-zone",
    Severity.ERROR,
    bad=(
        """
        http {
            limit_req_zone $binary_remote_addr zone=login:10m rate=5r/s;
            server {
                location /login { limit_req zone=logins burst=5 nodelay; return 404; }  # <-
            }
        }
        """,
        """
        http {
            proxy_cache_path /var/cache/nginx keys_zone=pages:10m;
            server { location / { proxy_cache page; proxy_pass http://127.0.0.1:8000; } }  # <-
        }
        """,
        """
        upstream app {
            resolver 127.0.0.11;
            server app.example.com:8000 resolve;  # <-
        }
        """,
        """
        http {
            upstream app { zone app; server 10.0.0.5; }  # <-
        }
        """,
    ),
    good=(
        """
        http {
            server_tokens off;
            limit_req_zone $binary_remote_addr zone=login:10m rate=5r/s;
            server { listen 80; location /login { limit_req zone=login burst=5 nodelay; return 404; } }
        }
        """,
        "location /login { limit_req zone=login burst=5 nodelay; return 404; }",
        "upstream a { zone both 64k; server 10.0.0.5; }\nupstream b { zone both; server 10.0.0.6; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_limit_req_module.html",
)
def missing_zone(config: NginxConfig) -> Iterator[Report]:
    """
    A limit or a cache in a zone that is not there.

    nginx does not start: `zero size shared memory zone`. Zones are made in `http`, by `limit_req_zone`,
    `limit_conn_zone` and `proxy_cache_path`. An upstream makes its own by `zone`, with a size at least once; it needs
    one as soon as a server of it has `resolve`, since all workers share what was looked up.
    """
    yield from once(_resolved_alone(config))
    if config.http is not None and all(unread.names for unread in config.unread):
        yield from once(_missing(config))
        yield from once(_without_size(config))


def _resolved_alone(config: NginxConfig) -> Iterator[Report]:
    for upstream in config.find("upstream"):
        if upstream.first("zone") is not None or config.may_hold_inside(upstream, "zone") or is_filled_in(upstream):
            continue
        for server in upstream.find("server"):
            if "resolve" in server.args[1:]:
                message = (
                    f'nginx does not start: "resolve" needs a zone that workers share; add "zone {upstream.value} 64k;"'
                )
                yield server.arg_place(server.args.index("resolve")), message


def _without_size(config: NginxConfig) -> Iterator[Report]:
    zones = [zone for zone in config.find("zone") if zone.args and zone.parent and zone.parent.name == "upstream"]
    sized = {(zone.value, zone.is_inside("stream")) for zone in zones if len(zone.args) > 1}
    for zone in zones:
        if (zone.value, zone.is_inside("stream")) not in sized and not config.is_unknown(zone.value):
            yield (
                zone.arg_place(0),
                f'nginx does not start: nothing says how large "{zone.value}" is; add 64k behind it',
            )


def _missing(config: NginxConfig) -> Iterator[Report]:
    for user, makers in _DEFINING.items():
        defined = {_zone(word) for each in config.find(*makers) for word in each.args}
        for directive in config.find(user):
            index = next((i for i, word in enumerate(directive.args) if word.startswith("zone=")), 0)
            name = directive.args[index].removeprefix("zone=") if directive.args else ""
            if not name or name == "off" or "$" in name or directive.is_inside("stream") or name in defined:
                continue
            yield directive.arg_place(index), f'nginx does not start: no {makers[0]} makes a zone called "{name}"'


def _zone(word: str) -> str:
    return word.removeprefix("keys_zone=").removeprefix("zone=").partition(":")[0] if "zone=" in word else ""


@rule(
    "nginx/missing-log-format",
    Severity.ERROR,
    bad="""
        http {
            log_format json '{"status":$status}';
            access_log /var/log/nginx/access.log jsonn;  # <-
            access_log /var/log/nginx/late.log late;  # <-
            log_format late '$status';
        }
    """,
    good=(
        "http { server_tokens off; log_format j '$status'; access_log /var/log/nginx/a.log j; }",
        "http { server_tokens off; access_log /var/log/nginx/a.log combined buffer=32k; }",
        "server { listen 127.0.0.1:81; access_log /var/log/nginx/a.log main; return 404; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_log_module.html#access_log",
)
def missing_log_format(config: NginxConfig) -> Iterator[Report]:
    """
    A log in a format that is not there.

    nginx does not start: `unknown log format`. Of nginx's own there is only `combined`.
    """
    if config.http is not None and all(unread.names for unread in config.unread):
        yield from once(_without_format(config))


def _without_format(config: NginxConfig) -> Iterator[Report]:
    orders = {each.value.lower(): each.order for each in reversed(config.find("log_format"))}
    defined = {"combined", *orders}
    for directive in config.find("access_log"):
        name = directive.args[1] if len(directive.args) > 1 else ""
        if _is_format(directive, name) and name.lower() not in defined and not config.is_unknown(name):
            yield (
                directive.arg_place(1),
                f'nginx does not start: no log_format is called "{name}"; write it, or combined',
            )
        elif _is_format(directive, name) and orders.get(name.lower(), -1) > directive.order:
            yield (
                directive.arg_place(1),
                f'nginx does not start: "{name}" is written below this; move its log_format up',
            )


def _is_format(directive: Directive, name: str) -> bool:
    return bool(name) and "=" not in name and directive.value != "off" and not directive.is_inside("stream")


@rule(
    "nginx/unused-upstream",
    Severity.INFO,
    preset="strict",
    bad="""
        http {
            upstream old {  # <-
                zone old 64k;
                server 10.0.0.4:8000;
            }
            upstream app { server 10.0.0.5:8000; }
            server { location / { proxy_pass http://app; } }
        }
    """,
    good=(
        "upstream app { server 10.0.0.5:8000; }",
        """
        http {
            server_tokens off;
            upstream app { server 10.0.0.5:8000; }
            map $arg_beta $target { default app; }
            server { listen 127.0.0.1:81; return 200 $target; }
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html#upstream",
)
def unused_upstream(config: NginxConfig) -> Iterator[Report]:
    """
    An upstream that nothing is passed on to.

    It does nothing but be kept up to date, and its name still has to be found when nginx starts.
    """
    if config.http is None or any(not unread.names for unread in config.unread):
        return
    words = {
        word
        for each in config.walk()
        if not (each.name == "upstream" or each.is_inside("upstream"))
        for word in each.args
    }
    text = "\n".join(words)
    for name, upstream in config.upstreams.items():
        if name not in text:
            yield upstream.arg_place(0), f'nothing is passed on to "{name}"; take it out'
