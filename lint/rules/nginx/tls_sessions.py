"""Sessions of TLS: what saves a returning client the long handshake, and what may be sent before it is done."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig, listens, time_s
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_whole
from .insertion import inside

_SSL = "https://nginx.org/en/docs/http/ngx_http_ssl_module.html"


@rule(
    "nginx/no-shared-session-cache",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        events {}
        http {
            server_tokens off;
            server {
                listen 443 ssl;  # <-
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
                return 404;
            }
        }
        """,
        "ssl_session_cache builtin:1000;  # <-",
    ),
    good=(
        "ssl_session_cache shared:TLS:10m;",
        "ssl_session_cache off;",
        "server { listen 443 ssl; return 404; }",
    ),
    fixed="""
        events {}
        http {
            ssl_session_cache shared:TLS:10m;
            server_tokens off;
            server {
                listen 443 ssl;
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
                return 404;
            }
        }
    """,
    unsafe=True,
    source=f"{_SSL}#ssl_session_cache",
)
def no_shared_session_cache(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    TLS without a cache that all workers share.

    A client that comes back must shake hands in full, which costs a round trip and most of what TLS costs the server,
    unless it happens to have a ticket. The cache `builtin` belongs to one worker.
    """
    for directive in config.find("ssl_session_cache"):
        if any(word.startswith("builtin") for word in directive.args) and "shared" not in " ".join(directive.args):
            message = f'each worker has a cache of its own; write "{policy.tls.recommended_session_cache}"'
            edit = Edit(directive.args_place, policy.tls.recommended_session_cache, safe=False)
            yield directive.arg_place(0), message, (edit,)
    if config.http is None or not is_whole(config) or config.has("ssl_session_cache"):
        return
    for server in config.servers:
        socket = next((listen.directive for listen in listens(server) if listen.is_ssl and listen.directive), None)
        if socket is not None and not config.may_hold(server, "ssl_session_cache"):
            statement = f"ssl_session_cache {policy.tls.recommended_session_cache};"
            message = f'no handshake is remembered for other workers; write "{statement}" in http'
            yield socket.place, message, (inside(config.http, statement, safe=False),)
            return


@rule(
    "nginx/long-tls-session",
    Severity.INFO,
    preset="strict",
    bad="ssl_session_timeout 10d;  # <-",
    good=("ssl_session_timeout 1d;", "ssl_session_timeout 4h;", "ssl_session_timeout ${TLS_TIME};"),
    fixed="ssl_session_timeout 86400s;",
    source="https://ssl-config.mozilla.org/guidelines/6.0.json",
)
def long_tls_session(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Sessions of TLS that are kept for long.

    As long as a session may be taken up again its key is in memory, and what was said can be read by whoever gets it.
    """
    for directive in config.find("ssl_session_timeout"):
        seconds = time_s(directive.value)
        if seconds is not None and seconds > policy.tls.max_session_timeout_s:
            most = policy.tls.max_session_timeout_s
            message = f'"{directive.value}" keeps the keys of sessions for too long; write at most "{most}s"'
            yield directive.arg_place(0), message, (Edit(directive.arg_place(0), f"{most}s"),)


@rule(
    "nginx/early-data-unmarked",
    Severity.WARNING,
    bad="""
        server {
            listen 443 ssl;
            ssl_early_data on;  # <-
            location / { proxy_pass http://backend; }
        }
    """,
    good=(
        """
        server {
            listen 443 ssl;
            ssl_early_data on;
            location / { proxy_set_header Early-Data $ssl_early_data; proxy_pass http://backend; }
        }
        """,
        "server { listen 443 ssl; ssl_early_data on; root /srv/site; }",
        "server { listen 443 ssl; ssl_early_data on; if ($ssl_early_data) { return 425; } }",
    ),
    source=f"{_SSL}#ssl_early_data",
)
def early_data_unmarked(config: NginxConfig) -> Iterator[Report]:
    """
    Requests that came before the handshake was done are handed on as if they were like others.

    Whoever recorded such a request can send it again, and the other server pays or orders twice. The header
    `Early-Data` lets it ask for the request once more, with 425.
    """
    settings = [each for each in config.find("ssl_early_data") if each.value.lower() == "on"]
    if not settings or any("$ssl_early_data" in arg for each in config.walk() for arg in each.args):
        return
    for setting in settings:
        holder = setting.parent
        passes = list(holder.walk()) if holder else config.find("proxy_pass", "grpc_pass")
        is_open = holder is not None and config.may_hold_inside(holder, "proxy_set_header")
        if not is_open and any(each.name in ("proxy_pass", "grpc_pass") for each in passes):
            message = 'replayed requests reach the back end; add "proxy_set_header Early-Data $ssl_early_data;"'
            yield setting.place, message
