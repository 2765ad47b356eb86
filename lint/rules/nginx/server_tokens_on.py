"""The version of nginx in every answer."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...rule import Report, rule
from .answering import is_whole
from .insertion import inside


@rule(
    "nginx/server-tokens-on",
    Severity.WARNING,
    bad=(
        """
        http {
            server_tokens on;  # <-
        }
        """,
        """
        events {}
        http {  # <-
            server {
                listen 80;
                return 404;
            }
            server {
                listen 8080;
                server_tokens off;
                return 404;
            }
        }
        """,
    ),
    good=(
        "server_tokens off;",
        "server_tokens '';",
        "# server_tokens on;",
        """
        events {}
        http {
            include conf.d/*.conf;
            server {
                server_tokens off;
                return 404;
            }
        }
        """,
    ),
    fixed="""
        http {
            server_tokens off;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_core_module.html#server_tokens",
    covers=("gixy:version_disclosure", "nginx-lint:server-tokens-enabled"),
)
def server_tokens_on(config: NginxConfig) -> Iterator[Report]:
    """
    The version of nginx is sent with every answer.

    Whoever looks for hosts with a known hole finds this one by its `Server` header and on every error page.
    """
    for directive in config.find("server_tokens"):
        if directive.args in (("on",), ("build",)):
            place = directive.arg_place(0)
            message = f'"server_tokens {directive.args[0]}" tells the version of nginx; write "server_tokens off"'
            yield place, message, (Edit(place, "off"),)
    http = config.http
    if http and is_whole(config) and any(_tells(config, server) for server in config.servers):
        message = 'nginx tells its version unless told otherwise; add "server_tokens off" to http'
        yield http.place, message, (inside(http, "server_tokens off;"),)


def _tells(config: NginxConfig, server: Directive) -> bool:
    if config.may_hold(server, "server_tokens"):
        return False
    return config.effective(server).setting("server_tokens", "more_clear_headers", "more_set_headers") is None
