"""The version of nginx in every answer."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...rule import Report, rule


@rule(
    "nginx/server-tokens-on",
    Severity.WARNING,
    bad="""
        http {
            server_tokens on;  # <-
        }
    """,
    good=(
        "server_tokens off;",
        "server_tokens '';",
        "# server_tokens on;",
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
