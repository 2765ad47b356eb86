"""Ciphers of TLS 1.2 and before."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Edit, Severity
from ...nginx import Directive, NginxConfig
from ...nginx.ciphers import Choice, chosen
from ...policy import Policy
from ...rule import Report, rule

_MANUAL = "https://docs.openssl.org/3.5/man1/openssl-ciphers/"
_MOZILLA = "https://ssl-config.mozilla.org/guidelines/6.0.json"
_SHOWN = 2
_USUAL = ("HIGH:!aNULL:!MD5", "DEFAULT")
"""What nginx and OpenSSL choose where nothing is said."""


def _lists(config: NginxConfig) -> Iterator[tuple[Directive, tuple[Choice, ...]]]:
    for directive in config.find("ssl_ciphers"):
        is_known = len(directive.args) == 1 and "$" not in directive.value and not config.is_unknown(directive.value)
        if is_known and not _has_only_newest(config, directive):
            yield directive, chosen(directive.value)


def _has_only_newest(config: NginxConfig, directive: Directive) -> bool:
    """Whether only TLS 1.3 is spoken, whose ciphers are chosen elsewhere."""
    block = directive.parent
    found = [config.effective(block).setting("ssl_protocols")] if block else config.find("ssl_protocols")
    return bool(found) and all(each is not None and each.args == ("TLSv1.3",) for each in found)


@rule(
    "nginx/weak-cipher",
    Severity.ERROR,
    bad=(
        """
        ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:DES-CBC3-SHA:!DSS;  # <-
        """,
        'ssl_ciphers "EECDH+aRSA+RC4 EECDH EDH+aRSA RC4 !aNULL !eNULL !MD5";  # <-',
        "ssl_ciphers ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP;  # <-",
        "ssl_ciphers NULL-SHA:HIGH;  # <-",
    ),
    good=(
        "ssl_ciphers HIGH:!aNULL:!MD5;",
        "ssl_ciphers 'EECDH+AESGCM:EECDH+CHACHA20:!RC4:!3DES:!MEDIUM:!LOW:!EXP';",
        "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;",
        "ssl_ciphers PROFILE=SYSTEM;",
        "server { ssl_protocols TLSv1.3; ssl_ciphers ALL; }",
        "ssl_ciphers RC4:!RC4:ECDHE+AESGCM;",
        "ssl_ciphers DEFAULT@SECLEVEL=2;",
    ),
    fixed="ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
    unsafe=True,
    source=_MANUAL,
    covers=("gixy:weak_ssl_tls", "nginx-lint:weak-ssl-ciphers"),
)
def weak_cipher(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A list of ciphers that asks for broken ones.

    RC4, DES, 3DES, ciphers for export, without encryption or without authentication: what is sent with them can be
    read or changed. The list is read as OpenSSL reads it, so what `!` takes out again is not reported; nor is what a
    family such as `kRSA` holds beside good ones in an OpenSSL that was built with old ciphers.
    """
    for directive, choices in _lists(config):
        broken = {choice.cipher.flaw: choice for choice in reversed(choices) if choice.cipher.flaw and choice.is_named}
        if broken:
            what = ", ".join(f'{flaw} ("{broken[flaw].word}" lets in {broken[flaw].cipher.name})' for flaw in broken)
            message = f"ciphers with {what}; name good ones only, such as those of the policy"
            yield directive.arg_place(0), message, _replaced(directive, policy)


def _replaced(directive: Directive, policy: Policy) -> tuple[Edit, ...]:
    return (Edit(directive.arg_place(0), ":".join(policy.tls.ciphers), safe=False),)


@rule(
    "nginx/cipher-outside-policy",
    Severity.INFO,
    preset="strict",
    bad=(
        "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:AES128-GCM-SHA256;  # <-",
        "ssl_ciphers EECDH+AESGCM:AES256+EECDH;  # <-",
    ),
    good=(
        "ssl_ciphers ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
        "ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;",
        "ssl_ciphers $my_ciphers;",
    ),
    fixed="ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
    unsafe=True,
    source=_MOZILLA,
)
def cipher_outside_policy(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    A list of ciphers that lets in more than those of the policy, `tls.ciphers`.

    Those of Mozilla's guideline have forward secrecy, so that a stolen key opens nothing that was recorded before, and
    guard the data in the same step that hides it. Older clients may need others; nginx's own `HIGH:!aNULL:!MD5` is
    left alone, and so is OpenSSL's `DEFAULT`.
    """
    for directive, choices in _lists(config):
        if directive.value.partition("@")[0] in _USUAL or any(each.cipher.flaw and each.is_named for each in choices):
            continue
        others = [
            each.cipher for each in choices if each.cipher.name not in policy.tls.ciphers and not each.cipher.flaw
        ]
        if others:
            names = ", ".join(cipher.name for cipher in others[:_SHOWN])
            more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
            message = f"lets in {names}{more}, which the policy does not; name its ciphers"
            yield directive.arg_place(0), message, _replaced(directive, policy)


@rule(
    "nginx/server-chooses-cipher",
    Severity.INFO,
    preset="strict",
    bad="""
        server {
            ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
            ssl_prefer_server_ciphers on;  # <-
        }
    """,
    good=(
        "ssl_prefer_server_ciphers on;",
        """
        server {
            ssl_ciphers ECDHE+AESGCM:kRSA+AESGCM:!eNULL;  # fairlead: ignore[nginx/cipher-outside-policy] old
            ssl_prefer_server_ciphers on;
        }
        """,
    ),
    fixed="""
        server {
            ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;
            ssl_prefer_server_ciphers off;
        }
    """,
    source=_MOZILLA,
    covers=("gixy:weak_ssl_tls",),
)
def server_chooses_cipher(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    The server's order of ciphers, where all of them are good.

    A client knows whether it computes AES in hardware; a telephone without it is faster with ChaCha20. The server's
    order is needed only where weak ciphers must come last.
    """
    for directive in config.find("ssl_prefer_server_ciphers"):
        if directive.value.lower() != "on" or directive.parent is None:
            continue
        setting = config.effective(directive.parent).setting("ssl_ciphers")
        ciphers = {choice.cipher.name for choice in chosen(setting.value)} if setting else set()
        if ciphers and ciphers <= set(policy.tls.ciphers):
            message = 'all these ciphers are good, so let the client choose; write "ssl_prefer_server_ciphers off"'
            yield directive.arg_place(0), message, (Edit(directive.arg_place(0), "off"),)
