"""A certificate authority made for one run of tests: root, intermediate, and certificates of any fault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class Authority:
    """A root that a client may believe, and the intermediate that signs."""

    root: Pair
    intermediate: Pair

    def issue(
        self,
        name: str,
        *,
        names: tuple[str, ...] | None = None,
        lifetime: timedelta = timedelta(days=90),
        age: timedelta = timedelta(days=10),
        rsa_bits: int = 0,
        ocsp: str = "",
    ) -> Pair:
        """A certificate for *names*, that of a server called *name* alone otherwise."""
        begin = datetime.now(UTC) - age
        key: Any = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else ec.generate_private_key(ec.SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.DNSName(each) for each in names or (name,)])
        builder = _builder(name, self.intermediate.certificate.subject, key, begin, begin + lifetime)
        builder = builder.add_extension(alternative, critical=False)
        if ocsp:
            access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp))
            builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
        return Pair(builder.sign(self.intermediate.key, hashes.SHA256()), key)

    def write(self, folder: Path, pair: Pair, *, whole: bool = True) -> None:
        """The files that a server reads: ``chain.pem`` and ``key.pem``; and ``root.pem`` for its clients."""
        (folder / "chain.pem").write_text(pair.pem + (self.intermediate.pem if whole else ""))
        (folder / "key.pem").write_text(pair.key_pem)
        (folder / "root.pem").write_text(self.root.pem)


def authority(name: str = "Fairlead test root") -> Authority:
    """A new one."""
    root = _signed(name, None)
    return Authority(root, _signed(f"{name} intermediate", root))


def self_signed(name: str) -> Pair:
    """A certificate that nobody signed but itself."""
    begin = datetime.now(UTC) - timedelta(days=1)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, _name(name), key, begin, begin + timedelta(days=90))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return Pair(builder.sign(key, hashes.SHA256()), key)


def _signed(name: str, by: Pair | None) -> Pair:
    begin = datetime.now(UTC) - timedelta(days=400)
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = by.certificate.subject if by else _name(name)
    builder = _builder(name, issuer, key, begin, begin + timedelta(days=4000))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Pair(builder.sign((by.key if by else key), hashes.SHA256()), key)


def _builder(name: str, issuer: x509.Name, key: Any, begin: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
