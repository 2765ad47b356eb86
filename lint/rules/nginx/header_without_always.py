"""Headers that do not arrive: on error pages, or over HTTP/2."""

from __future__ import annotations

import re
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


@rule(
    "nginx/header-over-lines",
    Severity.WARNING,
    bad="""
        location / {
            add_header Content-Security-Policy "  # <-
                default-src 'none';
                base-uri 'none'; frame-ancestors 'none'" always;
        }
    """,
    good="""
        location / {
            add_header
                Content-Security-Policy
                "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
                always;
            return 200 "two
                lines";
        }
    """,
    fixed="""
        location / {
            add_header Content-Security-Policy "default-src 'none'; base-uri 'none'; frame-ancestors 'none'" always;
        }
    """,
    source="https://www.rfc-editor.org/rfc/rfc9113#section-8.2.1",
    covers=("gixy:add_header_multiline",),
)
def header_over_lines(config: NginxConfig) -> Iterator[Report]:
    """
    A header with a line break in its value.

    nginx sends the break as it is. Over HTTP/1 that is a form nobody may use any more, and some clients take what
    follows for a header of its own; over HTTP/2 and HTTP/3 browsers refuse the whole answer.
    """
    for directive in config.find("add_header", "add_trailer", "proxy_set_header", "more_set_headers"):
        for index, value in enumerate(directive.args):
            if "\n" in value and directive.args[index - 1] not in ("-t", "-s"):
                place, text = directive.arg_place(index), directive.arg_text(index)
                quote = text[:1] if text[:1] in "\"'" else ""
                joined = re.sub(r"[ \t]*\r?\n[ \t]*", " ", text[len(quote) : len(text) - len(quote)]).strip()
                edit = Edit(place, f"{quote}{joined}{quote}")
                yield place, "the value goes over several lines; write it in one", (edit,)
