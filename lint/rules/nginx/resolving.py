"""Back ends whose names somebody has to look up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once
from .passing import Passing, is_address, passings
from .targets import VARIABLE, authority, setting_of


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
        """
        http {
            server_tokens off;
            upstream app {
                zone app 64k;
                server app.example.com:8000 resolve;  # <-
            }
            server { listen 127.0.0.1:81; return 404; }
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
        """
        http {
            server_tokens off;
            upstream app { zone app 64k; resolver 127.0.0.11; server app.example.com:8000 resolve; }
            map $host $target { default app; }
            server { listen 127.0.0.1:81; return 200 $target; }
        }
        """,
        "upstream app { zone app 64k; server app.example.com:8000 resolve; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver",
)
def proxy_without_resolver(config: NginxConfig) -> Iterator[Report]:
    """
    A back end's name in a variable, or with `resolve` in an upstream, and no `resolver` to look it up.

    With a variable nginx looks the name up at each request, and not by the system's settings: without `resolver` every
    request ends with 502 and `no resolver defined` in the log. With `resolve` nginx does not even start. Inside Docker
    the resolver is 127.0.0.11. Names of upstreams and addresses need none.
    """
    yield from once(_without_resolver(config))
    yield from once(_unresolved(config))


def _unresolved(config: NginxConfig) -> Iterator[Report]:
    for upstream in config.upstreams.values() if config.http is not None else ():
        if config.may_hold(upstream, "resolver") or config.effective(upstream).setting("resolver"):
            continue
        for server in upstream.children:
            if server.name == "server" and "resolve" in server.args[1:]:
                message = 'nginx does not start: no resolver looks the name up; add "resolver" with its address to http'
                yield server.arg_place(server.args.index("resolve")), message


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
    for value in _values(passing, authority(passing.directive.value)):
        host = authority(value).rpartition("://")[2]
        if "$" not in host:
            yield host if host.startswith(("unix:", "[")) else host.partition(":")[0]


def _values(passing: Passing, text: str) -> Sequence[str]:
    """*text* with its first variable replaced by each value known of it; itself where there is none."""
    found = VARIABLE.search(text)
    if found is None:
        return [text]
    name = found[1] or found[2]
    setting = setting_of(passing.directive, name)
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
