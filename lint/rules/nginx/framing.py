"""Whether other sites may show a page in a frame."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_page
from .csp import CSP, is_framing_limited, parsed
from .gaps import Search, filled, headers_named
from .insertion import written

NAME = "X-Frame-Options"


@rule(
    "nginx/no-frame-options",
    Severity.WARNING,
    bad=(
        """
        server {  # <-
            listen 80;
            root /srv/page;
            add_header X-Content-Type-Options nosniff always;
        }
        """,
        """
        server {
            listen 80;
            root /srv/page;
            location / {  # <-
                add_header X-Content-Type-Options nosniff always;
                add_header Content-Security-Policy "default-src 'self'; object-src 'none'; base-uri 'none'" always;
            }
            location /app/ {
                add_header X-Content-Type-Options nosniff always;
                add_header X-Frame-Options SAMEORIGIN always;
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            root /srv/page;
            add_header X-Content-Type-Options nosniff always;
            add_header Referrer-Policy no-referrer always;
            add_header Permissions-Policy "camera=()" always;
            add_header Content-Security-Policy
                "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'" always;
        }
        """,
        """
        server {
            listen 80;
            add_header X-Content-Type-Options nosniff always;
            location /api/ {
                proxy_pass http://127.0.0.1:8080;
                add_header X-Content-Type-Options nosniff always;
            }
        }
        """,
    ),
    fixed="""
        server {
            listen 80;
            root /srv/page;
            add_header X-Content-Type-Options nosniff always;
            add_header X-Frame-Options DENY always;
        }
    """,
    unsafe=True,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Clickjacking_Defense_Cheat_Sheet.html",
)
def no_frame_options(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Any site may show these pages in a frame.

    Invisible over a page of its own, that frame turns the visitor's clicks into clicks on this one: clickjacking.
    `X-Frame-Options` forbids it, and so does `frame-ancestors` in a `Content-Security-Policy`; either will do.
    """
    wanted = policy.required_headers.get(NAME)
    if wanted is None:
        return
    search = Search(config, policy, (NAME.lower(),), lambda block: _may_be_framed(config, block, policy))
    for gap in search.gaps():
        message = f'{gap} may be framed by any site; add {NAME}, such as "{wanted.recommended}"{gap.unless}'
        yield gap.place, message, filled(config, gap, NAME, wanted.recommended)


def _may_be_framed(config: NginxConfig, block: Directive, policy: Policy) -> bool:
    return is_page(config, block, policy) and not _is_limited(config, block)


def _is_limited(config: NginxConfig, block: Directive) -> bool:
    """Whether a policy limits the frames, or is made up for each request and may do so."""
    headers = [header for header in config.effective(block).headers if header.key == CSP]
    return any(
        header.value is None or "$" in header.value or is_framing_limited(parsed(header.value)) for header in headers
    )


@rule(
    "nginx/frame-options-unknown",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header X-Frame-Options SAME-ORIGIN always;  # <-
        }
        """,
        """
        location /a/ {
            add_header X-Frame-Options "ALLOW-FROM https://partner.example" always;  # <-
        }
        location /b/ {
            add_header X-Frame-Options ALLOWALL;  # <-
        }
        """,
    ),
    good=(
        """
        location / {
            add_header X-Frame-Options "sameorigin" always;
        }
        location /a/ {
            add_header X-Frame-Options "ALLOW-FROM https://partner.example" always;
            add_header Content-Security-Policy "frame-ancestors https://partner.example" always;
        }
        """,
    ),
    fixed="""
        location / {
            add_header X-Frame-Options SAMEORIGIN always;
        }
    """,
    unsafe=True,
    source="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Frame-Options",
)
def frame_options_unknown(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    X-Frame-Options with a value that browsers ignore: anybody may frame the page.

    Only `DENY` and `SAMEORIGIN` mean something. `ALLOW-FROM` was never understood by Chrome and is no longer by
    Firefox; name the sites in `frame-ancestors` of a `Content-Security-Policy` instead.
    """
    wanted = policy.required_headers.get(NAME) or policy.optional_headers.get(NAME)
    for header in headers_named(config, NAME.lower()):
        value, block = header.value or "", header.directive.parent
        if wanted is None or not value or "$" in value or wanted.allows(value) or block is None:
            continue
        if not _is_limited(config, block):
            place, word = header.directive.arg_place(1), value.upper().replace("-", "").replace("_", "").strip(" ;")
            edits = (Edit(place, written(word), safe=False),) if wanted.allows(word) else ()
            instead = f'write "{wanted.recommended}", or frame-ancestors in a Content-Security-Policy'
            yield place, f'browsers ignore {NAME} "{value}"; {instead}', edits
