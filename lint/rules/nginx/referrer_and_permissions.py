"""Referrer-Policy and Permissions-Policy."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .answering import is_page
from .gaps import Search, filled, headers_named
from .insertion import written

REFERRER, PERMISSIONS = "Referrer-Policy", "Permissions-Policy"
_REFERRERS = frozenset(
    {"no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin"}
    | {"strict-origin-when-cross-origin", "unsafe-url"}
)
_ENTRY = regex(r"[a-z][a-z0-9-]*\s*=\s*(?:\*|self|none|\([^()]*\))(?:\s*;.*)?$")
_HOST = regex(r'\((?:[^"()]*\s)?(?:https?:|\w+\.\w)[^"()]*\)|\([^()]*\'[^()]*\)')

_SET_APART = """
        server {  # <-
            listen 80;
            root /srv/page;
            add_header X-Frame-Options DENY always;
        }
"""
_SET_APART_FIXED = """
        server {
            listen 80;
            root /srv/page;
            add_header X-Frame-Options DENY always;
            add_header %s always;
        }
"""


@rule(
    "nginx/no-referrer-policy",
    Severity.INFO,
    bad=_SET_APART,
    good="""
        server {
            listen 80;
            root /srv/page;
        }
    """,
    fixed=_SET_APART_FIXED % "Referrer-Policy strict-origin-when-cross-origin",
    unsafe=True,
    source="https://owasp.org/www-project-secure-headers/#referrer-policy",
    preset="strict",
)
def no_referrer_policy(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Browsers are not told how much of an address to pass on to other sites.

    Browsers of today send other sites the name alone by themselves; older ones send the whole address, with whatever
    it tells about the visitor.
    """
    wanted = policy.required_headers.get(REFERRER)
    if wanted is None:
        return
    search = Search(config, policy, (REFERRER.lower(),), lambda block: is_page(config, block, policy))
    for gap in search.gaps():
        message = f'{gap} sends pages without {REFERRER}; add it, such as "{wanted.recommended}"{gap.unless}'
        yield gap.place, message, filled(config, gap, REFERRER, wanted.recommended)


@rule(
    "nginx/referrer-policy-open",
    Severity.INFO,
    bad=(
        """
        location / {
            add_header Referrer-Policy unsafe-url always;  # <-
        }
        """,
        """
        location / {
            add_header Referrer-Policy "strict origin" always;  # <-
        }
        location /a/ {
            add_header Referrer-Policy "origin, no-referrer-when-downgrade" always;  # <-
        }
        """,
    ),
    good="""
        location / {
            add_header Referrer-Policy "no-referrer-when-downgrade, strict-origin-when-cross-origin" always;
        }
        location /a/ {
            add_header Referrer-Policy "" always;
        }
    """,
    fixed="""
        location / {
            add_header Referrer-Policy strict-origin-when-cross-origin always;
        }
    """,
    unsafe=True,
    source="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy",
)
def referrer_policy_open(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A Referrer-Policy that passes whole addresses on, or that browsers do not understand.

    Of several values the last one that a browser knows counts. `unsafe-url` sends the whole address even where the
    connection is in the clear.
    """
    wanted = policy.required_headers.get(REFERRER)
    for header in headers_named(config, REFERRER.lower()):
        words = [word.strip().lower() for word in (header.value or "").split(",")]
        known = [word for word in words if word in _REFERRERS]
        if wanted is None or not any(words) or "$" in (header.value or "") or (known and wanted.allows(known[-1])):
            continue
        place = header.directive.arg_place(1)
        fault = f'"{known[-1]}" tells other sites more than they need' if known else f'"{header.value}" is no value'
        edits = (Edit(place, written(wanted.recommended), safe=False),)
        yield place, f'{fault}; write "{wanted.recommended}"', edits


@rule(
    "nginx/no-permissions-policy",
    Severity.INFO,
    bad=_SET_APART,
    good="""
        server {
            listen 80;
            add_header X-Content-Type-Options nosniff always;
            location /api/ {
                proxy_pass http://127.0.0.1:8080;
            }
        }
    """,
    fixed=_SET_APART_FIXED % 'Permissions-Policy "camera=(), geolocation=(), microphone=()"',
    unsafe=True,
    source="https://owasp.org/www-project-secure-headers/#permissions-policy",
    preset="strict",
)
def no_permissions_policy(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Pages may ask for camera, microphone and place, and so may every frame they let in.

    A page that needs none of them loses nothing by saying so.
    """
    wanted = policy.required_headers.get(PERMISSIONS)
    if wanted is None:
        return
    names = (PERMISSIONS.lower(), "feature-policy")
    for gap in Search(config, policy, names, lambda block: is_page(config, block, policy)).gaps():
        message = f'{gap} sends pages without {PERMISSIONS}; add it, such as "{wanted.recommended}"{gap.unless}'
        yield gap.place, message, filled(config, gap, PERMISSIONS, wanted.recommended)


@rule(
    "nginx/permissions-policy-malformed",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header Permissions-Policy "camera 'none'; microphone 'none'" always;  # <-
        }
        location /a/ {
            add_header Permissions-Policy "camera=('self'), microphone=()" always;  # <-
        }
        location /b/ {
            add_header Permissions-Policy "camera=(self https://a.example)" always;  # <-
        }
        location /c/ {
            add_header Permissions-Policy "camera=();microphone=()" always;  # <-
        }
        """,
    ),
    good="""
        location / {
            add_header Permissions-Policy 'camera=(), microphone=(self "https://a.example"), fullscreen=*' always;
        }
        location /a/ {
            add_header Permissions-Policy "geolocation=self,  payment=(); report-to=x," always;
        }
    """,
    source="https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field",
)
def permissions_policy_malformed(config: NginxConfig) -> Iterator[Report]:
    """
    A Permissions-Policy in the manner of Feature-Policy: browsers drop the whole header.

    The new header is a structured one: `camera=(), fullscreen=(self "https://a.example")`, with commas between its
    entries, `self` without quotes and addresses in double ones.
    """
    for header in headers_named(config, PERMISSIONS.lower()):
        value = (header.value or "").strip().strip(",")
        if value and "$" not in value and not _is_well_formed(value):
            message = f'browsers drop "{value}"; write entries such as camera=() with commas between them'
            yield header.directive.arg_place(1), message


def _is_well_formed(value: str) -> bool:
    entries = [entry.strip() for entry in value.split(",")]
    has_mixed_up = any(";" in entry and "=(" in entry.partition(";")[2] for entry in entries)
    return all(_ENTRY.match(entry) for entry in entries) and not _HOST.search(value) and not has_mixed_up
