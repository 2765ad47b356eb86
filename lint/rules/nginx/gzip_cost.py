"""What gzip costs: time for nothing, answers it leaves out, secrets it tells."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import NginxConfig
from ...policy import Policy
from ...rule import Report, rule
from .answering import answering, is_page, speaks_tls
from .gzip_settings import is_in_sight
from .insertion import after


@rule(
    "nginx/gzip-level-high",
    Severity.INFO,
    bad="""
        location / {
            gzip_comp_level 9;  # <-
        }
    """,
    good="""
        location / {
            gzip_comp_level 6;
        }
    """,
    fixed="""
        location / {
            gzip_comp_level 6;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_comp_level",
)
def gzip_level_high(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    gzip works twice as long to save a hundredth.

    From level 6 on answers hardly get smaller, while each costs more time of the processor; files that never change
    are better compressed once, for `gzip_static`.
    """
    for found in config.find("gzip_comp_level"):
        if found.value.isdigit() and int(found.value) > policy.gzip.max_level:
            place = found.arg_place(0)
            message = f"level {found.value} costs time and saves next to nothing; write {policy.gzip.recommended_level}"
            yield place, message, (Edit(place, str(policy.gzip.recommended_level)),)


@rule(
    "nginx/gzip-min-length-low",
    Severity.INFO,
    bad="""
        location / {
            gzip_min_length 10;  # <-
        }
    """,
    good="""
        location / {
            gzip_min_length 1k;
        }
    """,
    fixed="""
        location / {
            gzip_min_length 256;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_min_length",
    preset="strict",
)
def gzip_min_length_low(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """Answers are compressed that are so short that they grow by it, or fit into one packet anyway."""
    for found in config.find("gzip_min_length"):
        size = config.effective(found.parent).compression.min_length_bytes if found.parent else None
        if size is not None and size < policy.gzip.min_length_bytes:
            place, wanted = found.arg_place(0), policy.gzip.recommended_min_length_bytes
            message = f"answers of {found.value} bytes do not get smaller; write {wanted}"
            yield place, message, (Edit(place, str(wanted)),)


@rule(
    "nginx/gzip-not-for-proxies",
    Severity.INFO,
    bad="""
        http {
            gzip on;  # <-
            gzip_vary on;
            gzip_types text/css application/javascript application/json image/svg+xml;
            set_real_ip_from 10.0.0.0/8;
        }
    """,
    good="""
        http {
            gzip on;
            gzip_vary on;
            gzip_types text/css application/javascript application/json image/svg+xml;
        }
    """,
    fixed="""
        http {
            gzip on;
            gzip_proxied any;
            gzip_vary on;
            gzip_types text/css application/javascript application/json image/svg+xml;
            set_real_ip_from 10.0.0.0/8;
        }
    """,
    source="https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_proxied",
    preset="strict",
)
def gzip_not_for_proxies(config: NginxConfig) -> Iterator[Report]:
    """
    Behind a proxy or a CDN nothing is compressed.

    A request with a `Via` header gets the plain answer unless `gzip_proxied` says otherwise. Reported only where
    `set_real_ip_from` or `proxy_protocol` shows that there is a proxy in front.
    """
    is_behind = config.has("set_real_ip_from") or any("proxy_protocol" in it.args for it in config.find("listen"))
    for gzip in config.find("gzip") if is_behind else ():
        block = gzip.parent
        if block is None or gzip.value.lower() != "on" or not is_in_sight(config, block):
            continue
        has_own = any(found.name == "gzip_proxied" for found in block.walk())
        if not has_own and config.effective(block).setting("gzip_proxied") is None:
            message = 'requests that come through a proxy get plain answers; add "gzip_proxied any"'
            yield gzip.place, message, (after(gzip, "gzip_proxied any;"),)


@rule(
    "nginx/gzip-of-secrets",
    Severity.INFO,
    bad="""
        server {
            listen 443 ssl;
            ssl_certificate /etc/tls/a.pem;
            ssl_certificate_key /etc/tls/a.key;
            gzip on;
            location / {
                proxy_pass http://127.0.0.1:8080;  # <-
                proxy_cookie_flags ~ secure;
            }
        }
    """,
    good="""
        server {
            listen 80;
            gzip on;
            location / {
                proxy_pass http://127.0.0.1:8080;
                proxy_cookie_flags ~ secure;
            }
        }
    """,
    source="https://www.breachattack.com/",
    preset="strict",
)
def gzip_of_secrets(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Pages made for a visitor who is signed in are compressed inside TLS: BREACH.

    Where such a page repeats what was asked for and holds a secret, such as a token against forged requests, the
    length of the answer tells the secret letter by letter. Safe where the token changes with each answer, as that of
    Django does; otherwise switch gzip off there. Reported only where nginx handles cookies of the application.
    """
    for server in config.servers:
        for block in answering(config, server) if speaks_tls(server) else ():
            at = config.effective(block)
            cookies = at.setting("proxy_cookie_flags", "proxy_cookie_path", "proxy_cookie_domain")
            if at.handler and cookies and at.is_on("gzip") and is_page(config, block, policy):
                message = "the length of compressed pages tells their secrets; switch gzip off, or change tokens often"
                yield at.handler.place, message
