"""Sockets: options that are given twice, and HTTP/3 that nobody hears of."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, Listen, NginxConfig, header, listens
from ...rule import Report, rule
from .once import once

_LISTEN = "https://nginx.org/en/docs/http/ngx_http_core_module.html#listen"
_OPTIONS = (
    "reuseport",
    "bind",
    "deferred",
    "backlog=",
    "rcvbuf=",
    "sndbuf=",
    "setfib=",
    "fastopen=",
    "ipv6only=",
    "so_keepalive=",
    "accept_filter=",
)
"""What belongs to the socket, not to the server, and is given once."""


@rule(
    "nginx/socket-options-twice",
    Severity.ERROR,
    bad="""
        server { listen 8443 reuseport; server_name a.test; return 404; }
        server {
            listen 8443 reuseport;  # <-
            server_name b.test;
            return 404;
        }
    """,
    good=(
        """
        server { listen 8443 reuseport; server_name a.test; return 404; }
        server { listen 8443; server_name b.test; return 404; }
        """,
        "server { listen 80 backlog=511; listen [::]:80 backlog=511 ipv6only=on; return 404; }",
    ),
    source=_LISTEN,
)
def socket_options_twice(config: NginxConfig) -> Iterator[Report]:
    """
    Options of one socket in two servers.

    nginx does not start: `duplicate listen options`. They belong to the socket, which all its servers share, so only
    one of them says `reuseport`, `backlog` or `ipv6only`. It is met when a second site copies the first one's HTTP/3.
    """
    yield from once(_given_twice(config))


def _given_twice(config: NginxConfig) -> Iterator[Report]:
    first: dict[tuple[object, ...], Directive] = {}
    for server in config.servers:
        for listen in listens(server):
            directive = listen.directive
            if directive is None or listen.port is None or not _has_options(listen):
                continue
            earlier = first.setdefault((*listen.socket, listen.is_quic), server)
            if earlier is not server:
                index = next(i for i, word in enumerate(directive.args) if word.startswith(_OPTIONS))
                word = directive.args[index]
                message = (
                    f'nginx does not start: "{word}" belongs to the socket and an earlier server gives it; take it out'
                )
                yield directive.arg_place(index), message


def _has_options(listen: Listen) -> bool:
    return any(word.startswith(_OPTIONS) for word in listen.parameters)


@rule(
    "nginx/http3-unannounced",
    Severity.WARNING,
    bad="""
        http {
            server {
                listen 443 quic;  # <-
                listen 443 ssl;
                ssl_certificate /etc/ssl/a.pem;
                ssl_certificate_key /etc/ssl/a.key;
                location / { proxy_pass http://127.0.0.1:8000; }
            }
        }
    """,
    good=(
        """
        server {
            listen 443 quic;
            listen 443 ssl;
            ssl_certificate /etc/ssl/a.pem;
            ssl_certificate_key /etc/ssl/a.key;
            add_header Alt-Svc 'h3=":443"; ma=86400' always;
            location / { return 404; }
        }
        """,
        "server { listen 443 quic; listen 443 ssl; ssl_certificate a.pem; ssl_certificate_key a.key; return 404; }",
        """
        http {
            server_tokens off;
            ssl_session_cache shared:TLS:10m;
            server {
                listen 443 quic default_server;
                listen 443 ssl default_server;
                ssl_reject_handshake on;
                return 421;
            }
        }
        """,
    ),
    lacks=True,
    source="https://nginx.org/en/docs/quic.html",
)
def http3_unannounced(config: NginxConfig) -> Iterator[Report]:
    """
    A server that speaks HTTP/3 and tells nobody.

    Browsers come by TCP and change over only when an answer says `Alt-Svc: h3=":443"`, or when the name server has an
    HTTPS record, which is not seen here. Without either the UDP port is open and never used.
    """
    for server in config.servers:
        quic = next((each.directive for each in listens(server) if each.is_quic and each.directive), None)
        if quic is None or config.http is None or config.may_hold(server, "add_header"):
            continue
        if config.effective(server).tls.rejects:
            continue
        around = (config.http, server, *server.walk())
        headers = (each for block in around for each in block.find("add_header", "more_set_headers"))
        if not any("alt-svc" in f"{header(each).name}{header(each).value}".lower() for each in headers):
            yield (
                quic.arg_place(0),
                "no browser learns of HTTP/3 here; add_header Alt-Svc 'h3=\":443\"; ma=86400' always;",
            )
