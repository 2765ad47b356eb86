"""Programs behind nginx that are named without a port."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once
from .templated import is_templated


@rule(
    "nginx/program-without-port",
    Severity.ERROR,
    bad="""
        http {
            server_tokens off;
            server {
                listen 127.0.0.1:81;
                location / { fastcgi_pass php-fpm; }  # <-
            }
        }
    """,
    good=(
        """
        http {
            server_tokens off;
            upstream php-fpm { server unix:/run/php/fpm.sock; }
            server { listen 127.0.0.1:81; location / { include fastcgi_params; fastcgi_pass php-fpm; } }
        }
        """,
        "location / { fastcgi_pass php-fpm; }",
    ),
    source="https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
)
def program_without_port(config: NginxConfig) -> Iterator[Report]:
    """
    A program behind nginx by name alone, without a port, and no upstream of that name.

    nginx does not start: `no port in upstream "php-fpm"`. Only `proxy_pass` and `grpc_pass` have a port of their own;
    PHP-FPM listens on 9000.
    """
    if config.http is not None and not any("upstream" in each.names or not each.names for each in config.unread):
        yield from once(_without_port(config))


def _without_port(config: NginxConfig) -> Iterator[Report]:
    known = {name.lower() for name in config.upstreams}
    for directive in config.find("fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"):
        value = directive.value.removeprefix("uwsgi://").removeprefix("suwsgi://")
        is_made = "$" in value or config.is_unknown(value) or is_templated(directive.file)
        if value and not is_made and ":" not in value and value.lower() not in known:
            message = (
                f'nginx does not start: "{value}" is no upstream and has no port; write "{value}:9000", or its port'
            )
            yield directive.arg_place(0), message
