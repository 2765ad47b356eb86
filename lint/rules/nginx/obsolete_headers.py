"""Headers that browsers no longer read, or that a browser reads to nobody's good."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig, ResponseHeader
from ...policy import Policy
from ...rule import Report, rule
from .gaps import headers_named
from .insertion import without, written


@rule(
    "nginx/header-obsolete",
    Severity.INFO,
    bad=(
        """
        location / {
            add_header X-Frame-Options DENY always;
            add_header Expect-CT "max-age=86400, enforce" always;  # <-
        }
        """,
        """
        location / {
            add_header P3P 'CP="NOI"';  # <-
        }
        """,
    ),
    good="""
        location / {
            add_header X-Frame-Options DENY always;
            add_header P3P "";
        }
    """,
    fixed="""
        location / {
            add_header X-Frame-Options DENY always;
        }
    """,
    source="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Expect-CT",
)
def header_obsolete(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A header that no browser reads any more.

    It protects nobody, costs bytes with every answer, and hides that what it was there for is done in another way
    today: `Feature-Policy` by `Permissions-Policy`, `X-Content-Security-Policy` by `Content-Security-Policy`.
    """
    names = {name.lower() for name in policy.headers.obsolete}
    for header in headers_named(config, *names):
        if header.value != "":
            yield header.directive.arg_place(0), f"browsers ignore {header.name} today; remove it", _removal(header)


def _removal(header: ResponseHeader) -> tuple[Edit, ...]:
    """Nothing where it is the only ``add_header`` of its block: without it those around would be inherited again."""
    block = header.directive.parent
    others = [other for other in (block.find("add_header") if block else ()) if other is not header.directive]
    return (without(header.directive),) if others else ()


@rule(
    "nginx/header-value-refused",
    Severity.INFO,
    bad="""
        location / {
            add_header X-XSS-Protection "1" always;  # <-
        }
        location /a/ {
            add_header X-XSS-Protection "1; report=https://example.com/xss" always;  # <-
        }
    """,
    good="""
        location / {
            add_header X-XSS-Protection 0 always;
        }
        location /a/ {
            add_header X-XSS-Protection "1; mode=block" always;
        }
        location /b/ {
            add_header X-XSS-Protection $xss always;
        }
    """,
    fixed="""
        location / {
            add_header X-XSS-Protection 0 always;
        }
        location /a/ {
            add_header X-XSS-Protection 0 always;
        }
    """,
    source="https://owasp.org/www-project-secure-headers/#x-xss-protection",
)
def header_value_refused(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A header that is not needed, with a value that does harm.

    The filter that `X-XSS-Protection: 1` switches on in old browsers could be used to leave out scripts of the page
    itself, and so made holes of its own. `0` switches it off. The policy accepts `1; mode=block` as well, which many
    deployments still send.
    """
    for name, wanted in policy.optional_headers.items():
        for header in headers_named(config, name.lower()):
            value = header.value or ""
            if value and "$" not in value and not wanted.allows(value):
                place = header.directive.arg_place(1)
                edits = (Edit(place, written(wanted.recommended)),) if wanted.recommended else ()
                yield place, f'{name} "{value}" does harm in old browsers; write "{wanted.recommended}"', edits
