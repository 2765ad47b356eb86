"""X-Content-Type-Options."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .gaps import Search, filled, headers_named
from .insertion import written

NAME = "X-Content-Type-Options"


@rule(
    "nginx/no-nosniff",
    Severity.WARNING,
    bad=(
        """
        server {  # <-
            listen 80;
            root /srv/page;
            add_header X-Frame-Options DENY always;
        }
        """,
        """
        location / {
            add_header X-Content-Type-Options "no-sniff" always;  # <-
        }
        """,
        """
        events {}
        http {
            server_tokens off;
            server {  # <-
                listen 80;
                location / {
                    proxy_pass http://127.0.0.1:8080;
                }
            }
        }
        """,
    ),
    good=(
        """
        location / {
            add_header X-Content-Type-Options NoSniff always;
            add_header X-Frame-Options $frames always;
        }
        """,
        """
        server {
            listen 80;
            root /srv/page;
        }
        """,
        """
        server {
            listen 127.0.0.1:8081;
            add_header X-Frame-Options DENY always;
            root /srv/page;
        }
        """,
        """
        server {
            listen 80;
            add_header X-Frame-Options DENY always;
            location / { content_by_lua_block { require("app").answer() } }
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            root /srv/page;
            add_header X-Frame-Options DENY always;
            add_header X-Content-Type-Options nosniff always;
        }
    """,
    unsafe=True,
    source="https://owasp.org/www-project-secure-headers/#x-content-type-options",
)
def no_nosniff(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Browsers may take an answer for something other than its type says.

    Without `X-Content-Type-Options: nosniff` a file that somebody uploaded as text or as an image can be run as a
    script or shown as a page. `nosniff` is the only value there is.
    """
    wanted = policy.required_headers.get(NAME)
    if wanted is None:
        return
    for gap in Search(config, policy, (NAME.lower(),)).gaps():
        message = f'{gap} sends answers without {NAME}; add it with "{wanted.recommended}"{gap.unless}'
        yield gap.place, message, filled(config, gap, NAME, wanted.recommended)
    for header in headers_named(config, NAME.lower()):
        if header.value and "$" not in header.value and not wanted.allows(header.value):
            place = header.directive.arg_place(1)
            message = f'"{header.value}" is no value of {NAME}; write "{wanted.recommended}"'
            yield place, message, (Edit(place, written(wanted.recommended), safe=False),)
