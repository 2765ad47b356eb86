"""How long a back end may take, how its answers flow, and what becomes of its connections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, header, location, time_s
from ...policy import Policy
from ...rule import Report, rule
from .once import once
from .passing import passings

_PROXY = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html"
_KEPT_ALIVE = (1, 29, 7)


@rule(
    "nginx/proxy-timeout-long",
    Severity.WARNING,
    bad=(
        """
        location /api/ {
            proxy_connect_timeout 300s;  # <-
            proxy_pass http://backend;
        }
        """,
        "location /api/ { proxy_read_timeout 1d; proxy_pass http://backend; }  # <-",
    ),
    good=(
        "location /api/ { proxy_connect_timeout 5s; proxy_read_timeout 300s; proxy_pass http://backend; }",
        """
        location /live/ws {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_read_timeout 1d;
            proxy_pass http://backend;
        }
        """,
        "location /events/ { proxy_buffering off; proxy_read_timeout 24h; proxy_pass http://backend; }",
    ),
    source=f"{_PROXY}#proxy_connect_timeout",
)
def proxy_timeout_long(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A back end that may say nothing for very long.

    Each waiting request holds a connection of the visitor, one to the back end, and memory; one that hangs fills nginx
    up until it answers nobody. A connection that takes longer than a few seconds will not come about, and no system
    waits for it beyond 75. WebSockets and streams, which are silent by nature, are not meant. The limits are the
    policy's `proxy.max_connect_timeout_s`, `max_read_timeout_s` and `max_send_timeout_s`.
    """
    yield from once(_long(config, policy))


def _long(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    limits = {
        "proxy_connect_timeout": policy.proxy.max_connect_timeout_s,
        "proxy_read_timeout": policy.proxy.max_read_timeout_s,
        "proxy_send_timeout": policy.proxy.max_send_timeout_s,
    }
    for name, limit in limits.items():
        for directive in config.find(name):
            seconds = time_s(directive.value)
            if seconds is None or seconds <= limit or directive.is_inside("stream"):
                continue
            if name == "proxy_connect_timeout" or not _is_silent(config, directive.parent, policy):
                message = f'"{directive.value}" is longer than the {limit} s that the policy allows; shorten it'
                yield directive.arg_place(0), message


def _is_silent(config: NginxConfig, block: Directive | None, policy: Policy) -> bool:
    """Whether *block*, or a location in it, is one whose connections stay open on purpose."""
    if block is None:
        return False
    if block.name != "location":
        return any(each.name == "location" and _is_silent(config, each, policy) for each in block.children)
    at = config.effective(block)
    upgrades = any(each.value.lower() == "upgrade" and header(each).value for each in at.proxy.set_headers)
    paths = (*policy.proxy.stream_paths, *policy.proxy.websocket_paths)
    return upgrades or not at.proxy.is_buffered or _is_like(paths, location(block).pattern)


def _is_like(patterns: tuple[str, ...], path: str) -> bool:
    plain = path.replace("\\", "").removeprefix("^").removesuffix("$")
    return any(re.search(pattern, plain, re.IGNORECASE) for pattern in patterns)


@rule(
    "nginx/stream-held-back",
    Severity.INFO,
    preset="strict",
    bad="""
        location /api/events/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;  # <-
        }
    """,
    good=(
        """
        location /api/events/ {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_buffering off;
            proxy_pass http://backend;
        }
        """,
        "location /api/eventful/ { proxy_pass http://backend; }",
    ),
    lacks=True,
    source=f"{_PROXY}#proxy_buffering",
)
def stream_held_back(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A location that looks like a stream of events, whose answers nginx gathers before it sends them on.

    What the back end writes arrives in lumps, or when a buffer is full. `proxy_buffering off;` lets it through at once;
    the back end may say the same with the header `X-Accel-Buffering: no`, which is why this is only worth a look. Which
    paths look so is the policy's `proxy.stream_paths`.
    """
    for passing in passings(config):
        head, at = passing.location, passing.at
        if head is None or passing.block.name != "location" or not _is_like(policy.proxy.stream_paths, head.pattern):
            continue
        if at.proxy.is_buffered and not config.may_hold(passing.block, "proxy_buffering"):
            message = f'"{head.pattern}" looks like a stream, and its answers are gathered; add "proxy_buffering off;"'
            yield passing.directive.place, message


@rule(
    "nginx/silence-cut-off",
    Severity.INFO,
    preset="strict",
    bad="""
        http {
            server_tokens off;
            server {
                listen 80;
                location /live/ws {
                    proxy_http_version 1.1;
                    proxy_set_header Host $host;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                    proxy_pass http://127.0.0.1:8000;  # <-
                }
            }
        }
    """,
    good=(
        """
        server {
            location /live/ws {
                proxy_http_version 1.1;
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection "upgrade";
                proxy_read_timeout 1h;
                proxy_pass http://127.0.0.1:8000;
            }
        }
        """,
        "location /live/ws { proxy_pass http://backend; }",
    ),
    lacks=True,
    source="https://nginx.org/en/docs/http/websocket.html",
)
def silence_cut_off(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A WebSocket or a stream that nginx ends after a minute of silence.

    `proxy_read_timeout` is 60 seconds unless told otherwise, and counts between two pieces of what the back end sends.
    Chats and dashboards with nothing to say drop and come again, once a minute. Raise it there, or let the back end
    send something from time to time, which is why this is only worth a look.
    """
    paths = (*policy.proxy.stream_paths, *policy.proxy.websocket_paths)
    for passing in passings(config) if config.http is not None else ():
        head = passing.location
        if head is None or passing.block.name != "location" or not _is_like(paths, head.pattern):
            continue
        if passing.at.setting("proxy_read_timeout") or config.may_hold(passing.block, "proxy_read_timeout"):
            continue
        yield (
            passing.directive.place,
            f'"{head.pattern}" is cut off after 60 s of silence; add "proxy_read_timeout 1h;"',
        )


@rule(
    "nginx/keepalive-without-effect",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        # nginx 1.26.3
        http {
            server_tokens off;
            upstream backend {
                server 10.0.0.5:8000;
                keepalive 16;  # <-
            }
            server { listen 127.0.0.1:81; location / { proxy_pass http://backend; } }
        }
        """,
        """
        http {
            upstream backend {
                server 10.0.0.5:8000;
                keepalive 16;  # <-
            }
            server { listen 81; location / { proxy_set_header Connection close; proxy_pass http://backend; } }
        }
        """,
    ),
    good=(
        """
        # nginx 1.26.3
        upstream backend { server 10.0.0.5:8000; keepalive 16; }
        server {
            listen 127.0.0.1:81;
            location / {
                proxy_http_version 1.1;
                proxy_set_header Host $host;
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                proxy_set_header X-Forwarded-Proto $scheme;
                proxy_set_header Connection "";
                proxy_pass http://backend;
            }
        }
        """,
        "upstream backend { server 10.0.0.5:8000; keepalive 16; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive",
    covers=("nginx-lint:proxy-keepalive",),
)
def keepalive_without_effect(config: NginxConfig) -> Iterator[Report]:
    """
    Connections to the back end are to be kept, and each request closes its own.

    Before 1.29.7 nginx speaks HTTP/1.0 to back ends and sends `Connection: close`, so `keepalive` keeps nothing until
    `proxy_http_version 1.1;` and `proxy_set_header Connection "";` stand where it passes on. Newer ones need neither,
    and keep nothing where `Connection close` or `proxy_http_version 1.0;` was left over.
    """
    if config.http is None:
        return
    is_new = config.version >= _KEPT_ALIVE
    advice = (
        'take out "Connection close" and "proxy_http_version 1.0"'
        if is_new
        else 'add "proxy_http_version 1.1;" and "proxy_set_header Connection \\"\\";"'
    )
    users: dict[str, list[bool]] = {name: [] for name in config.upstreams}
    for passing in passings(config):
        sent = passing.at.proxy.sent("connection")
        keeps = passing.at.proxy.http_version == "1.1" and (sent is None or sent.lower() != "close")
        unsure = config.may_hold(passing.block, "proxy_set_header", "proxy_http_version")
        users.get(passing.target.host, []).append(keeps or unsure)
    for name, kept in users.items():
        keepalive = config.upstreams[name].first("keepalive")
        if keepalive and kept and not any(kept):
            yield keepalive.place, f"no connection is kept: {advice}"
