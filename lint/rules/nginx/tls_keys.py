"""Keys: where they lie, and how they are agreed on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...nginx import NginxConfig
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule

_CURVE = "https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_ecdh_curve"
_SHARED = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - to be reported, not used
_BITS = regex(r"(?<!\d)(512|768|1024|1536|2048|3072|4096)(?!\d)")
_WEAK = regex(
    r"(?:prime(?:192|239)|secp(?:112|128|160|192|224)|sect\d|c2(?:pnb|tnb)|wap-wsg|P-(?:192|224)$|brainpoolP(?:160|192|224))"
)


@rule(
    "nginx/key-in-shared-folder",
    Severity.WARNING,
    bad="ssl_certificate_key /tmp/tls/site.key;  # <-",
    good=(
        "ssl_certificate_key /etc/tls/site.key;",
        "ssl_certificate_key /run/secrets/site.key;",
        "ssl_certificate /tmp/site.pem;",
    ),
    source="https://cwe.mitre.org/data/definitions/379.html",
)
def key_in_shared_folder(config: NginxConfig) -> Iterator[Report]:
    """
    A private key in a folder where every program may write.

    Another user can put a key of its own in place before nginx starts, or read one that was copied with loose
    permissions; and the next clean-up takes it away. Keep it in a folder of root's.
    """
    for directive in config.find("ssl_certificate_key", "proxy_ssl_certificate_key", "ssl_password_file"):
        if directive.value.startswith(_SHARED):
            message = f'every program may write to the folder of "{directive.value}"; keep the key in one of root\'s'
            yield directive.arg_place(0), message


@rule(
    "nginx/short-dh-parameters",
    Severity.WARNING,
    bad="ssl_dhparam /etc/nginx/dhparam-1024.pem;  # <-",
    good=("ssl_dhparam /etc/nginx/ffdhe2048.txt;", "ssl_dhparam /etc/nginx/dhparam.pem;"),
    source="https://weakdh.org/",
)
def short_dh_parameters(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Parameters for Diffie-Hellman that are too short, as their file's name says.

    1024 bits are within reach of a state, and one computation opens all that use the same parameters (Logjam).
    """
    for directive in config.find("ssl_dhparam"):
        sizes = [int(bits) for bits in _BITS.findall(directive.value.rpartition("/")[2])]
        if sizes and max(sizes) < policy.tls.min_dhparam_bits:
            message = (
                f'"{directive.value}" has {max(sizes)} bits by its name; use {policy.tls.min_dhparam_bits} or more'
            )
            yield directive.arg_place(0), message


@rule(
    "nginx/weak-curve",
    Severity.WARNING,
    bad="ssl_ecdh_curve X25519MLKEM768:secp224r1;  # <-",
    good=(
        "ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1;",
        "ssl_ecdh_curve auto;",
        "ssl_ecdh_curve ?X25519MLKEM768:X25519:secp521r1;",
    ),
    source=_CURVE,
)
def weak_curve(config: NginxConfig) -> Iterator[Report]:
    """A curve of less than 256 bits, or one of a kind that browsers no longer speak, for agreeing on keys."""
    for directive in config.find("ssl_ecdh_curve"):
        weak = next((name for name in _groups(directive.value) if _WEAK.match(name)), None)
        if weak:
            yield directive.arg_place(0), f'"{weak}" is too short for a key of today; leave it out'


@rule(
    "nginx/no-hybrid-key-exchange",
    Severity.INFO,
    preset="strict",
    bad="ssl_ecdh_curve X25519:prime256v1:secp384r1;  # <-",
    good=("ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1;", "ssl_ecdh_curve auto;", "ssl_ecdh_curve $curves;"),
    source="https://ssl-config.mozilla.org/guidelines/6.0.json",
)
def no_hybrid_key_exchange(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Keys are agreed on in a way that a quantum computer will undo.

    Who records traffic today can read it then. Browsers speak X25519MLKEM768, which OpenSSL has from 3.5 on; with an
    older one nginx does not start when it is named, so look before you add it, or leave the directive out.
    """
    for directive in config.find("ssl_ecdh_curve"):
        groups = _groups(directive.value)
        is_known = directive.value and directive.value != "auto" and "$" not in directive.value
        if is_known and not any("mlkem" in name.lower() for name in groups):
            message = f'what is recorded today can be read later; with OpenSSL 3.5 put "{policy.tls.curves[0]}" first'
            yield directive.arg_place(0), message


def _groups(value: str) -> list[str]:
    return [name.lstrip("?*-") for name in re.split("[:/]", value) if name]
