"""HTTP/3 that is not reached or lost, and handshakes that are refused while requests are not."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, listens
from ...rule import Report, rule
from .insertion import inside


@rule(
    "nginx/quic-without-tcp",
    Severity.WARNING,
    bad="""
        server {
            listen 443 quic;  # <-
            server_name www.example.com;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            add_header Alt-Svc 'h3=":443"; ma=86400' always;
            location / { return 404; }
        }
    """,
    good="""
        server {
            listen 443 quic;
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            add_header Alt-Svc 'h3=":443"; ma=86400' always;
            location / { return 404; }
        }
    """,
    lacks=True,
    source="https://nginx.org/en/docs/quic.html",
)
def quic_without_tcp(config: NginxConfig) -> Iterator[Report]:
    """
    A site by HTTP/3 alone.

    Browsers ask by TCP first and change over when an answer tells them to; where UDP is blocked, as in many offices,
    they stay with TCP. With `listen 443 quic` and no `listen 443 ssl` in the same server they find another site, or
    none.
    """
    for server in config.servers:
        quic = next((each for each in listens(server) if each.is_quic), None)
        if quic is None or quic.directive is None or config.may_hold(server, "listen"):
            continue
        if not any(each.is_ssl and not each.is_quic for each in listens(server)):
            port = f"{quic.port} " if quic.port else ""
            yield quic.directive.arg_place(0), f'no browser begins with HTTP/3; add "listen {port}ssl;" to this server'


@rule(
    "nginx/quic-lost-on-reload",
    Severity.INFO,
    preset="strict",
    bad="""
        worker_processes auto;
        quic_bpf on;  # <-
        events {}
        http {
            server_tokens off;
            server {
                listen 443 quic reuseport;
                listen 443 ssl;
                ssl_reject_handshake on;
                return 421;
            }
        }
    """,
    good=(
        """
        worker_processes 1;
        quic_bpf on;
        events {}
        http {
            server_tokens off;
            ssl_session_cache shared:TLS:10m;
            server { listen 443 quic reuseport; listen 443 ssl; ssl_reject_handshake on; return 421; }
        }
        """,
        "quic_bpf on;\nevents {}\nhttp { server_tokens off; }",
    ),
    source="https://github.com/nginx/nginx/issues/425",
    covers=("gixy:quic_bpf_reuseport",),
)
def quic_lost_on_reload(config: NginxConfig) -> Iterator[Report]:
    """
    `quic_bpf` with `reuseport` and several workers: after a reload many connections of HTTP/3 come to nothing.

    The kernel goes on handing packets to the sockets of the old workers, which take no new connections any more.
    Without `quic_bpf` clients that change their address lose theirs, which is rarer than a reload.
    """
    workers = next((each.value for each in config.find("worker_processes")), "1")
    shared = any(
        listen.is_quic and "reuseport" in listen.parameters for server in config.servers for listen in listens(server)
    )
    for directive in config.find("quic_bpf"):
        if directive.value.lower() == "on" and shared and workers != "1":
            yield directive.place, 'after a reload new HTTP/3 connections go to workers that end; write "quic_bpf off;"'


@rule(
    "nginx/rejected-names-answered",
    Severity.INFO,
    preset="strict",
    bad=(
        """
        server {
            listen 443 ssl default_server;
            ssl_reject_handshake on;  # <-
        }
        """,
        """
        server {
            listen 443 ssl default_server;
            ssl_reject_handshake on;  # <-
            location / { proxy_pass http://backend; }
        }
        """,
    ),
    good=(
        "server { listen 443 ssl default_server; ssl_reject_handshake on; return 421; }",
        "server { listen 443 ssl default_server; ssl_reject_handshake on; location / { return 444; } }",
        "server { listen 443 ssl default_server; ssl_reject_handshake off; }",
    ),
    fixed="""
        server {
            return 421;
            listen 443 ssl default_server;
            ssl_reject_handshake on;
        }
    """,
    unsafe=True,
    lacks=True,
    source="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.20",
    covers=("gixy:http2_misdirected_request",),
)
def rejected_names_answered(config: NginxConfig) -> Iterator[Report]:
    """
    A server that refuses handshakes, and answers requests all the same.

    A client that shook hands for a name nginx knows may ask for any other on the same connection; HTTP/2 does so by
    itself where a certificate covers both. Such requests come to this server, to its files or its back end. `return
    421;` sends the client away to try on a connection of its own, which is then refused.
    """
    for directive in config.find("ssl_reject_handshake"):
        server = directive.parent
        if directive.value.lower() != "on" or server is None or server.name != "server" or _returns(server):
            continue
        if not config.may_hold(server, "return", "location") and not server.is_inside("stream"):
            edits: tuple[Edit, ...] = () if server.first("location") else (inside(server, "return 421;", safe=False),)
            yield directive.place, 'requests for these names may come by another handshake; add "return 421;"', edits


def _returns(server: Directive) -> bool:
    """Whether every request is answered by a ``return``."""
    locations = [each for each in server.walk() if each.name == "location"]
    return server.first("return") is not None or (bool(locations) and all(each.first("return") for each in locations))
