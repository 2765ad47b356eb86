"""Sockets that some clients do not reach, or reach another site by."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Listen, NginxConfig, listens, server_names
from ...nginx.servers import sockets
from ...rule import Report, rule
from .answering import is_whole
from .insertion import after
from .once import once
from .passing import is_address

_LISTEN = "https://nginx.org/en/docs/http/ngx_http_core_module.html#listen"
_CATCH_ALL = ("", "_")
_OWN = ("default_server", "default", "reuseport", "bind", "deferred", "backlog=", "rcvbuf=", "sndbuf=", "fastopen=")
"""Parameters of ``listen`` that a socket has once, or that say more than the pair should."""


@rule(
    "nginx/listen-on-name",
    Severity.WARNING,
    bad=(
        "server { listen www.example.com:80; return 404; }  # <-",
        "server { listen web1; return 404; }  # <-",
    ),
    good=(
        "server { listen localhost:8081; return 404; }",
        "server { listen 10.0.0.5:80; listen [::1]:81; listen unix:/run/a.sock; listen *:82; return 404; }",
        "server { listen ${ADDRESS}:80; return 404; }",
    ),
    source=_LISTEN,
)
def listen_on_name(config: NginxConfig) -> Iterator[Report]:
    """
    A socket on an address that has to be looked up first.

    Without an answer nginx does not start, `host not found in "www.example.com:80" of the "listen" directive`: after a
    reboot it often comes up before the name server can be reached. And when the name leads to another machine, as that
    of a site behind a CDN does, the socket cannot be opened. Write the address, or the port alone; which site is meant
    is the matter of `server_name`.
    """
    yield from once(_on_names(config))


def _on_names(config: NginxConfig) -> Iterator[Report]:
    for server in config.servers:
        for listen in listens(server):
            host, directive = listen.address, listen.directive
            if directive is None or listen.is_unix or host in ("*", "localhost") or is_address(host):
                continue
            if not any(mark in host for mark in "${@<%") and "__" not in host:
                yield (
                    directive.arg_place(0),
                    f'"{host}" is looked up when nginx starts, and without an answer it does not; write its address',
                )


@rule(
    "nginx/wrong-site-by-ipv6",
    Severity.WARNING,
    bad="""
        server {
            listen 80 default_server;
            listen [::]:80 default_server;
            server_name one.example.com;
            return 404;
        }
        server {
            listen 80;  # <-
            server_name two.example.com;
            return 403;
        }
    """,
    good=(
        """
        server { listen 80; server_name one.example.com; return 404; }
        server { listen 80; listen [::]:81; server_name two.example.com; return 403; }
        """,
        """
        server { listen [::]:80 default_server ipv6only=off; server_name one.example.com; return 404; }
        server { listen [::]:80; server_name two.example.com; return 403; }
        """,
    ),
    fixed="""
        server {
            listen 80 default_server;
            listen [::]:80 default_server;
            server_name one.example.com;
            return 404;
        }
        server {
            listen 80;
            listen [::]:80;
            server_name two.example.com;
            return 403;
        }
    """,
    unsafe=True,
    source=_LISTEN,
)
def wrong_site_by_ipv6(config: NginxConfig) -> Iterator[Report]:
    """
    A site on the IPv4 socket of a port alone, while others have the IPv6 one as well.

    Who comes by IPv6, as most phones do, gets another site, with its certificate: the one that answers whatever is
    nobody's on that socket. From the office, by IPv4, all is well. Write `listen [::]:80;` beside each `listen 80;`.
    """
    yield from once(_only_by_ipv4(config))


def _only_by_ipv4(config: NginxConfig) -> Iterator[Report]:
    by_socket = {key: {id(server): server for server, _ in found} for key, found in sockets(config).items()}
    for server in config.servers:
        names = [name for name in server_names(server) if name not in _CATCH_ALL]
        for listen in listens(server) if names else ():
            others = by_socket.get(("[::]", listen.port), {})
            if listen.address != "*" or listen.directive is None or not others or id(server) in others:
                continue
            if listen.is_quic or config.may_hold(server, "listen"):
                continue
            answering = server_names(next(iter(others.values())))[0] or "another site"
            message = f'by IPv6 "{answering}" answers for "{names[0]}"; add "{_pair(listen)}"'
            yield listen.directive.arg_place(0), message, (after(listen.directive, _pair(listen), safe=False),)


def _pair(listen: Listen) -> str:
    """The same socket for IPv6."""
    words = [word for word in listen.parameters if not word.startswith(_OWN)]
    return " ".join(("listen", f"[::]:{listen.port}", *words)) + ";"


@rule(
    "nginx/no-ipv6-socket",
    Severity.INFO,
    preset="strict",
    bad="""
        http {
            server_tokens off;
            server {
                listen 80;  # <-
                server_name one.example.com;
                location / { return 404; }
            }
            server { listen 80 default_server; return 444; }
        }
    """,
    good=(
        "http { server_tokens off; server { listen 80; listen [::]:80; location / { return 404; } } }",
        "http { server_tokens off; server { listen 127.0.0.1:80; location / { return 404; } } }",
        "http { server_tokens off; server { listen 80; location / { return 404; } } include sites/*.conf; }",
        "server { listen 80; location / { return 404; } }",
    ),
    lacks=True,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#listen",
)
def no_ipv6_socket(config: NginxConfig) -> Iterator[Report]:
    """
    A port that nobody reaches by IPv6.

    `listen 80` is IPv4 alone. Where the machine, or the container, has an IPv6 address, write `listen [::]:80;` beside
    it, in every server. It is reported once for each port, where no include has a wildcard and all files are at hand.
    """
    is_split = any("*" in each.value for each in config.find("include"))
    if is_split or not is_whole(config) or any(not unread.names for unread in config.unread):
        return
    found = sockets(config)
    for (address, port), servers in found.items():
        directive = servers[0][1].directive
        if address == "*" and port is not None and directive is not None and ("[::]", port) not in found:
            yield directive.arg_place(0), f'nobody comes to port {port} by IPv6; add "listen [::]:{port};" as well'
