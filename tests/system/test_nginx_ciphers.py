"""Names of ciphers, as the OpenSSL of this machine knows them."""

from __future__ import annotations

import shutil
import subprocess
from itertools import product

import pytest

from fairlead.lint.nginx.ciphers import has_only_unknown, unknown

HEADS = ("", "ECDHE-RSA-", "ECDHE-ECDSA-", "DHE-RSA-", "DHE-DSS-", "EDH-RSA-", "DHE-ECDSA-", "ECDHE-DSS-")
AES = tuple(
    f"AES{bits}{mode}-SHA{digest}"
    for bits in (128, 256)
    for mode in ("", "-GCM", "-CBC")
    for digest in ("", 256, 384, 512)
)
TAILS = (*AES, "CHACHA20-POLY1305", "CHACHA20-POLY1305-SHA256")


def is_known(cipher_list: str) -> bool:
    """Whether OpenSSL finds a cipher in the list."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    return subprocess.run([openssl, "ciphers", cipher_list], capture_output=True, check=False).returncode == 0


def test_a_name_is_unknown_where_openssl_knows_none() -> None:
    names = [f"{head}{tail}" for head, tail in product(HEADS, TAILS)]

    assert [name for name in names if is_known(f"{name}:@SECLEVEL=0") == bool(unknown(name))] == []


def test_a_list_of_such_names_is_refused() -> None:
    several = "ECDHE-RSA-AES256-GCM-SHA512:DHE-RSA-AES256-GCM-SHA512"

    assert has_only_unknown("TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256")
    assert not is_known("TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256")
    assert has_only_unknown(several)
    assert not is_known(several)
    assert not has_only_unknown(f"{several}:ECDHE-RSA-AES256-GCM-SHA384")
    assert is_known(f"{several}:ECDHE-RSA-AES256-GCM-SHA384")
