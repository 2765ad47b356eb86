"""The certificate that stands in until there is a real one, so that nginx has one configuration for all states."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..command import Secret
from .material import Material
from .x509 import PLACEHOLDER_NAME, Certificate

LIFETIME = timedelta(days=7)
RENEWED_BELOW = 1 / 3
"""The part of its lifetime below which `inv up` makes a new one."""


def placeholder(now: datetime) -> Material:
    """A new key and a certificate signed by itself, valid for seven days from an hour before *now* on."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PLACEHOLDER_NAME)])
    begin = now - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(PLACEHOLDER_NAME)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Material(certificate.public_bytes(Encoding.PEM).decode(), Secret(private.decode()), "the placeholder")


def is_due(certificate: Certificate, now: datetime) -> bool:
    """Whether it is a placeholder that nears its end."""
    return certificate.is_placeholder and certificate.left(now) < RENEWED_BELOW
