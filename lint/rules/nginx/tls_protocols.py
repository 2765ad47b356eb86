"""Versions of TLS that are broken."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig, listens
from ...policy import Policy
from ...rule import Report, rule
from .answering import is_whole, speaks_tls
from .insertion import inside, without_argument

_KNOWN = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


@rule(
    "nginx/old-tls-protocol",
    Severity.ERROR,
    bad=(
        """
        server {
            listen 443 ssl;
            ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;  # <-
        }
        """,
        """
        server {
            listen 443 ssl;
            ssl_protocols
                SSLv3  # <-
                TLSv1;  # <-
        }
        """,
    ),
    good=(
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "ssl_protocols TLSv1.3;",
        "ssl_protocols ${TLS_PROTOCOLS};",
        "# ssl_protocols SSLv3 TLSv1;",
    ),
    fixed="""
        server {
            listen 443 ssl;
            ssl_protocols TLSv1.2 TLSv1.3;
        }
    """,
    source="https://www.rfc-editor.org/rfc/rfc8996",
    covers=("gixy:weak_ssl_tls", "nginx-lint:deprecated-ssl-protocol", "semgrep:insecure-ssl-version"),
)
def old_tls_protocol(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A version of TLS that is broken.

    SSL 3, TLS 1.0 and 1.1 can be attacked (POODLE, BEAST, Lucky 13), and whoever sits between may ask for the oldest
    one. Browsers have refused them since 2020, so nobody is lost without them. Which versions are good is the policy's
    `tls.protocols`.
    """
    for directive in config.find("ssl_protocols"):
        old = [
            index for index, word in enumerate(directive.args) if word in _KNOWN and word not in policy.tls.protocols
        ]
        for index in old:
            message = f'"{directive.args[index]}" is broken; leave only "{" ".join(policy.tls.protocols)}"'
            yield directive.arg_place(index), message, _mended(directive, index, len(old), policy)


def _mended(directive: Directive, index: int, count: int, policy: Policy) -> tuple[Edit, ...]:
    if count < len(directive.args):
        return (without_argument(directive, index),)
    return (Edit(directive.args_place, " ".join(policy.tls.protocols)),)


@rule(
    "nginx/default-tls-protocols",
    Severity.WARNING,
    bad="""
        # nginx 1.26.3
        events {}
        http {
            server {
                listen 443 ssl;  # <-
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
            }
            server {
                listen 8443 ssl;
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
            }
        }
    """,
    good=(
        """
        # nginx 1.26.3
        server {
            listen 80;
            return 301 https://example.com$request_uri;
        }
        """,
        """
        # nginx 1.26.3
        server {
            listen 443 ssl;
            ssl_protocols TLSv1.2 TLSv1.3;
        }
        """,
    ),
    fixed="""
        # nginx 1.26.3
        events {}
        http {
            ssl_protocols TLSv1.2 TLSv1.3;
            server {
                listen 443 ssl;
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
            }
            server {
                listen 8443 ssl;
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
            }
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_protocols",
    covers=("semgrep:missing-ssl-version", "gixy:weak_ssl_tls"),
)
def default_tls_protocols(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    TLS without `ssl_protocols`, by an nginx whose own choice includes TLS 1.0 and 1.1.

    nginx leaves them out from 1.27.3 on. It is reported once, at the first socket, since one line in `http` mends all.
    """
    if config.http is None or not is_whole(config) or config.may_hold(config.http, "ssl_protocols"):
        return
    for server in config.servers:
        tls = config.effective(server).tls
        has_old = not set(tls.protocols) <= set(policy.tls.protocols) and not config.effective(server).setting(
            "ssl_protocols"
        )
        socket = next((listen.directive for listen in listens(server) if listen.is_ssl and listen.directive), None)
        if not speaks_tls(server) or socket is None or not has_old or config.may_hold(server, "ssl_protocols"):
            continue
        wanted = " ".join(policy.tls.protocols)
        message = f'this nginx speaks TLS 1.0 and 1.1 unless told otherwise; write "ssl_protocols {wanted};" in http'
        yield socket.place, message, (inside(config.http, f"ssl_protocols {wanted};"),)
        return
