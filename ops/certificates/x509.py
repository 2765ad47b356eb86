"""What certificates and keys in PEM say."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from ..command import Secret
from ..errors import FairleadError

PLACEHOLDER_NAME = "placeholder.invalid"
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
CURVES = {"secp256r1": "ecdsa-p256", "secp384r1": "ecdsa-p384", "secp521r1": "ecdsa-p521"}


class CertificateError(FairleadError):
    """A certificate or key that cannot be read or does not fit; the message has no key material."""


@dataclass(frozen=True)
class Certificate:
    """
    One certificate.

    Attributes:
        names: Of its subjectAltName: DNS names in lower case, addresses as text.
        subject: The common name, or the whole name where it has none.
        issuer: The same of who signed it.
        not_before: Aware, as *not_after*.
        key: ``ecdsa-p256``, ``rsa-2048`` and so on.
        fingerprint: SHA-256 of the DER form, hexadecimal, lower case.
        ocsp: Where its revocation can be asked for; empty where the certificate names no such address.
    """

    names: tuple[str, ...]
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    key: str
    fingerprint: str
    ocsp: str
    parsed: x509.Certificate = field(repr=False, compare=False)

    @property
    def facts(self) -> dict[str, object]:
        """What reports say of it, as JSON."""
        return {
            "names": list(self.names),
            "issuer": self.issuer,
            "key": self.key,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
        }

    @property
    def is_placeholder(self) -> bool:
        """Whether it is the one that stands in until there is a real one."""
        return self.subject == PLACEHOLDER_NAME == self.issuer

    @property
    def is_self_signed(self) -> bool:
        """Whether subject and issuer are the same."""
        return self.parsed.subject == self.parsed.issuer

    @property
    def distrust(self) -> str:
        """What it is where no browser takes it, whatever its names; empty where an authority signed it in earnest."""
        if self.is_placeholder:
            return "a placeholder"
        if self.is_self_signed:
            return "signed by itself"
        return "of the staging authority" if "(STAGING)" in self.issuer else ""

    @property
    def pem(self) -> str:
        """The certificate alone, in PEM."""
        return self.parsed.public_bytes(Encoding.PEM).decode()

    def left(self, now: datetime) -> float:
        """The part of its lifetime that is left: 1 at its begin, 0 at its end, negative after it."""
        return (self.not_after - now) / (self.not_after - self.not_before)

    def days_left(self, now: datetime) -> int:
        """Whole days until it expires; negative when it has."""
        return (self.not_after - now).days

    def covers(self, name: str) -> bool:
        """Whether a browser takes it for *name*; ``*.NAME`` is covered by itself only."""
        wildcard = "*." + name.partition(".")[2] if "." in name else ""
        return name.lower() in self.names or wildcard.lower() in self.names


def read_chain(pem: str, where: str = "certificate") -> tuple[Certificate, ...]:
    """
    The certificates in *pem*, in their order.

    Raises:
        CertificateError: there is none, or one cannot be read.
    """
    try:
        with warnings.catch_warnings():  # of old roots that nobody can mend
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return tuple(_certificate(each) for each in x509.load_pem_x509_certificates(pem.encode()))
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError(f"{where}: no certificate in PEM that can be read; see what the file holds") from None


def read_der(der: bytes) -> Certificate:
    """
    The certificate of a handshake.

    Raises:
        CertificateError: it cannot be read.
    """
    try:
        return _certificate(x509.load_der_x509_certificate(der))
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("the certificate of the handshake cannot be read") from None


def key_fault(certificate: Certificate, key: Secret) -> str:
    """Why *key* is not the certificate's, in a few words; empty where it is."""
    try:
        private = load_pem_private_key(key.value.encode(), None)
    except TypeError:
        return "the key has a passphrase; nginx cannot ask for one"
    except (ValueError, UnsupportedAlgorithm):
        return "the key is no private key in PEM"
    own, wanted = (
        each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in (private.public_key(), certificate.parsed.public_key())
    )
    return "" if own == wanted else "the key does not belong to the certificate"


def missing_names(certificate: Certificate, names: Iterable[str]) -> tuple[str, ...]:
    """Those of *names* that the certificate is not for."""
    return tuple(name for name in names if not certificate.covers(name))


def date_fault(chain: Sequence[Certificate], now: datetime) -> str:
    """Which certificate of the chain is not valid at *now*, and since when; empty where all are."""
    for certificate in chain:
        if now < certificate.not_before:
            return f"{certificate.subject} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC on; see the clock"
        if now > certificate.not_after:
            return f"{certificate.subject} expired on {certificate.not_after:%Y-%m-%d %H:%M} UTC"
    return ""


def chain_fault(chain: Sequence[Certificate], roots: Sequence[Certificate] | None = None) -> str:
    """
    What is wrong with who signed whom; empty where each signed the one before it.

    Args:
        roots: Those that are trusted, one of which must have signed a certificate of the chain; None asks for none.
    """
    for below, above in pairwise(chain):
        if not _signed(below, above):
            return f'the chain is out of order: "{above.subject}" did not sign "{below.subject}"'
    if roots is None or _is_trusted(chain, roots):
        return ""
    return f'the chain ends at "{chain[-1].subject}", signed by "{chain[-1].issuer}", which is not trusted here'


def bundle(path: Path) -> tuple[Certificate, ...]:
    """
    The certificates of a bundle file.

    Raises:
        CertificateError: the file cannot be read, or holds none.
    """
    try:
        return read_chain(path.read_text(encoding="utf-8", errors="replace"), str(path))
    except OSError as error:
        raise CertificateError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error


def system_roots() -> tuple[Certificate, ...]:
    """
    The roots that this machine trusts.

    Raises:
        CertificateError: it has no bundle where bundles usually are.
    """
    own = ssl.get_default_verify_paths().cafile
    found = next((Path(path) for path in (own, *BUNDLES) if path and Path(path).is_file()), None)
    if found is None:
        raise CertificateError(f"{BUNDLES[0]}: no bundle of trusted roots; install ca-certificates")
    return bundle(found)


def _is_trusted(chain: Sequence[Certificate], roots: Sequence[Certificate]) -> bool:
    trusted = {root.fingerprint for root in roots}
    by_subject: dict[x509.Name, list[Certificate]] = {}
    for root in roots:
        by_subject.setdefault(root.parsed.subject, []).append(root)
    return any(
        each.fingerprint in trusted or any(_signed(each, root) for root in by_subject.get(each.parsed.issuer, ()))
        for each in chain
    )


def _signed(below: Certificate, above: Certificate) -> bool:
    try:
        below.parsed.verify_directly_issued_by(above.parsed)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _certificate(parsed: x509.Certificate) -> Certificate:
    return Certificate(
        names=_names(parsed),
        subject=_common_name(parsed.subject),
        issuer=_common_name(parsed.issuer),
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        key=_key_kind(parsed),
        fingerprint=parsed.fingerprint(hashes.SHA256()).hex(),
        ocsp=_ocsp(parsed),
        parsed=parsed,
    )


def _names(parsed: x509.Certificate) -> tuple[str, ...]:
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    dns = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    return (*dns, *(str(ip_address(str(each))) for each in names.get_values_for_type(x509.IPAddress)))


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _key_kind(parsed: x509.Certificate) -> str:
    key = parsed.public_key()
    if isinstance(key, EllipticCurvePublicKey):
        return CURVES.get(key.curve.name, f"ecdsa-{key.curve.name}")
    if isinstance(key, RSAPublicKey):
        return f"rsa-{key.key_size}"
    return type(key).__name__.removesuffix("PublicKey").lower()


def _ocsp(parsed: x509.Certificate) -> str:
    try:
        access = parsed.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ""
    found = [each for each in access if each.access_method == AuthorityInformationAccessOID.OCSP]
    return str(found[0].access_location.value) if found else ""
