"""A certificate authority of a test's own: its keys are made when it runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fairlead.ops.certificates.material import Material
from fairlead.ops.command import Secret

DAY = timedelta(days=1)


class Authority:
    """
    Signs whatever is asked for.

    Attributes:
        root: Its own certificate, in PEM.
        intermediate: The one that signs, in PEM; the same where it has none.
    """

    def __init__(self, name: str = "test authority", *, intermediate: bool = False) -> None:
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        root = _signed(name, self._root_key, name, self._root_key, names=(), span=(-DAY, 300 * DAY))
        self.root = _pem(root)
        self._issuer, self._key, self.intermediate = name, self._root_key, self.root
        if intermediate:
            self._issuer, self._key = f"{name} 2", ec.generate_private_key(ec.SECP256R1())
            self.intermediate = _pem(
                _signed(self._issuer, self._key, name, self._root_key, names=(), span=(-DAY, 200 * DAY))
            )

    def issue(
        self, *names: str, days: float = 90, age_days: float = 1, ocsp: str = "", where: str = "the disk"
    ) -> Material:
        """A new key, and a chain for *names* that began *age_days* ago and is valid for *days* in all."""
        key = ec.generate_private_key(ec.SECP256R1())
        span = (-age_days * DAY, (days - age_days) * DAY)
        leaf = _signed(names[0], key, self._issuer, self._key, names=names, span=span, ocsp=ocsp)
        chain = _pem(leaf) + (self.intermediate if self.intermediate != self.root else "")
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return Material(chain, Secret(text), where)


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    by: ec.EllipticCurvePrivateKey,
    *,
    names: tuple[str, ...],
    span: tuple[timedelta, timedelta],
    ocsp: str = "",
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + span[0])
        .not_valid_after(now + span[1])
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False)
    if ocsp:
        access = x509.AccessDescription(
            x509.oid.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(ocsp)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), False)
    return builder.sign(by, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
