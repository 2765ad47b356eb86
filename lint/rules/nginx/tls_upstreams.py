"""TLS towards other servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig, ProxyPass, proxy_pass
from ...regex import regex
from ...rule import Report, rule

_PROXY = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html"
_LOCAL = regex(r"127\.|\[::1\]|localhost$|unix:")
_TLS_SCHEMES = {"https": "proxy", "grpcs": "grpc"}


def _spoken(config: NginxConfig) -> Iterator[tuple[Directive, Directive, str, ProxyPass]]:
    """Each pass by TLS to another machine: the directive, its block, the prefix of its settings, and the target."""
    for directive in config.find("proxy_pass", "grpc_pass"):
        target = proxy_pass(directive)
        prefix = _TLS_SCHEMES.get(target.scheme)
        block = directive.parent
        if prefix is None or block is None or directive.is_inside("stream") or config.is_unknown(directive.value):
            continue
        if not _is_local(config, target):
            yield directive, block, prefix, target


def _is_local(config: NginxConfig, target: ProxyPass) -> bool:
    upstream = config.upstreams.get(target.host)
    hosts = [each.value for each in upstream.find("server")] if upstream else [target.host]
    return bool(hosts) and all(_LOCAL.match(host) for host in hosts)


@rule(
    "nginx/upstream-unverified",
    Severity.WARNING,
    bad=(
        """
        location / {
            proxy_pass https://api.example.com;  # <-
        }
        """,
        """
        server {
            proxy_ssl_verify off;  # <-
            location / { proxy_pass https://backend.example.com:8443; }
        }
        """,
    ),
    good=(
        """
        location / {
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
            proxy_pass https://api.example.com;
        }
        """,
        "location / { proxy_pass https://127.0.0.1:8443; }",
        "location / { proxy_pass http://backend; }",
        "location / { include /etc/nginx/verify.conf; proxy_pass https://api.example.com; }",
    ),
    source=f"{_PROXY}#proxy_ssl_verify",
)
def upstream_unverified(config: NginxConfig) -> Iterator[Report]:
    """
    TLS to another server whose certificate nobody looks at.

    nginx does not verify it unless told to: whoever gets between, or answers for the name, reads and changes
    everything. `proxy_ssl_verify on` needs `proxy_ssl_trusted_certificate` beside it. It is a warning, not an error,
    since it is nginx's own default and within a private network the risk is another.
    """
    reported: set[int] = set()
    for directive, block, prefix, target in _spoken(config):
        setting = config.effective(block).setting(f"{prefix}_ssl_verify")
        if (setting is None and config.may_hold(block, f"{prefix}_ssl_verify")) or (setting and setting.value == "on"):
            continue
        if setting is not None and id(setting) not in reported:
            reported.add(id(setting))
            yield setting.place, _advice(prefix, target)
        elif setting is None:
            yield directive.place, _advice(prefix, target)


def _advice(prefix: str, target: ProxyPass) -> str:
    return (
        f'nobody checks that it is "{target.host}" that answers; add "{prefix}_ssl_verify on;", '
        f"{prefix}_ssl_trusted_certificate and {prefix}_ssl_server_name"
    )


@rule(
    "nginx/verification-without-authority",
    Severity.ERROR,
    bad="""
        location / {
            proxy_ssl_server_name on;
            proxy_ssl_verify on;  # <-
            proxy_pass https://api.example.com;
        }
    """,
    good="""
        server {
            proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
            location / { proxy_ssl_server_name on; proxy_ssl_verify on; proxy_pass https://api.example.com; }
        }
    """,
    source=f"{_PROXY}#proxy_ssl_trusted_certificate",
)
def verification_without_authority(config: NginxConfig) -> Iterator[Report]:
    """
    A certificate is to be verified, and nothing is trusted.

    nginx does not start: `proxy_ssl_verify on` wants `proxy_ssl_trusted_certificate`, the file of the authorities; the
    system's is not used by itself.
    """
    for prefix in ("proxy", "grpc", "uwsgi"):
        for setting in config.find(f"{prefix}_ssl_verify"):
            block, needed = setting.parent, f"{prefix}_ssl_trusted_certificate"
            if setting.value != "on" or block is None or setting.is_inside("stream") or _is_set(config, block, needed):
                continue
            passes = (each for each in (block, *block.walk()) if each.first(f"{prefix}_pass"))
            if any(not _is_set(config, each, needed) for each in passes):
                yield setting.place, f'nginx does not start: nothing is trusted; add "{needed}" with the authorities'


def _is_set(config: NginxConfig, block: Directive, name: str) -> bool:
    return config.effective(block).setting(name) is not None or config.may_hold(block, name)


@rule(
    "nginx/upstream-without-name",
    Severity.INFO,
    preset="strict",
    bad="""
        location / {
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
            proxy_pass https://api.example.com;  # <-
        }
    """,
    good=(
        """
        location / {
            proxy_ssl_server_name on;
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
            proxy_pass https://api.example.com;
        }
        """,
        "location / { proxy_pass https://127.0.0.1:8443; }",
    ),
    source=f"{_PROXY}#proxy_ssl_server_name",
)
def upstream_without_name(config: NginxConfig) -> Iterator[Report]:
    """
    TLS to a server by name, without telling it the name.

    A server with several sites, and every content network, needs the name in the handshake; without it the handshake
    fails or brings another site's certificate.
    """
    for directive, block, prefix, target in _spoken(config):
        name = f"{prefix}_ssl_server_name"
        is_name = (
            re.fullmatch(r"[\w-]+(\.[\w-]+)*\.[a-zA-Z][\w-]*", target.host) and target.host not in config.upstreams
        )
        if is_name and not config.effective(block).is_on(name) and not config.may_hold(block, name):
            yield directive.place, f'"{target.host}" is not told which name is meant; add "{name} on;"'
