"""Headers that are sent in the wrong direction."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...rule import Report, rule
from .once import once

_OF_ANSWERS = frozenset({
    *("x-frame-options", "x-content-type-options", "x-xss-protection", "strict-transport-security", "referrer-policy"),
    *("content-security-policy", "content-security-policy-report-only", "permissions-policy", "alt-svc", "set-cookie"),
    *("cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy", "x-robots-tag"),
    *("access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers"),
    *("access-control-allow-credentials", "access-control-expose-headers", "access-control-max-age"),
})  # fmt: skip
_OF_REQUESTS = frozenset({
    *("host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip"),
    *("x-forwarded-server", "x-forwarded-ssl", "x-original-uri"),
})  # fmt: skip


@rule(
    "nginx/answer-header-to-back-end",
    Severity.WARNING,
    bad="""
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Frame-Options SAMEORIGIN;  # <-
            proxy_pass http://backend;
        }
    """,
    good=(
        "location / { proxy_set_header Origin ''; add_header X-Frame-Options DENY always; return 404; }",
        """
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Set-Cookie "";
            proxy_pass http://backend;
        }
        """,
    ),
    source="https://docs.mattermost.com/deploy/server/setup-nginx-proxy.html",
)
def answer_header_to_back_end(config: NginxConfig) -> Iterator[Report]:
    """
    A header for browsers that is sent to the back end.

    `proxy_set_header` changes the request. What guards the page, such as `X-Frame-Options`, never reaches the browser
    by it, while everybody believes that it does. Write `add_header ... always`.
    """
    yield from once(_meant_for_browsers(config))


def _meant_for_browsers(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("proxy_set_header", "grpc_set_header"):
        if len(directive.args) > 1 and directive.args[1] and directive.value.lower() in _OF_ANSWERS:
            message = f'the back end gets {directive.value}, the browser does not; write "add_header" for it'
            yield directive.arg_place(0), message


@rule(
    "nginx/request-header-to-browser",
    Severity.WARNING,
    bad="""
        location / {
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            add_header X-Real-IP $remote_addr;  # <-
            proxy_pass http://backend;
        }
    """,
    good=(
        "location / { add_header X-Served-By $hostname; return 404; }",
        "location / { add_header X-Request-ID $request_id; return 404; }",
    ),
    source="https://stackoverflow.com/questions/61688842",
)
def request_header_to_browser(config: NginxConfig) -> Iterator[Report]:
    """
    A header for the back end that is sent to the browser.

    `add_header` changes the answer. The back end goes without what it was to be told, and takes nginx's address for
    the visitor's; the browser does nothing with it. Write `proxy_set_header`.
    """
    yield from once(_meant_for_back_ends(config))


def _meant_for_back_ends(config: NginxConfig) -> Iterator[Report]:
    for directive in config.find("add_header"):
        if len(directive.args) > 1 and directive.value.lower() in _OF_REQUESTS:
            message = f'the browser gets {directive.value}, the back end does not; write "proxy_set_header" for it'
            yield directive.arg_place(0), message
