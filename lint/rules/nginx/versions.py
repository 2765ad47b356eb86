"""What fits another version of nginx."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once
from .reading import faults

_CHANGES = "https://nginx.org/en/CHANGES"


@rule(
    "nginx/newer-directive",
    Severity.ERROR,
    bad=(
        """
        # nginx 1.22.1
        server {
            http2 on;  # <-
            server_name www.example.com;
        }
        """,
        """
        # nginx 1.26.3
        upstream app {
            zone app 64k;
            resolver 127.0.0.11;
            server app.example.com:8000 resolve;  # <-
        }
        """,
        """
        # nginx 1.24.0
        server {
            listen 443 quic;  # <-
            listen 443 ssl;
            server_name www.example.com;
            add_header Alt-Svc 'h3=":443"; ma=86400' always;
        }
        """,
    ),
    good=(
        "server { listen 443 quic; add_header_inherit merge; ssl_reject_handshake on; }",
        "upstream app { zone app 64k; resolver 127.0.0.11; server app.example.com:8000 resolve; }",
        "# nginx 1.26.3\nupstream app { zone app 64k; server app.example.com:8000 resolve; queue 100; }",
    ),
    source=_CHANGES,
)
def newer_directive(config: NginxConfig) -> Iterator[Report]:
    """
    A directive, or a parameter, that the nginx which will run it does not know yet.

    nginx does not start: `unknown directive`, `invalid parameter`. What NGINX Plus had before is not reported where the
    configuration has more of it. Which one runs is read from `--nginx-version` or from the stack's images; without
    either the newest stable one is assumed, and nothing is newer than that.
    """
    yield from faults(config, "newer-directive")
    yield from once(_parameters(config))


def _parameters(config: NginxConfig) -> Iterator[Report]:
    for (name, parameter), first in _FIRST.items():
        if config.version >= first:
            continue
        for directive in config.find(name):
            words = [word.partition("=")[0] for word in directive.args]
            index = words.index(parameter) if parameter in words else 0
            if index and directive.block is None and not (name == "server" and config.has(*_PLUS)):
                needed, here = (".".join(map(str, version)) for version in (first, config.version))
                yield directive.arg_place(index), f'"{parameter}" needs nginx {needed}; this one is {here}'


_FIRST = {
    ("listen", "quic"): (1, 25, 0),
    ("server", "resolve"): (1, 27, 3),
    ("server", "service"): (1, 27, 3),
}
"""Parameters that are younger than their directives, and the version that was the first to know each."""
_PLUS = ("queue", "sticky", "state", "zone_sync", "health_check", "status_zone", "api", "keyval_zone", "match", "ntlm")


@rule(
    "nginx/deprecated-directive",
    Severity.WARNING,
    bad="""
        server {
            listen 443 quic;
            http2_push_preload on;  # <-
        }
    """,
    good="# nginx 1.18.0\nserver { http2_max_field_size 8k; }",
    source=_CHANGES,
)
def deprecated_directive(config: NginxConfig) -> Iterator[Report]:
    """
    A directive that no longer does anything.

    nginx starts and warns; what the line was meant to do does not happen.
    """
    yield from faults(config, "deprecated-directive")


@rule(
    "nginx/removed-directive",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 443;
            ssl on;  # <-
        }
        """,
        "http { limit_zone per_address $binary_remote_addr 10m; }  # <-",
    ),
    good="# nginx 1.14.2\nserver { ssl on; ssl_certificate /a.pem; ssl_certificate_key /a.key; }",
    source=_CHANGES,
    covers=("nginx-lint:ssl-on-deprecated",),
)
def removed_directive(config: NginxConfig) -> Iterator[Report]:
    """
    A directive that this nginx no longer knows.

    It worked for years and the server does not start after the update: `unknown directive "ssl"`.
    """
    yield from faults(config, "removed-directive")
