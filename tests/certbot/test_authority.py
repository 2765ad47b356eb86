"""What a CA says of itself: its clock, its renewal windows, and what is said where it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from fairlead.ops.certbot.authority import Authority, AuthorityError, certificate_identifier, directory, window
from fairlead.ops.certificates.x509 import read_chain
from fairlead.ops.errors import SettingsError

from ..authority import Authority as Signer
from ..system.acme import refusing_authority
from ..system.conftest import free_port

HERE = "127.0.0.1"


def _certificate(number: int, authority_key: bytes | None) -> str:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    if authority_key:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier(authority_key, None, None), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("number", "end"), [(0x87654321, "AIdlQyE"), (0x7654321, "B2VDIQ"), (0x80, "AIA"), (0x7F, "fw")]
)
def test_a_certificate_is_called_as_rfc_9773_calls_it(number: int, end: str) -> None:
    key = bytes.fromhex("69885b6b87464041e1b37b847ba0ae2cde01c8d4")
    (certificate,) = read_chain(_certificate(number, key))

    assert f"aYhba4dGQEHhs3uEe6CuLN4ByNQ.{end}" == certificate_identifier(certificate)


def test_a_certificate_that_does_not_say_who_signed_it_has_no_such_name() -> None:
    assert "" == certificate_identifier(read_chain(_certificate(1, None))[0])


@pytest.mark.parametrize(("ahead_s", "least", "most"), [(3600, -3605, -3595), (0, -5, 5), (-3600, 3595, 3605)])
def test_the_clocks_are_compared(tmp_path: Path, ahead_s: int, least: int, most: int) -> None:
    with refusing_authority(tmp_path, HERE, free_port(), "caa", "no", ahead_s=ahead_s) as server:
        found = directory(Authority(server, server, tmp_path / "ca.pem"))

    assert least <= found.skew_s <= most
    assert () == found.identities == found.profiles


def test_a_ca_without_windows_has_none(tmp_path: Path) -> None:
    certificate = read_chain(Signer().issue("shop.test").chain)[0]
    with refusing_authority(tmp_path, HERE, free_port(), "caa", "no") as server:
        ca = Authority(server, server, tmp_path / "ca.pem")

        assert window(ca, directory(ca), certificate) is None


def test_a_ca_that_is_not_there_or_not_trusted_is_named(tmp_path: Path) -> None:
    gone = f"https://{HERE}:{free_port()}/dir"
    with pytest.raises(AuthorityError, match=r"the CA cannot be asked: .*: connection refused; see ACME_SERVER"):
        directory(Authority(gone, gone))
    with refusing_authority(tmp_path, HERE, free_port(), "caa", "no") as server:
        with pytest.raises(
            AuthorityError, match=r"its certificate is not trusted: .*; see ACME_SERVER, ACME_CA_BUNDLE"
        ):
            directory(Authority(server, server))
        (tmp_path / "empty.pem").write_text("no certificate\n")
        with pytest.raises(SettingsError, match=r"empty\.pem: no certificates in PEM that can be read"):
            directory(Authority(server, server, tmp_path / "empty.pem"))
