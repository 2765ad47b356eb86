"""Which server answers which name, and what nginx makes of names and sockets that are taken."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, server_names
from ...nginx.servers import sockets
from ...rule import Report, rule
from .once import once

_SERVER = "https://nginx.org/en/docs/http/request_processing.html"
_LISTEN = "https://nginx.org/en/docs/http/ngx_http_core_module.html#listen"
_CATCH_ALL = frozenset({"", "_", "~.*", "~^", "~."})


@rule(
    "nginx/no-default-server",
    Severity.WARNING,
    bad=(
        """
        http {
            server {
                listen 80;  # <-
                server_name one.example.com;
            }
            server {
                listen 80;
                server_name two.example.com;
            }
        }
        """,
    ),
    good=(
        """
        http {
            server_tokens off;
            server { listen 80 default_server; server_name _; return 444; }
            server { listen 80; server_name one.example.com; location / { return 404; } }
        }
        """,
        "http { server_tokens off; server { listen 80; server_name one.example.com; location / { return 404; } } }",
        """
        http {
            server_tokens off;
            server { listen 80; server_name _; return 444; }
            server { listen 80; server_name one.example.com; location / { return 404; } }
        }
        """,
        "server { listen 80; server_name a.test; return 404; }\nserver { listen 80; server_name b.test; return 404; }",
        """
        http {
            server_tokens off;
            server { listen 80; server_name one.example.com; location / { return 404; } }
            server { listen 80; server_name two.example.com; location / { return 404; } }
            include /etc/nginx/conf.d/*.conf;
        }
        """,
    ),
    lacks=True,
    source=_SERVER,
    covers=("gixy:default_server_flag",),
)
def no_default_server(config: NginxConfig) -> Iterator[Report]:
    """
    Several sites on one socket, and nobody said which answers a name that is none of theirs.

    The one that stands first does: with its pages and, by TLS, its certificate, for every name that anybody points
    here and for scanners that ask by address. Another file included earlier changes the choice. Write a server with
    `default_server` that answers `return 444;`, by TLS with `ssl_reject_handshake on;` (from 1.19.4 on).
    """
    if config.http is None or config.may_hold_inside(config.http, "server", "listen"):
        return
    yield from once(_without_default(config))


def _without_default(config: NginxConfig) -> Iterator[Report]:
    for socket in sockets(config).values():
        servers = list(dict.fromkeys(server for server, _ in socket))
        if len(servers) < 2 or any(listen.is_default for _, listen in socket):  # noqa: PLR2004 - a choice needs two
            continue
        names = [name for server in servers for name in server_names(server)]
        if _CATCH_ALL.isdisjoint(names) and not any(config.is_unknown(name) or "$" in name for name in names):
            listen = socket[0][1].directive
            first = server_names(servers[0])[0]
            message = f'"{first}" also answers every name that is nobody\'s; add a "default_server" that returns 444'
            yield (listen.arg_place(0) if listen else servers[0].place), message


@rule(
    "nginx/server-name-taken",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;
            server_name www.example.com example.com;
            return 404;
        }
        server {
            listen 80;
            server_name Example.com;  # <-
            return 403;
        }
        """,
        """
        server {
            listen 443 ssl;
            server_name example.com example.com;  # <-
        }
        """,
        """
        server { listen 8080; return 404; }
        server { listen 8080; return 403; }  # <-
        """,
    ),
    good=(
        """
        server { listen 80; server_name example.com; return 404; }
        server { listen 8080; server_name example.com; return 404; }
        server { listen 127.0.0.1:80; server_name example.com; return 404; }
        """,
        """
        server { listen 80; server_name example.com; return 404; }
        server { listen 80; server_name *.example.com; return 404; }
        """,
    ),
    source=_SERVER,
)
def server_name_taken(config: NginxConfig) -> Iterator[Report]:
    """
    A name that an earlier server on the same socket has already.

    nginx starts, warns `conflicting server name, ignored`, and the earlier server answers: nothing of this one is ever
    used for that name, which is often what is left of a copied file.
    """
    yield from once(_taken(config))


def _taken(config: NginxConfig) -> Iterator[Report]:
    for (address, port), socket in sockets(config).items():
        taken: dict[str, Directive] = {}
        for server in dict.fromkeys(server for server, _ in socket):
            for directive, index, name in _names(config, server):
                if name in taken:
                    line = taken[name].place.line
                    said = f'line {line} has "{name}" on {address}:{port} already, so it is ignored here; take it out'
                    nameless = f"the server in line {line} has no name either and answers all; give this one a name"
                    yield directive.arg_place(index), said if name else nameless
                taken.setdefault(name, directive)


def _names(config: NginxConfig, server: Directive) -> Iterator[tuple[Directive, int, str]]:
    """The names of *server* with their places; the empty one, at its head, where it has none."""
    if server.first("server_name") is None and not config.may_hold(server, "server_name"):
        yield server, -1, ""
    for directive in server.find("server_name"):
        for index, name in enumerate(directive.args):
            if name and not name.startswith("~") and not config.is_unknown(name):
                yield directive, index, name.lower()


@rule(
    "nginx/listen-twice",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 80;
            listen 0.0.0.0:80;  # <-
            return 404;
        }
        """,
        """
        server { listen 80 default_server; return 404; }
        server {
            listen 80 default_server;  # <-
            server_name example.com;
            return 404;
        }
        """,
    ),
    good=(
        "server { listen 80; listen [::]:80; listen 443 quic; listen 127.0.0.1:80; return 404; }",
        """
        server { listen 80 default_server; server_name a.test; return 404; }
        server { listen 81 default_server; server_name a.test; return 404; }
        """,
    ),
    source=_LISTEN,
)
def listen_twice(config: NginxConfig) -> Iterator[Report]:
    """
    A socket that a server names twice, or that has two default servers.

    nginx does not start: `a duplicate listen`, or `a duplicate default server`.
    """
    yield from once(_listening_twice(config))


def _listening_twice(config: NginxConfig) -> Iterator[Report]:
    for (address, port), socket in sockets(config).items():
        if port is None:
            continue
        seen: set[int] = set()
        default: Directive | None = None
        for server, listen in socket:
            if listen.directive is None or config.is_unknown(listen.directive.value):
                continue
            place = listen.directive.arg_place(0)
            if id(server) in seen:
                yield place, f"nginx does not start: this server listens on {address}:{port} already; take one out"
            elif listen.is_default and default is not None and default is not server:
                line = default.place.line
                yield place, f'nginx does not start: the server in line {line} is "default_server" already; choose one'
            seen.add(id(server))
            default = server if listen.is_default and default is None else default
