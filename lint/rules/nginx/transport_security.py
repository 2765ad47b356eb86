"""Strict-Transport-Security: missing, too weak, or said where nobody listens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, ResponseHeader, listens, server_names
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .answering import speaks_tls
from .gaps import Search, filled, headers_named

NAME = "Strict-Transport-Security"
_AGE = regex(r'max-age\s*=\s*(?:"(\d+)"|(\d+))$', re.IGNORECASE)


@rule(
    "nginx/no-hsts",
    Severity.WARNING,
    bad=(
        """
        events {}
        http {
            server_tokens off;
            server {  # <-
                listen 443 ssl;
                ssl_certificate /etc/tls/a.pem;
                ssl_certificate_key /etc/tls/a.key;
                location / {
                    proxy_pass http://127.0.0.1:8080;
                }
            }
        }
        """,
        """
        server {  # <-
            listen 443 ssl;
            add_header X-Frame-Options DENY always;
            location / {
                proxy_pass http://127.0.0.1:8080;
            }
        }
        """,
    ),
    good=(
        """
        server {
            listen 80;
            location / {
                proxy_pass http://127.0.0.1:8080;
            }
        }
        """,
    ),
    fixed="""
        events {}
        http {
            server_tokens off;
            server {
                add_header Strict-Transport-Security max-age=63072000 always;
                listen 443 ssl;
                ssl_certificate /etc/tls/a.pem;
                ssl_certificate_key /etc/tls/a.key;
                location / {
                    proxy_pass http://127.0.0.1:8080;
                }
            }
        }
    """,
    unsafe=True,
    source="https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Strict_Transport_Security_Cheat_Sheet.html",
    covers=("gixy:hsts_header",),
)
def no_hsts(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A server that speaks TLS does not tell browsers to keep to it.

    Whoever types the name without `https://` is answered in the clear first, and whoever sits in between answers
    instead: the redirect to TLS never arrives. With `Strict-Transport-Security` a browser that was here once asks for
    TLS by itself. Once sent it cannot be taken back before it runs out, so the mending asks for `--unsafe-fixes`.
    """
    wanted = policy.required_headers.get(NAME)
    if wanted is None:
        return
    for gap in Search(config, policy, (NAME.lower(),), _speaks_tls, redirects=True).gaps():
        message = f'{gap} speaks TLS without {NAME}; add it, such as "{wanted.recommended}"{gap.unless}'
        yield gap.place, message, filled(config, gap, NAME, wanted.recommended)


def _speaks_tls(block: Directive) -> bool:
    server = block if block.name == "server" else block.enclosing("server")
    return server is not None and speaks_tls(server)


@rule(
    "nginx/hsts-weak",
    Severity.WARNING,
    bad=(
        """
        location / {
            add_header Strict-Transport-Security "max-age=3600; includeSubDomains" always;  # <-
        }
        """,
        """
        location / {
            add_header Strict-Transport-Security "max-age=63072000, includeSubDomains" always;  # <-
        }
        location /a/ {
            add_header Strict-Transport-Security "includeSubDomains" always;  # <-
        }
        location /b/ {
            add_header Strict-Transport-Security "max-age=63072000; preload" always;  # <-
        }
        location /c/ {
            add_header Strict-Transport-Security "max-age=63072000; includeSubdomain" always;  # <-
        }
        """,
    ),
    good=(
        """
        location / {
            add_header Strict-Transport-Security "max-age=31536000;includesubdomains; preload;" always;
        }
        location /a/ {
            add_header Strict-Transport-Security $hsts always;
        }
        """,
        """
        location / {
            # switches it off again for browsers that were told before
            add_header Strict-Transport-Security "max-age=0" always;
        }
        """,
    ),
    fixed="""
        location / {
            add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
        }
    """,
    source="https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security",
    covers=("gixy:hsts_header",),
)
def hsts_weak(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Strict-Transport-Security runs out soon, or says something browsers do not understand.

    With a short `max-age` a browser has forgotten it by the next visit; without any it ignores the header. The preload
    lists of browsers take a name only with `includeSubDomains` and at least a year.
    """
    for header in headers_named(config, NAME.lower()):
        value = header.value or ""
        if "$" in value or not value:
            continue
        fault = _fault(value, policy)
        if fault:
            yield header.directive.arg_place(1), f'"{value}": {fault}', _longer(header, policy)


def _fault(value: str, policy: Policy) -> str | None:
    words = [word.strip() for word in value.split(";") if word.strip()]
    ages = [match for word in words if (match := _AGE.match(word))]
    rest = [word.lower() for word in words if not _AGE.match(word)]
    unknown = next((word for word in rest if word not in ("includesubdomains", "preload")), None)
    if "," in value:
        return 'parts are separated by ";", so browsers ignore the header; write that instead of ","'
    if len(ages) != 1:
        return 'browsers ignore the header without one "max-age"; write one, in seconds'
    if unknown:
        return f'"{unknown}" is no part of this header; it has max-age, includeSubDomains and preload'
    age = int(ages[0][1] or ages[0][2])
    if 0 < age < policy.hsts.min_age_s:
        return f"browsers forget it after {_days(age)}; write at least max-age={policy.hsts.min_age_s}"
    if "preload" in rest and (age < policy.hsts.preload_min_age_s or "includesubdomains" not in rest):
        return f'"preload" needs includeSubDomains and at least max-age={policy.hsts.preload_min_age_s}'
    return None


def _days(age_s: int) -> str:
    hours = age_s // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} h" if hours else f"{age_s} s"  # noqa: PLR2004


def _longer(header: ResponseHeader, policy: Policy) -> tuple[Edit, ...]:
    """Only a too small number is mended: what else was meant is not known."""
    text = header.directive.arg_text(1)
    longer = re.sub(
        r"(max-age\s*=\s*)\d+", rf"\g<1>{policy.hsts.recommended_age_s}", text, count=1, flags=re.IGNORECASE
    )
    if longer == text or _fault(longer.strip("\"'"), policy):
        return ()
    return (Edit(header.directive.arg_place(1), longer),)


@rule(
    "nginx/hsts-over-plain-http",
    Severity.WARNING,
    bad="""
        server {
            listen 80;
            server_name shop.example;
            add_header Strict-Transport-Security "max-age=63072000" always;  # <-
            return 301 https://shop.example$request_uri;
        }
        server {
            listen 443 ssl;
            server_name shop.example;
            ssl_certificate /etc/tls/shop.pem;
            ssl_certificate_key /etc/tls/shop.key;
            return 404;
        }
    """,
    good=(
        """
        server {
            listen 80;
            # TLS ends at the balancer in front
            add_header Strict-Transport-Security "max-age=63072000" always;
            return 404;
        }
        """,
    ),
    source="https://www.rfc-editor.org/rfc/rfc6797#section-7.2",
)
def hsts_over_plain_http(config: NginxConfig) -> Iterator[Report]:
    """
    Strict-Transport-Security on the plain side of a name that has a TLS server.

    Browsers ignore it there, and the standard forbids to send it; so either it was meant for the server that speaks
    TLS, or it is there as well and this line is idle.
    """
    secure = {name for server in config.servers if speaks_tls(server) for name in server_names(server) if name}
    for header in headers_named(config, NAME.lower()):
        server = _server_of(header.directive)
        if server is None or header.value == "" or _may_speak_tls(config, server):
            continue
        if secure.intersection(server_names(server)):
            yield (
                header.directive.arg_place(0),
                f"browsers ignore {NAME} that comes without TLS; move it to the server that speaks TLS",
            )


def _server_of(directive: Directive) -> Directive | None:
    """The server that *directive* stands in or in a location of; None inside an ``if``, which may ask for TLS."""
    block = directive.parent
    while block is not None and block.name == "location":
        block = block.parent
    return block if block is not None and block.name == "server" else None


def _may_speak_tls(config: NginxConfig, server: Directive) -> bool:
    is_unknown = config.may_hold_inside(server, "listen") or any(listen.port is None for listen in listens(server))
    return speaks_tls(server) or is_unknown
