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
_DH = regex(r"-----BEGIN (?:X9\.42 )?DH PARAMETERS-----([\w+/=\s]+)-----END ")
_OPENSSL_WITH_HYBRID = (1, 28, 0)
"""The first nginx whose official images and packages may be expected to come with OpenSSL 3.5."""
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
    bad=(
        "ssl_dhparam /etc/nginx/dhparam-1024.pem;  # <-",
        {
            "nginx.conf": """
                events {}
                http {
                    server_tokens off;
                    ssl_dhparam dhparam.pem;  # <-
                }
            """,
            "dhparam.pem": """
                -----BEGIN DH PARAMETERS-----
                MEYCQQCL7Ax0I1JVmyoDXrmvbMgeF5D6sdXtDsMJeXxyeoJ2ctPa0AsMgryyxOkN
                ibMupu+ZRXw8YKmvqZ8myGaSc7B3AgEC
                -----END DH PARAMETERS-----
            """,
        },
    ),
    good=("ssl_dhparam /etc/nginx/ffdhe2048.txt;", "ssl_dhparam /etc/nginx/dhparam.pem;"),
    source="https://weakdh.org/",
)
def short_dh_parameters(config: NginxConfig, policy: Policy) -> Iterator[Report]:
    """
    Parameters for Diffie-Hellman that are too short, as their file says, or its name where the file is not at hand.

    1024 bits are within reach of a state, and one computation opens all that use the same parameters (Logjam).
    """
    for directive in config.find("ssl_dhparam"):
        text = None if config.is_unknown(directive.value) else config.beside(directive.value)
        bits = dh_bits(text) if text else None
        by_name = [int(size) for size in _BITS.findall(directive.value.rpartition("/")[2])]
        size = bits or (max(by_name) if by_name else None)
        if size is not None and size < policy.tls.min_dhparam_bits:
            said = "" if bits else " by its name"
            message = f'"{directive.value}" has {size} bits{said}; use {policy.tls.min_dhparam_bits} or more'
            yield directive.arg_place(0), message


def dh_bits(text: str) -> int | None:
    """The size of the prime in a PEM file of parameters; None where there is none to be read."""
    import base64  # noqa: PLC0415 - only a file of parameters needs it

    body = _DH.search(text)
    try:
        data = base64.b64decode("".join(body[1].split())) if body else b""
    except ValueError:
        return None
    start, _ = _der_length(data, 1)
    if data[start : start + 1] != b"\x02":
        return None
    start, length = _der_length(data, start + 1)
    prime = data[start : start + length]
    return int.from_bytes(prime, "big").bit_length() if len(prime) == length and length else None


def _der_length(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of an element of DER begins, whose length stands at *at*, and how long it is."""
    first = data[at] if at < len(data) else 0
    if first < 128:  # noqa: PLR2004 - the short form
        return at + 1, first
    count = first & 127
    return at + 1 + count, int.from_bytes(data[at + 1 : at + 1 + count], "big")


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
    "nginx/hybrid-curve-unknown",
    Severity.WARNING,
    bad="""
        # nginx 1.26.3
        ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1;  # <-
    """,
    good=(
        "ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1;",
        "# nginx 1.26.3\nssl_ecdh_curve X25519:X25519Kyber:$curves;",
    ),
    source="https://docs.openssl.org/3.5/man3/SSL_CTX_set1_curves/",
    covers=("gixy:ssl_ecdh_curve",),
)
def hybrid_curve_unknown(config: NginxConfig) -> Iterator[Report]:
    """
    A curve that the OpenSSL beside this nginx may not know, so that nginx does not start.

    X25519MLKEM768 came with OpenSSL 3.5; an nginx of before 1.28 usually runs with an older one, as in Debian 12 and
    Ubuntu 24.04: `SSL_CTX_set1_curves_list() failed`. A `?` before the name passes over what is not known, but only
    from OpenSSL 3.3 on. `nginx -V` says which one runs; with an old one, leave the name out.
    """
    if config.version >= _OPENSSL_WITH_HYBRID:
        return
    for directive in config.find("ssl_ecdh_curve"):
        hybrid = next((name for name in _groups(directive.value) if "mlkem" in name.lower()), None)
        if hybrid and "$" not in directive.value:
            running = ".".join(map(str, config.version))
            message = f'nginx {running} often comes with an OpenSSL without "{hybrid}", and does not start; look first'
            yield directive.arg_place(0), message


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
