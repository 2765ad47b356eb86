"""Stapling that nginx cannot do."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...rule import Report, rule
from .answering import is_whole, speaks_tls
from .insertion import without

_OWN_ANSWERS = ("ssl_stapling_file", "ssl_stapling_responder")


def _staplers(config: NginxConfig) -> Iterator[tuple[Directive, list[Directive]]]:
    """Each ``ssl_stapling on``, and the servers for which it holds."""
    by_setting: dict[int, tuple[Directive, list[Directive]]] = {}
    for server in config.servers:
        setting = config.effective(server).setting("ssl_stapling")
        if setting is not None and setting.value.lower() == "on" and speaks_tls(server):
            by_setting.setdefault(id(setting), (setting, []))[1].append(server)
    yield from by_setting.values()


@rule(
    "nginx/stapling-without-responder",
    Severity.WARNING,
    bad="""
        server {
            listen 443 ssl;
            ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
            ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
            ssl_stapling on;  # <-
            ssl_stapling_verify on;
        }
    """,
    good=(
        """
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            ssl_stapling on;
            resolver 127.0.0.53;
        }
        """,
        """
        server {
            listen 443 ssl;
            ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
            ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
            ssl_stapling off;
        }
        """,
    ),
    fixed="""
        server {
            listen 443 ssl;
            ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;
            ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;
        }
    """,
    source="https://letsencrypt.org/2024/12/05/ending-ocsp/",
    covers=("gixy:ssl_stapling_letsencrypt",),
)
def stapling_without_responder(config: NginxConfig) -> Iterator[Report]:
    """
    Stapling for certificates of Let's Encrypt, which has no OCSP since 2025.

    The certificate names nobody to ask, so nginx warns at each start and staples nothing. Reported where every
    certificate that the setting holds for lies in certbot's folder.
    """
    for setting, servers in _staplers(config):
        certificates = [each.value for server in servers for each in config.effective(server).tls.certificates]
        if certificates and all("/letsencrypt/" in each for each in certificates):
            message = "Let's Encrypt answers no OCSP since 2025, so nothing is stapled; remove ssl_stapling"
            yield setting.place, message, _removed(setting)


def _removed(setting: Directive) -> tuple[Edit, ...]:
    verify = setting.parent.first("ssl_stapling_verify") if setting.parent else None
    return (without(setting), without(verify)) if verify and verify.via is setting.via else (without(setting),)


@rule(
    "nginx/stapling-without-resolver",
    Severity.WARNING,
    bad="""
        events {}
        http {
            server {
                listen 443 ssl;
                ssl_certificate /etc/tls/site.pem;
                ssl_certificate_key /etc/tls/site.key;
                ssl_stapling on;  # <-
            }
        }
    """,
    good=(
        """
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            ssl_stapling on;
        }
        """,
        """
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/site.pem;
            ssl_certificate_key /etc/tls/site.key;
            ssl_stapling on;
            ssl_stapling_file /etc/tls/site.ocsp;
        }
        """,
    ),
    source="https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_stapling",
    covers=("gixy:ssl_stapling_without_resolver",),
)
def stapling_without_resolver(config: NginxConfig) -> Iterator[Report]:
    """
    Stapling without a name server to find the responder by.

    nginx looks the responder's name up while it runs, and without `resolver` it cannot, so nothing is stapled.
    """
    if not is_whole(config):
        return
    for setting, servers in _staplers(config):
        if any(_finds_responder(config, server) for server in servers):
            continue
        certificates = [each.value for server in servers for each in config.effective(server).tls.certificates]
        if not certificates or not all("/letsencrypt/" in each for each in certificates):
            message = 'nginx cannot look up the responder; add "resolver" with the address of your name server'
            yield setting.place, message


def _finds_responder(config: NginxConfig, server: Directive) -> bool:
    is_set = config.effective(server).setting("resolver", *_OWN_ANSWERS) is not None
    return is_set or config.may_hold(server, "resolver", *_OWN_ANSWERS)
