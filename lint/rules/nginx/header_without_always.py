"""Security headers that error pages lack."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...place import Place
from ...policy import Policy
from ...rule import Report, rule


@rule(
    "nginx/header-without-always",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header X-Frame-Options "DENY";  # <-
            add_header x-content-type-options nosniff ;  # <-
        }
        """,
    ),
    good="""
        location / {
            add_header X-Frame-Options DENY always;
            add_header Cache-Control no-store;
            add_header Referrer-Policy "";
        }
    """,
    fixed="""
        location / {
            add_header X-Frame-Options "DENY" always;
            add_header x-content-type-options nosniff always ;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header",
)
def header_without_always(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A security header without `always` is missing from error pages.

    Without it nginx adds the header to answers with 200, 201, 204, 206, 301 to 304, 307 and 308 alone. Pages for 404
    or 502 can be framed and sniffed as any other, and they often repeat what was asked for.
    """
    security = {name.lower() for name in policy.headers.security}
    for directive in config.find("add_header"):
        if len(directive.args) == 2 and directive.value.lower() in security and directive.args[1]:  # noqa: PLR2004
            end = directive.arg_place(1)
            point = Place(end.path, end.end_line, end.end_column, end.end_line, end.end_column)
            message = f'without "always" error pages are sent without {directive.value}; add it'
            yield directive.arg_place(0), message, (Edit(point, " always"),)
