"""What certificates and keys say: names, dates, who signed whom, whether key and certificate belong together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from fairlead.ops.certificates.fitness import fault_of
from fairlead.ops.certificates.material import Material
from fairlead.ops.certificates.placeholder import is_due, placeholder
from fairlead.ops.certificates.x509 import (
    CertificateError,
    bundle,
    chain_fault,
    date_fault,
    key_fault,
    missing_names,
    read_chain,
    read_der,
    system_roots,
)
from fairlead.ops.command import Secret

from ..authority import Authority

NOW = datetime.now(UTC)
AUTHORITY = Authority(intermediate=True)
ISSUED = AUTHORITY.issue("shop.test", "*.shop.test", days=90, age_days=30)


def test_a_certificate_says_names_issuer_key_and_what_is_left():
    certificate, issuer = read_chain(ISSUED.chain)

    assert ("shop.test", "*.shop.test") == certificate.names
    assert ("test authority 2", "test authority") == (certificate.issuer, issuer.issuer)
    assert "ecdsa-p256" == certificate.key
    assert (59, 66) == (certificate.days_left(NOW), int(certificate.left(NOW) * 100))
    assert 64 == len(certificate.fingerprint)
    assert "" == certificate.ocsp
    assert not certificate.is_placeholder
    assert certificate == read_chain(certificate.pem)[0]


def test_the_address_for_questions_about_revocation_is_read():
    material = AUTHORITY.issue("shop.test", ocsp="http://ocsp.test/")

    assert "http://ocsp.test/" == read_chain(material.chain)[0].ocsp


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("shop.test", True),
        ("SHOP.test", True),
        ("www.shop.test", True),
        ("a.www.shop.test", False),
        ("*.shop.test", True),
        ("*.www.shop.test", False),
        ("othershop.test", False),
        ("test", False),
        ("localhost", False),
    ],
)
def test_a_wildcard_covers_one_label_and_no_more(name, covered):
    certificate = read_chain(ISSUED.chain)[0]

    assert covered == certificate.covers(name)
    assert (() if covered else (name,)) == missing_names(certificate, [name])


def test_a_wildcard_is_not_covered_by_a_name_below_it():
    assert not read_chain(AUTHORITY.issue("www.shop.test").chain)[0].covers("*.shop.test")


def test_the_key_of_another_certificate_is_recognised():
    certificate = read_chain(ISSUED.chain)[0]

    assert "" == key_fault(certificate, ISSUED.key)
    assert "the key does not belong to the certificate" == key_fault(certificate, AUTHORITY.issue("shop.test").key)
    assert "the key is no private key in PEM" == key_fault(certificate, Secret("none"))


def test_a_key_with_a_passphrase_is_refused_since_nginx_cannot_ask_for_it():
    key = rsa.generate_private_key(65537, 2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")).decode()

    assert "the key has a passphrase; nginx cannot ask for one" == key_fault(read_chain(ISSUED.chain)[0], Secret(text))


def test_a_certificate_of_tomorrow_and_one_of_yesterday_are_not_valid():
    begins = read_chain(AUTHORITY.issue("shop.test", age_days=-1).chain)
    ended = read_chain(AUTHORITY.issue("shop.test", days=1, age_days=2).chain)

    assert "" == date_fault(read_chain(ISSUED.chain), NOW)
    assert f"shop.test is valid from {begins[0].not_before:%Y-%m-%d %H:%M} UTC on; see the clock" == date_fault(
        begins, NOW
    )
    assert f"shop.test expired on {ended[0].not_after:%Y-%m-%d %H:%M} UTC" == date_fault(ended, NOW)


def test_a_chain_holds_where_each_signed_the_one_before_and_a_known_root_the_last():
    leaf, above = read_chain(ISSUED.chain)
    root, *_ = read_chain(AUTHORITY.root)

    assert "" == chain_fault((leaf, above))
    assert "" == chain_fault((leaf, above), (root,))
    assert "" == chain_fault((leaf, above, root), (root,))
    assert "" == chain_fault((leaf,), (above,))
    assert 'the chain is out of order: "shop.test" did not sign "test authority 2"' == chain_fault((above, leaf))
    assert (
        'the chain ends at "shop.test", signed by "test authority 2", which is not trusted here'
        == chain_fault((leaf,), (root,))
    )  # fmt: skip


def test_an_authority_of_the_same_name_is_another_one():
    impostor = read_chain(Authority(intermediate=True).root)

    assert "which is not trusted here" in chain_fault(read_chain(ISSUED.chain), impostor)


def test_the_machines_own_roots_can_be_read():
    roots = system_roots()

    assert len(roots) > 50
    assert "which is not trusted here" in chain_fault(read_chain(ISSUED.chain), roots)


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate_is_refused_in_one_line(text):
    with pytest.raises(CertificateError, match=r"^here: no certificate in PEM that can be read; see what the file"):
        read_chain(text, "here")


def test_a_handshake_without_a_readable_certificate_is_refused():
    with pytest.raises(CertificateError, match="the certificate of the handshake cannot be read"):
        read_der(b"\x30\x00")


def test_a_bundle_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CertificateError, match=r"roots.pem: no such file or directory$"):
        bundle(Path(tmp_path / "roots.pem"))


def test_the_placeholder_lasts_seven_days_and_is_due_when_two_thirds_are_over():
    material = placeholder(NOW)
    certificate = read_chain(material.chain)[0]

    assert certificate.is_placeholder
    assert timedelta(days=7) == certificate.not_after - certificate.not_before
    assert "ecdsa-p256" == certificate.key
    assert "" == fault_of(material, ["shop.test"], NOW)
    assert (False, True) == (is_due(certificate, NOW), is_due(certificate, NOW + timedelta(days=5)))
    assert "" != key_fault(certificate, placeholder(NOW).key)


def test_a_real_certificate_is_never_due_as_a_placeholder():
    assert not is_due(read_chain(ISSUED.chain)[0], NOW + timedelta(days=89))


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["shop.test", "www.shop.test"], ""),
        (["shop.test", "api.other.test", "mail.test"], "the certificate is not for api.other.test, mail.test"),
    ],
)
def test_a_certificate_is_fit_only_for_all_names_of_the_site(names, fault):
    assert fault == fault_of(ISSUED, names, NOW)


def test_a_certificate_that_only_a_foreign_authority_signed_is_not_fit_where_that_is_asked():
    roots = read_chain(Authority().root)

    assert "" == fault_of(ISSUED, ["shop.test"], NOW)
    assert "which is not trusted here" in fault_of(ISSUED, ["shop.test"], NOW, roots)


def test_no_message_and_no_form_of_the_material_holds_the_key():
    material = Material(ISSUED.chain, Secret("no key but secret"), "here")

    assert "no key but secret" not in f"{material!r} {material}" + fault_of(material, ["shop.test"], NOW)
