"""Sockets that are to speak TLS, and their certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...finding import Edit, Severity
from ...nginx import NEWEST, Directive, Listen, NginxConfig, listens
from ...nginx.servers import default_server, sockets
from ...place import Place
from ...rule import Report, rule
from .answering import is_whole
from .insertion import after, without_argument

_SSL = "https://nginx.org/en/docs/http/configuring_https_servers.html"
_HTTPS = 443


def _old_ssl(config: NginxConfig, server: Directive) -> bool:
    return config.effective(server).is_on("ssl")


@rule(
    "nginx/https-port-without-tls",
    Severity.WARNING,
    bad=(
        """
        events {}
        http {
            server {
                listen 443;  # <-
                server_name example.com;
                return 404;
            }
        }
        """,
        """
        server {
            listen 80;
            listen [::]:443;  # <-
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            return 404;
        }
        """,
    ),
    good=(
        """
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
        }
        server {
            listen 443;
            server_name other.example.com;
            ssl_certificate /etc/tls/other.pem;
            ssl_certificate_key /etc/tls/other.key;
        }
        """,
        "stream { server { listen 443; proxy_pass backend:443; } }",
        "server { listen 443; location / { return 404; } }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#listen",
)
def https_port_without_tls(config: NginxConfig) -> Iterator[Report]:
    """
    Port 443 without TLS.

    A browser that comes by `https://` gets an answer it cannot read, and the site seems to be down. One `listen` with
    `ssl` is enough for all servers of the socket. In a file that holds a part of a configuration it is reported only
    where the server has a certificate of its own.
    """
    for socket in sockets(config).values():
        if any(listen.is_ssl or "proxy_protocol" in listen.parameters for _, listen in socket):
            continue
        for server, listen in socket:
            if listen.port != _HTTPS or listen.directive is None or _old_ssl(config, server):
                continue
            if is_whole(config) or server.first("ssl_certificate"):
                message = f'port {_HTTPS} speaks no TLS here; write "listen {listen.directive.value} ssl"'
                yield listen.directive.arg_place(0), message


@rule(
    "nginx/tls-without-certificate",
    Severity.ERROR,
    bad=(
        """
        events {}
        http {
            server {
                listen 443 ssl;  # <-
                server_name example.com;
                return 404;
            }
        }
        """,
        """
        events {}
        stream {
            server {
                listen 5433 ssl;  # <-
                proxy_pass 192.0.2.1:5432;
            }
        }
        """,
    ),
    good=(
        """
        events {}
        http {
            server_tokens off;
            ssl_session_cache shared:TLS:10m;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            server { listen 443 ssl; return 404; }
        }
        """,
        """
        events {}
        http {
            server_tokens off;
            ssl_session_cache shared:TLS:10m;
            server { listen 443 ssl default_server; ssl_reject_handshake on; }
            server {
                listen 443 ssl;
                server_name example.com;
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
                return 404;
            }
        }
        """,
        "server { listen 443 ssl; include snippets/tls.conf; return 404; }",
        "server { listen 443 ssl; server_name example.com; return 404; }",
    ),
    source=_SSL,
)
def tls_without_certificate(config: NginxConfig) -> Iterator[Report]:
    """
    TLS without a certificate.

    nginx does not start: the default server of a socket that speaks TLS needs a certificate, or `ssl_reject_handshake`;
    where it rejects, every other server of the socket needs one.
    """
    message = 'TLS without a certificate, so nginx does not start; add "ssl_certificate" and its key'
    for each in config.find("listen"):
        server = each.parent if "ssl" in each.args and each.is_inside("stream") else None
        if server and not _has_certificate(config, server):
            yield each.place, message
    if not is_whole(config):
        return
    seen: set[int] = set()
    for socket in sockets(config).values():
        if not any(listen.is_ssl for _, listen in socket):
            continue
        first = default_server(socket)
        needing = [server for server, _ in socket] if config.effective(first).tls.rejects else [first]
        for server, listen in socket:
            if listen.directive is None or server not in needing or id(server) in seen:
                continue
            seen.add(id(server))
            if not _has_certificate(config, server):
                yield listen.directive.place, message


def _has_certificate(config: NginxConfig, server: Directive) -> bool:
    tls = config.effective(server).tls
    other = ("ssl_certificate_by_lua_block", "ssl_certificate_by_lua_file", "acme_certificate")
    is_open = config.may_hold(server, "ssl_certificate", "ssl_reject_handshake", *other)
    return bool(tls.certificates) or tls.rejects or is_open or config.effective(server).setting(*other) is not None


@rule(
    "nginx/certificate-without-key",
    Severity.ERROR,
    bad="""
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;  # <-
        }
    """,
    good=(
        """
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
        }
        """,
        "server { listen 443 ssl; ssl_certificate /etc/tls/site.pem; include tls/key.conf; }",
        "ssl_certificate /etc/tls/site.pem;",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate_key",
)
def certificate_without_key(config: NginxConfig) -> Iterator[Report]:
    """
    A certificate without its key.

    nginx does not start. Each `ssl_certificate` of a server takes the `ssl_certificate_key` with the same number.
    """
    seen: set[int] = set()
    for server in config.servers if config.has("ssl_certificate") else ():
        tls = config.effective(server).tls
        lonely = tls.certificates[len(tls.keys) :]
        if not lonely or config.may_hold(server, "ssl_certificate_key") or id(lonely[0]) in seen:
            continue
        if is_whole(config) or (lonely[0].parent is server and not tls.keys):
            seen.add(id(lonely[0]))
            for each in lonely:
                yield each.place, f'no "ssl_certificate_key" goes with "{each.value}"; add the key\'s path'


@rule(
    "nginx/listen-http2",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 443 ssl http2;  # <-
            listen [::]:443 ssl http2;  # <-
            server_name example.com;
        }
        """,
        """
        server {
            http2 on;
            listen 443 ssl http2 default_server;  # <-
        }
        """,
    ),
    good=(
        """
        server {
            listen 443 ssl;
            http2 on;
        }
        """,
        """
        # nginx 1.24.0
        server {
            listen 443 ssl http2;
            ssl_protocols TLSv1.2 TLSv1.3;
        }
        """,
    ),
    fixed="""
        server {
            listen 443 ssl;
            http2 on;
            listen [::]:443 ssl;
            server_name example.com;
        }
    """,
    unsafe=True,
    source="https://nginx.org/en/docs/http/ngx_http_v2_module.html#http2",
    covers=("nginx-lint:listen-http2-deprecated",),
)
def listen_http2(config: NginxConfig) -> Iterator[Report]:
    """
    `http2` as a parameter of `listen`, which nginx warns about from 1.25.1 on.

    The directive `http2 on` takes its place and holds for one server, where the parameter held for all servers of the
    socket; so mending is safe only where each of these says it itself, and where it is known which nginx runs it: an
    older one does not start with the directive.
    """
    if config.version < (1, 25, 1):
        return
    spoken = sockets(config)
    for server in config.servers:
        own = [listen for listen in listens(server) if listen.directive and "http2" in listen.parameters]
        for listen in own:
            message = '"listen ... http2" is deprecated since nginx 1.25.1; write "http2 on;" instead'
            edits = _as_directive(config, server, own, listen, spoken[listen.socket])
            yield _word(listen), message, edits


def _word(listen: Listen) -> Place:
    assert listen.directive is not None  # noqa: S101 - http2 is a word of a directive
    return listen.directive.arg_place(listen.directive.args.index("http2"))


def _as_directive(
    config: NginxConfig,
    server: Directive,
    own: Sequence[Listen],
    listen: Listen,
    socket: Sequence[tuple[Directive, Listen]],
) -> tuple[Edit, ...]:
    directive, first = listen.directive, own[0].directive
    if directive is None or first is None:
        return ()
    is_told = config.version != NEWEST
    is_safe = is_told and all("http2" in other.parameters or each.last("http2") for each, other in socket)
    taken = without_argument(directive, directive.args.index("http2"))
    edits = [Edit(taken.place, "", safe=is_safe)]
    if config.effective(server).setting("http2") is None:
        edits.append(after(first, "http2 on;", safe=is_safe))
    return tuple(edits)
