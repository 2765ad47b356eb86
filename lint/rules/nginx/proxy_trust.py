"""What a client says about itself, and how far it is believed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, header
from ...regex import regex
from ...rule import Report, rule
from .once import once

_PROXY = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header"
_REALIP = "https://nginx.org/en/docs/http/ngx_http_realip_module.html"
_CLAIMED = regex(r"\$\{?(http_[a-z_0-9]+|arg_\w+|cookie_\w+)\b", re.IGNORECASE)
_WITH_PORT = (1, 29, 3)
_WIDEST = 4
"""A range with a shorter prefix is no network of anybody's."""


def _headers(config: NginxConfig, *names: str) -> Iterator[Directive]:
    for directive in config.find("proxy_set_header", "grpc_set_header"):
        if len(directive.args) > 1 and directive.value.lower() in names:
            yield directive


@rule(
    "nginx/host-from-client",
    Severity.WARNING,
    bad=(
        """
        location / {
            proxy_set_header Host $http_host;  # <-
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
        """,
        """
        location / {
            proxy_set_header host $http_x_forwarded_host;  # <-
            proxy_pass http://backend;
        }
        """,
        "location / { proxy_set_header Host $arg_tenant.example.com; proxy_pass http://backend; }  # <-",
    ),
    good=(
        """
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Original-Host $http_host;
            proxy_pass http://backend;
        }
        """,
    ),
    fixed="""
        location / {
            proxy_set_header Host $host$is_request_port$request_port;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
    """,
    unsafe=True,
    source=_PROXY,
    covers=("gixy:host_spoofing", "semgrep:request-host-used"),
)
def host_from_client(config: NginxConfig) -> Iterator[Report]:
    """
    The back end's `Host` comes from what a client may write freely.

    nginx chooses the server by `$host`: the name in the request line where there is one, else the header `Host`, in
    lower case and checked. `$http_host` is the header alone. A request line with one name and a header with another
    passes one server's rules and reaches the back end as the other's; links in mails and cached pages then lead where
    the client wants. `$host` has no port; from nginx 1.29.3 on `$host$is_request_port$request_port` has it where the
    client sent it. `$host`, too, is the client's: a default server that refuses other names is what guards it.
    """
    yield from once(_hosts(config))


def _hosts(config: NginxConfig) -> Iterator[Report]:
    better = "$host$is_request_port$request_port" if config.version >= _WITH_PORT else "$host"
    for directive in _headers(config, "host"):
        value = header(directive).value
        claimed = _CLAIMED.search(value)
        if claimed and not config.is_unknown(value):
            is_plain = value in ("$http_host", "${http_host}")
            edits = (Edit(directive.arg_place(1), better, safe=False),) if is_plain else ()
            message = f'"${claimed[1]}" is what the client writes, not the name nginx chose the server by; use {better}'
            yield directive.arg_place(1), message, edits


@rule(
    "nginx/forwarded-for-from-client",
    Severity.WARNING,
    bad=(
        """
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $http_x_forwarded_for;  # <-
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
        """,
        "location / { proxy_set_header X-Real-IP $http_x_real_ip; proxy_pass http://backend; }  # <-",
    ),
    good=(
        """
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
        """,
        """
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For "$http_x_forwarded_for, $realip_remote_addr";
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
        """,
    ),
    fixed="""
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_pass http://backend;
        }
    """,
    source=_PROXY,
)
def forwarded_for_from_client(config: NginxConfig) -> Iterator[Report]:
    """
    The visitor's address is handed on as the visitor gives it.

    nginx adds nothing of its own, so whoever sends the header is believed: limits, blocks and logs of the back end go
    by an invented address, and without the header there is none at all. `$proxy_add_x_forwarded_for` puts the real
    address behind what was claimed.
    """
    yield from once(_claims(config))


def _claims(config: NginxConfig) -> Iterator[Report]:
    for directive in _headers(config, "x-forwarded-for", "x-real-ip", "x-client-ip"):
        value = header(directive).value
        if value in ("$http_x_forwarded_for", "$http_x_real_ip", "$http_x_client_ip"):
            better = "$proxy_add_x_forwarded_for" if directive.value.lower() == "x-forwarded-for" else "$remote_addr"
            message = f'"{value}" is whatever the client claims; write "{better}"'
            yield directive.arg_place(1), message, (Edit(directive.arg_place(1), better),)


@rule(
    "nginx/real-ip-from-anywhere",
    Severity.WARNING,
    bad=(
        """
        server {
            set_real_ip_from 0.0.0.0/0;  # <-
            real_ip_header X-Forwarded-For;
            root /srv/www;
        }
        """,
        "http { set_real_ip_from ::/0; real_ip_header X-Real-IP; }  # <-",
    ),
    good=(
        "server { set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; location / { return 404; } }",
        "server { listen unix:/run/a.sock; set_real_ip_from unix:; location / { return 404; } }",
        "server { listen 127.0.0.1:80; set_real_ip_from 0.0.0.0/0; location / { return 404; } }",
    ),
    source=_REALIP,
)
def real_ip_from_anywhere(config: NginxConfig) -> Iterator[Report]:
    """
    Everybody may say which address nginx takes for theirs.

    `set_real_ip_from` names the proxies in front whose word counts. With the whole Internet in it `allow` and `deny`,
    limits and logs go by what the client writes. Name the networks of the proxies.
    """
    for directive in config.find("set_real_ip_from"):
        if directive.is_inside("stream", "mail") or not _is_everybody(directive.value):
            continue
        if not _is_local_server(directive.parent):
            message = f'"{directive.value}" lets every client choose its address; name the proxies in front alone'
            yield directive.arg_place(0), message


def _is_everybody(network: str) -> bool:
    import ipaddress  # noqa: PLC0415 - only a directive that names networks needs it

    try:
        return ipaddress.ip_network(network, strict=False).prefixlen < _WIDEST
    except ValueError:
        return False


def _is_local_server(block: Directive | None) -> bool:
    if block is None or block.name != "server":
        return False
    addresses = [listen.value for listen in block.find("listen")]
    return bool(addresses) and all(each.startswith(("127.", "[::1]", "localhost", "unix:")) for each in addresses)


@rule(
    "nginx/real-ip-from-nobody",
    Severity.WARNING,
    bad="""
        http {
            real_ip_header X-Forwarded-For;  # <-
            server { listen 80; location / { return 404; } }
        }
    """,
    good=(
        "http { server_tokens off; set_real_ip_from 10.0.0.0/8; real_ip_header X-Real-IP; server { return 404; } }",
        "server { real_ip_header X-Forwarded-For; location / { return 404; } }",
        "http { server_tokens off; include /etc/nginx/cdn.conf; real_ip_header CF-Connecting-IP; }",
    ),
    source=_REALIP,
)
def real_ip_from_nobody(config: NginxConfig) -> Iterator[Report]:
    """
    `real_ip_header` without any proxy whose word counts.

    nginx goes on using the address of the connection, the proxy's: all visitors share one limit and one line in the
    logs. `set_real_ip_from` must name the proxies.
    """
    if config.http is None:
        return
    for directive in config.find("real_ip_header"):
        block = directive.parent
        if block is None or config.may_hold_inside(config.http, "set_real_ip_from"):
            continue
        inside = any(each.name == "set_real_ip_from" for each in block.walk())
        if not inside and config.effective(block).setting("set_real_ip_from") is None:
            message = f'without "set_real_ip_from" nobody\'s "{directive.value}" is believed; name the proxies in front'
            yield directive.place, message
