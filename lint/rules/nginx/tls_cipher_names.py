"""Names in lists of ciphers that OpenSSL does not know."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Severity
from ...nginx import Directive, NginxConfig
from ...nginx.ciphers import has_only_unknown, universe, unknown
from ...rule import Report, rule

_MANUAL = "https://docs.openssl.org/3.5/man1/openssl-ciphers/"
_SHOWN = 2
_DIRECTIVES = ("ssl_ciphers", "proxy_ssl_ciphers", "grpc_ssl_ciphers", "uwsgi_ssl_ciphers")


def _lists(config: NginxConfig) -> Iterator[Directive]:
    for directive in config.find(*_DIRECTIVES):
        if len(directive.args) == 1 and "$" not in directive.value and not config.is_unknown(directive.value):
            yield directive


@rule(
    "nginx/no-cipher-left",
    Severity.ERROR,
    bad=(
        "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512:DHE-RSA-AES256-GCM-SHA512;  # <-",
        "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA384;  # <-",
        "ssl_protocols TLSv1.3; ssl_ciphers TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256;  # <-",
    ),
    good=(
        "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;",
        "ssl_ciphers HIGH:!aNULL:!MD5;",
        "ssl_ciphers PROFILE=SYSTEM;",
        "ssl_ciphers $ciphers;",
    ),
    source=_MANUAL,
)
def no_cipher_left(config: NginxConfig) -> Iterator[Report]:
    """
    A list of ciphers of which OpenSSL has none.

    nginx does not start: `SSL_CTX_set_cipher_list failed ... no cipher match`. AES with 256 bits in GCM goes with
    SHA384, AES with 128 bits with SHA256, and nothing with SHA512. Those of TLS 1.3 are all let in, whatever the list
    says, and `ssl_conf_command Ciphersuites` chooses among them.
    """
    for directive in _lists(config):
        if not has_only_unknown(directive.value):
            continue
        names = unknown(directive.value)
        if names:
            message = f"OpenSSL has none of these ciphers, so nginx does not start; {_advice(names[0])}"
        else:
            message = "the list must let in a cipher of TLS 1.2, or nginx does not start; take the directive out"
        yield directive.arg_place(0), message


@rule(
    "nginx/unknown-cipher",
    Severity.WARNING,
    bad="ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512:ECDHE-RSA-AES256-GCM-SHA384;  # <-",
    good=(
        "ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:!ECDHE-RSA-AES256-GCM-SHA512;",
        "ssl_ciphers ECDHE-PSK-AES128-CBC-SHA:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES256-GCM-SHA384;",
    ),
    source=_MANUAL,
)
def unknown_cipher(config: NginxConfig) -> Iterator[Report]:
    """
    The name of a cipher that there is not.

    OpenSSL passes over it without a word, so the list is shorter than it looks. Lists with SHA512 in them have been
    copied from page to page for years.
    """
    for directive in _lists(config):
        names = unknown(directive.value)
        if names and not has_only_unknown(directive.value):
            shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            yield directive.arg_place(0), f"OpenSSL has no cipher {shown}{more}; {_advice(names[0])}"


def _advice(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only an unknown name needs it

    close = get_close_matches(name, [cipher.name for cipher in universe() if not cipher.flaw], n=1, cutoff=0.8)
    return f'did you mean "{close[0]}"?' if close else "take it out"
