"""How much a client may take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import PASSES, Directive, NginxConfig, location, size_bytes, time_s
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_whole

_CORE = "https://nginx.org/en/docs/http/ngx_http_core_module.html"
_LIMIT = "https://nginx.org/en/docs/http/ngx_http_limit_req_module.html"
_MEGA = 1024 * 1024
_FORGED = ("$http_x_forwarded_for", "$http_x_real_ip", "$http_user_agent", "$http_host")


@rule(
    "nginx/body-without-limit",
    Severity.WARNING,
    bad=(
        """
        server {
            client_max_body_size 0;  # <-
            location / { proxy_pass http://backend; }
        }
        """,
        "client_max_body_size 20g;  # <-",
    ),
    good=(
        "client_max_body_size 20m;",
        "location /v2/ { client_max_body_size 0; proxy_pass http://registry; }",
        "location /upload/ { client_max_body_size 20g; proxy_pass http://backend; }",
        "client_max_body_size ${MAX_BODY};",
    ),
    source=f"{_CORE}#client_max_body_size",
)
def body_without_limit(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Requests of any size for a whole server.

    nginx stores what it is sent before it hands it on, so a few clients fill the disk. A location that takes uploads
    may set a higher limit, or none, for itself; that is not reported.
    """
    for directive in config.find("client_max_body_size"):
        size = size_bytes(directive.value)
        holder = directive.parent.name if directive.parent else "http"
        if size is None or holder not in ("http", "server"):
            continue
        if size == 0:
            yield directive.arg_place(0), '"0" lifts the limit for all requests; set one, and a higher one for uploads'
        elif size > policy.limits.max_body_bytes:
            most = policy.limits.max_body_bytes // _MEGA
            message = f'"{directive.value}" for all requests is more than {most}m; set it for the uploads alone'
            yield directive.arg_place(0), message


@rule(
    "nginx/login-without-limit",
    Severity.INFO,
    preset="strict",
    bad="location /login { proxy_pass http://backend; }  # <-",
    good=(
        "location /login { limit_req zone=login; proxy_pass http://backend; }",
        "location = /login { return 301 /account/; }",
        "location = /oauth2/auth { internal; proxy_pass http://backend; }",
        "location /blog/ { proxy_pass http://backend; }",
        "location /login { include limits.conf; proxy_pass http://backend; }",
    ),
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html",
)
def login_without_limit(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Passwords may be tried as fast as the network allows.

    A `limit_req` for each address slows such attempts down before they reach the back end. Which addresses take
    passwords is the policy's `limits.login_paths`.
    """
    asked_by_nginx = {each.value.partition("?")[0] for each in config.find("auth_request")}
    for block in config.locations:
        at = config.effective(block)
        if at.handler is None or at.handler.name not in PASSES or at.limits or not at.access.is_open:
            continue
        if location(block).pattern in asked_by_nginx:
            continue
        if at.setting("internal") is not None:
            continue
        path = _path(block)
        is_login = any(re.search(pattern, path, re.IGNORECASE) for pattern in policy.limits.login_paths)
        if path and is_login and not config.may_hold(block, "limit_req", "limit_conn"):
            yield block.place, f'passwords may be tried without limit at "{path}"; add "limit_req"'


def _path(block: Directive) -> str:
    head = location(block)
    return head.pattern if head.modifier in ("", "=", "^~") else ""


@rule(
    "nginx/limit-never-applied",
    Severity.WARNING,
    bad="""
        worker_processes auto;
        events {}
        http {
            server_tokens off;
            limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;  # <-
            limit_conn_zone $binary_remote_addr zone=each:10m;
            limit_conn each 20;
        }
    """,
    good=(
        """
        limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;
        server { listen 80; limit_req zone=api burst=5 nodelay; return 404; }
        """,
        "limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;",
    ),
    source=_LIMIT,
)
def limit_never_applied(config: NginxConfig) -> Iterator[Report]:
    """
    A zone for a limit that no `limit_req` or `limit_conn` names.

    The zone takes its memory and limits nobody, while everybody who reads the file believes that it does.
    """
    if not is_whole(config) or any(not unread.names for unread in config.unread):
        return
    used = {word.removeprefix("zone=") for each in config.find("limit_req", "limit_conn") for word in each.args[:2]}
    zones = config.find("limit_req_zone", "limit_conn_zone")
    defined = {word[5:].partition(":")[0] for each in zones for word in each.args if word.startswith("zone=")}
    if any(word[5:] not in defined for each in config.find("limit_req") for word in each.args[:1] if "zone=" in word):
        return  # nginx/missing-zone says so where the name is misspelt
    for directive in zones:
        for index, word in enumerate(directive.args):
            name = word.removeprefix("zone=").partition(":")[0]
            if word.startswith("zone=") and name not in used:
                applied = directive.name.removesuffix("_zone")
                yield (
                    directive.arg_place(index),
                    f'no "{applied}" names the zone "{name}", so nobody is limited; add it',
                )


@rule(
    "nginx/limit-by-client-header",
    Severity.WARNING,
    bad="limit_req_zone $http_x_forwarded_for zone=api:10m rate=10r/s;  # <-",
    good=(
        "limit_req_zone $binary_remote_addr zone=api:10m rate=10r/s;",
        "limit_req_zone $http_cf_connecting_ip zone=api:10m rate=10r/s;",
        "limit_conn_zone $server_name zone=each:10m;",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_realip_module.html",
)
def limit_by_client_header(config: NginxConfig) -> Iterator[Report]:
    """
    A limit for each value of a header that the client makes up.

    Whoever sends another `X-Forwarded-For` with each request is never limited, and who sends somebody else's uses up
    theirs. Behind a proxy let `set_real_ip_from` and `real_ip_header` put the true address into `$remote_addr`.
    """
    for directive in config.find("limit_req_zone", "limit_conn_zone"):
        found = next((name for name in _FORGED if name in directive.value), None)
        if found:
            message = (
                f'"{found}" is what the client says; write "$binary_remote_addr", with real_ip_header behind a proxy'
            )
            yield directive.arg_place(0), message


@rule(
    "nginx/burst-with-delay",
    Severity.INFO,
    preset="strict",
    bad="location /api/ { limit_req zone=api burst=20; proxy_pass http://backend; }  # <-",
    good=(
        "location /api/ { limit_req zone=api burst=20 nodelay; proxy_pass http://backend; }",
        "location /api/ { limit_req zone=api burst=20 delay=8; proxy_pass http://backend; }",
        "location /api/ { limit_req zone=api; proxy_pass http://backend; }",
    ),
    source=_LIMIT,
)
def burst_with_delay(config: NginxConfig) -> Iterator[Report]:
    """
    A burst that is held back.

    Without `nodelay` the requests of a burst wait their turn, one after the other at the rate of the zone, so a page
    with twenty of them takes seconds. `nodelay` serves them at once and refuses what is above.
    """
    for directive in config.find("limit_req"):
        words = directive.args
        if any(word.startswith("burst=") for word in words) and not any(
            word == "nodelay" or word.startswith("delay=") for word in words
        ):
            index = next(index for index, word in enumerate(words) if word.startswith("burst="))
            yield directive.arg_place(index), f'"{words[index]}" makes clients wait; add "nodelay" if that is not meant'


@rule(
    "nginx/few-keepalive-requests",
    Severity.INFO,
    preset="strict",
    bad="keepalive_requests 100;  # <-",
    good=("keepalive_requests 1000;", "upstream backend { server 127.0.0.1:8080; keepalive_requests 10; }"),
    fixed="keepalive_requests 1000;",
    source=f"{_CORE}#keepalive_requests",
    covers=("gixy:low_keepalive_requests",),
)
def few_keepalive_requests(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Connections that end after a few requests.

    HTTP/2 puts all requests of a page on one connection; when it is closed in the middle, the client shakes hands
    again, and some requests are lost. nginx itself went from 100 to 1000 with 1.19.10.
    """
    for directive in config.find("keepalive_requests"):
        least = policy.limits.min_keepalive_requests
        if directive.value.isdigit() and int(directive.value) < least and not directive.is_inside("upstream"):
            message = f'"{directive.value}" requests and the connection is closed; write "{least}" or more'
            yield directive.arg_place(0), message, (Edit(directive.arg_place(0), str(least)),)


@rule(
    "nginx/long-keepalive",
    Severity.INFO,
    preset="strict",
    bad="keepalive_timeout 3600;  # <-",
    good=("keepalive_timeout 65;", "keepalive_timeout 0;", "upstream backend { server a:1; keepalive_timeout 1h; }"),
    source=f"{_CORE}#keepalive_timeout",
)
def long_keepalive(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """Idle connections that are kept for long: each takes one of the worker's places, and anybody may open many."""
    for directive in config.find("keepalive_timeout"):
        seconds = time_s(directive.value)
        most = policy.limits.max_keepalive_timeout_s
        if seconds is not None and seconds > most and not directive.is_inside("upstream"):
            yield (
                directive.arg_place(0),
                f'"{directive.value}" keeps idle connections for long; write "{most}s" or less',
            )


@rule(
    "nginx/client-timeout-long",
    Severity.WARNING,
    bad=(
        "client_header_timeout 10m;  # <-",
        "http { server_tokens off; client_body_timeout 600s; send_timeout 1h; }  # <-",
    ),
    good=(
        "client_header_timeout 15s;\nclient_body_timeout 60s;\nsend_timeout 30s;",
        "location /upload/ { client_body_timeout 10m; proxy_pass http://backend; }",
        "client_body_timeout ${BODY_TIMEOUT};",
        "server { client_body_timeout 1h; location /a.Service/ { grpc_pass grpc://backend; } }",
    ),
    source="https://owasp.org/www-community/attacks/Slow_HTTP_Denial_of_Service_(DoS)_Attack",
)
def client_timeout_long(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A client may say nothing for very long.

    These are the times between two pieces of a request, or of an answer, not for the whole; nginx's own choice is 60
    seconds. A few thousand clients that send a byte every few minutes take all connections, and cost their owner
    nothing (Slowloris). A location for uploads may have times of its own. The limits are the policy's
    `limits.max_client_header_timeout_s`, `max_client_body_timeout_s` and `max_client_send_timeout_s`.
    """
    limits = {
        "client_header_timeout": policy.limits.max_client_header_timeout_s,
        "client_body_timeout": policy.limits.max_client_body_timeout_s,
        "send_timeout": policy.limits.max_client_send_timeout_s,
    }
    for name, most in limits.items():
        for directive in config.find(name):
            seconds = time_s(directive.value)
            is_own = directive.parent is not None and directive.parent.name in ("location", "if", "limit_except")
            is_own = is_own or _is_of_streams(directive.parent)
            if seconds is not None and seconds > most and not is_own:
                message = f'"{directive.value}" lets a few clients hold all connections; write "{most}s" or less'
                yield directive.arg_place(0), message


def _is_of_streams(block: Directive | None) -> bool:
    """Whether it is a server for gRPC, whose requests last as long as the two have something to say."""
    if block is None or block.name != "server":
        return False
    return any(each.first("grpc_pass") is not None for each in block.find("location"))
