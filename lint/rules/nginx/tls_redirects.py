"""The way from http to https."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, Listen, NginxConfig, listens, server_names
from ...nginx.asking import reply
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from .answering import servers

_PLAIN = 80
_ROOTLESS = (8080, 8443)
"""What nginx without root listens on instead of 80 and 443, with the true ones published."""

_PATH = "/a/page"
_PLAIN_TARGET = regex(r"http://(\$\w+|\$\{\w+\}|[\w.-]+)(?=[/?$]|$)")
_SAME_HOST = ("$host", "${host}", "$http_host", "$server_name", "${server_name}")


@rule(
    "nginx/site-without-tls",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 80;  # <-
            server_name example.com;
            location / { proxy_pass http://backend; }
        }
        server {
            listen 443 ssl;
            server_name example.com;
            location / { proxy_pass http://backend; }
        }
        """,
        """
        server {
            listen 80;  # <-
            listen [::]:80;
            listen 443 ssl;
            server_name example.com;
            location / { proxy_pass http://backend; }
        }
        """,
        """
        server {
            listen 8080;  # <-
            server_name example.com;
            location / { proxy_pass http://backend; }
        }
        server {
            listen 8443 ssl;
            server_name example.com;
            location / { proxy_pass http://backend; }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            server_name example.com;
            location ^~ /.well-known/acme-challenge/ { root /srv/acme; }
            location / { return 301 https://$host$request_uri; }
        }
        server {
            listen 443 ssl;
            server_name example.com;
            include /etc/nginx/snippets/headers.conf;
            location / { proxy_pass http://backend; }
        }
        """,
        """
        server {
            listen 80;
            listen 443 ssl;
            server_name example.com;
            include /etc/nginx/snippets/headers.conf;
            if ($scheme = http) { return 301 https://$host$request_uri; }
            location / { proxy_pass http://backend; }
        }
        """,
        "server { listen 127.0.0.1:80; listen 443 ssl; location / { proxy_pass http://backend; } }",
        "server { listen 80; server_name example.com; location / { proxy_pass http://backend; } }",
    ),
    source="https://developer.mozilla.org/en-US/docs/Web/Security/Practical_implementation_guides/TLS",
)
def site_without_tls(config: NginxConfig) -> Iterator[Report]:
    """
    A site that speaks TLS answers without it as well.

    Who types the name, or follows an old link, stays on http: passwords and cookies go over the net in the open, and
    nobody is sent to the safe address. Answer on port 80 with a redirect, and let ACME challenges through.
    """
    by_tls = {
        name
        for server in config.servers
        if any(each.is_ssl for each in listens(server))
        for name in server_names(server)
    }
    ports = {each.port for server in config.servers for each in listens(server) if each.is_ssl}
    plain_port = _ROOTLESS[0] if ports == {_ROOTLESS[1]} else _PLAIN
    for server in servers(config) if by_tls else ():
        plain = _plain_socket(server, plain_port)
        names = [name for name in server_names(server) if name in by_tls and not name.startswith("~")]
        if plain is None or plain.directive is None or not names or config.may_hold(server, "return", "rewrite", "if"):
            continue
        if any(each.name.startswith(("rewrite_by_lua", "access_by_lua")) for each in server.walk()):
            continue
        host = names[0].replace("*", "www").lstrip(".") or "localhost"
        answer = reply(config, server, _PATH, host=host)
        if answer is not None and not answer.redirect and (answer.status or 200) < 400:  # noqa: PLR2004 - no refusal
            what = f'"{names[0]}"' if names[0] else "the site"
            message = f'{what} has TLS but answers here without; write "return 301 https://$host$request_uri;"'
            yield plain.directive.place, message


def _plain_socket(server: Directive, port: int) -> Listen | None:
    return next(
        (each for each in listens(server) if each.port == port and not each.is_ssl and not _is_local(each)), None
    )


def _is_local(socket: Listen) -> bool:
    return socket.address.startswith(("127.", "[::1]", "localhost", "unix:"))


@rule(
    "nginx/redirect-out-of-tls",
    Severity.WARNING,
    bad=(
        """
        server {
            listen 443 ssl;
            server_name example.com;
            location /old { return 301 http://$host/new; }  # <-
        }
        """,
        """
        server {
            listen 443 ssl;
            server_name www.example.com;
            return 301 http://example.com$request_uri;  # <-
        }
        server {
            listen 443 ssl;
            server_name example.com;
            return 404;
        }
        """,
    ),
    good=(
        "server { listen 443 ssl; location /old { return 301 https://$host/new; } }",
        "server { listen 443 ssl; location /old { return 301 http://example.org/new; } }",
        "server { listen 80; location /old { return 301 http://$host/new; } }",
        "server { listen 443 ssl; location /old { return 301 /new; } }",
    ),
    fixed="""
        server {
            listen 443 ssl;
            server_name example.com;
            location /old { return 301 https://$host/new; }
        }
    """,
    source="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security",
    covers=("semgrep:insecure-redirect",),
)
def redirect_out_of_tls(config: NginxConfig) -> Iterator[Report]:
    """
    A redirect from https to http on a site that speaks TLS.

    The next request goes over the net in the open, cookies without `Secure` with it, and whoever listens may answer
    it. Reported is a redirect to the same host, or to a name that has TLS in the same configuration.
    """
    names = {name for server in config.servers if _has_tls_only(server) for name in server_names(server)}
    for directive in config.find("return", "rewrite"):
        server = directive.enclosing("server")
        if server is None or not _has_tls_only(server) or directive.is_inside("stream"):
            continue
        for index, arg in enumerate(directive.args):
            target = _PLAIN_TARGET.match(arg)
            if target and (target[1] in _SAME_HOST or target[1].lower() in names):
                message = f'the way leads from TLS to "http://{target[1]}"; write "https://{target[1]}"'
                yield directive.arg_place(index), message, _with_tls(directive, index)


def _has_tls_only(server: Directive) -> bool:
    return all(each.is_ssl for each in listens(server))


def _with_tls(directive: Directive, index: int) -> tuple[Edit, ...]:
    text, place = directive.arg_text(index), directive.arg_place(index)
    start = place.column + text.find("http://")
    if "http://" not in text or place.line != place.end_line:
        return ()
    return (Edit(Place(place.path, place.line, start, place.line, start + len("http://")), "https://"),)


@rule(
    "nginx/redirect-keeps-port",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            listen 80;
            return 301 https://$http_host$request_uri;  # <-
        }
    """,
    good=(
        "server { listen 80; return 301 https://$host$request_uri; }",
        "server { listen 80; return 301 $scheme://$http_host/app/; }",
    ),
    fixed="""
        server {
            listen 80;
            return 301 https://$host$request_uri;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#var_host",
    covers=("semgrep:request-host-used",),
)
def redirect_keeps_port(config: NginxConfig) -> Iterator[Report]:
    """
    A redirect to https with `$http_host`, which holds the port that was asked for.

    A request for `example.com:80` or `:8080` is sent to `https://example.com:8080`, where nobody speaks TLS; and
    without a `Host`, as HTTP/1.0 allows, the address is empty. `$host` is the name alone and always there. On port 80
    itself browsers leave the port out, so it shows where a container's port is published under another number.
    """
    for directive in config.find("return", "rewrite"):
        for index, arg in enumerate(directive.args):
            if arg.startswith("https://$http_host") or arg.startswith("https://${http_host}"):
                message = '"$http_host" holds the port of the request, which speaks no TLS; write "$host"'
                yield directive.arg_place(index), message, _mended(directive, index)


def _mended(directive: Directive, index: int) -> tuple[Edit, ...]:
    text, place = directive.arg_text(index), directive.arg_place(index)
    for written, better in (("$http_host", "$host"), ("${http_host}", "${host}")):
        at = text.find(written)
        if at >= 0 and place.line == place.end_line:
            start = place.column + at
            return (Edit(Place(place.path, place.line, start, place.line, start + len(written)), better),)
    return ()
