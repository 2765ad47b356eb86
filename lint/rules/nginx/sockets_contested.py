"""Sockets that http and stream both ask for."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, Listen, NginxConfig
from ...nginx.blocks import listen as read
from ...rule import Report, rule
from .once import once

_PARTS = ("stream", "mail", "http")
_ANY = "*"


@rule(
    "nginx/port-in-http-and-stream",
    Severity.ERROR,
    bad=(
        """
        events {}
        http {
            server_tokens off;
            server { listen 443 default_server; return 404; }
        }
        stream {
            server {
                listen 443;  # <-
                proxy_pass 192.0.2.1:443;
            }
        }
        """,
        """
        events {}
        stream { server { listen 127.0.0.1:8443; proxy_pass 192.0.2.1:443; } }
        http {
            server_tokens off;
            server {
                listen 8443 default_server;  # <-
                return 404;
            }
        }
        """,
    ),
    good=(
        """
        events {}
        http {
            server_tokens off;
            server { listen 127.0.0.1:8443 default_server; return 404; }
        }
        stream {
            server { listen 443; proxy_pass 127.0.0.1:8443; }
            server { listen 8443 udp; proxy_pass 192.0.2.1:443; }
            server { listen [::]:8443; proxy_pass 192.0.2.1:443; }
        }
        """,
    ),
    source="https://nginx.org/en/docs/stream/ngx_stream_core_module.html#listen",
)
def port_in_http_and_stream(config: NginxConfig) -> Iterator[Report]:
    """
    A port that `http` listens on and `stream` too.

    nginx does not start: `bind() failed (98: Address already in use)`. Each of the two opens its own socket, and the
    second is refused; `nginx -t` opens none and finds nothing.
    """
    if config.has("stream"):
        yield from once(_contested(config))


def _contested(config: NginxConfig) -> Iterator[Report]:
    taken: dict[tuple[bool, int], list[tuple[str, Listen]]] = {}
    for directive in config.find("listen"):
        part = next((part for part in _PARTS if directive.is_inside(part)), None)
        if part is None or not directive.args or config.is_unknown(directive.value):
            continue
        listen = read(directive)
        if not listen.port:
            continue
        others = taken.setdefault((listen.is_quic or "udp" in listen.parameters, listen.port), [])
        other = next((each for name, each in others if name != part and _meets(each, listen)), None)
        if other is not None and other.directive is not None:
            yield directive.arg_place(0), _message(other.directive, listen, directive)
        others.append((part, listen))


def _meets(one: Listen, other: Listen) -> bool:
    """Whether the second of the two sockets is refused."""
    if one.address.lower() == other.address.lower():
        return True
    return _ANY in (one.address, other.address) and not one.is_ipv6 and not other.is_ipv6


def _message(other: Directive, listen: Listen, directive: Directive) -> str:
    part = next(part for part in _PARTS if other.is_inside(part))
    where = f"line {other.place.line}"
    if other.place.path != directive.place.path:
        where = f"{other.place.path}:{other.place.line}"
    return f'nginx does not start: "{part}" listens on port {listen.port} already, in {where}; choose another'
