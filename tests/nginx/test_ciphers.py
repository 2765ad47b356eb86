"""Cipher lists mean to us what they mean to the OpenSSL that Python uses."""

from __future__ import annotations

import random
import ssl

import pytest

from fairlead.lint.nginx.ciphers import chosen, universe

_GROUPS = (
    "ALL COMPLEMENTOFALL HIGH MEDIUM LOW eNULL aNULL kRSA aRSA DHE EDH ADH ECDHE EECDH AECDH aECDSA ECDSA aDSS AES "
    "AES128 AES256 AESGCM AESCCM AESCCM8 ARIA CAMELLIA CHACHA20 3DES RC4 SHA SHA1 SHA256 SHA384 SSLv3 TLSv1 TLSv1.2"
)
GROUPS = _GROUPS.split()
LISTS = [
    "HIGH:!aNULL:!MD5",
    "DEFAULT",
    "EECDH+AESGCM:EDH+AESGCM:AES256+EECDH",
    "ECDHE-RSA-AES128-GCM-SHA256:HIGH:!aNULL:!eNULL:!EXPORT:!CAMELLIA:!DES:!MD5:!PSK:!RC4",
    "ALL:!ADH:!EXPORT56:RC4+RSA:+HIGH:+MEDIUM:+LOW:+SSLv2:+EXP",
    "kEECDH+ECDSA kEECDH kEDH HIGH +SHA +RC4 RC4 !aNULL !eNULL !LOW !3DES !MD5 !EXP !DSS !PSK !SRP !kECDH",
]


def by_openssl(cipher_list: str) -> set[str]:
    """The ciphers that OpenSSL lets in, without those of TLS 1.3 and those that need PSK or SRP."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.set_ciphers(f"{cipher_list}:@SECLEVEL=0")
    except ssl.SSLError:
        return set()
    names = {str(cipher["name"]) for cipher in context.get_ciphers()}
    return {name for name in names if not name.startswith("TLS_") and "PSK" not in name and "SRP" not in name}


def ours(cipher_list: str, known: set[str]) -> set[str]:
    """The ciphers that we say it lets in, as far as this OpenSSL has them."""
    return {choice.cipher.name for choice in chosen(cipher_list)} & known


def random_list(seed: int) -> str:
    """A list of a few words, joined and signed at random."""
    source = random.Random(seed)
    words = [*GROUPS, *(cipher.name for cipher in universe())]
    joined = ("+".join(source.choices(words, k=source.choice([1, 1, 2]))) for _ in range(source.randint(1, 6)))
    return ":".join(source.choice(["", "", "", "!", "-", "+"]) + word for word in joined)


@pytest.mark.parametrize("cipher_list", [*GROUPS, *LISTS])
def test_a_list_lets_in_what_openssl_lets_in(cipher_list: str) -> None:
    known = by_openssl("ALL:COMPLEMENTOFALL")

    assert by_openssl(cipher_list) == ours(cipher_list, known)


def test_random_lists_let_in_what_openssl_lets_in() -> None:
    known = by_openssl("ALL:COMPLEMENTOFALL")
    lists = [random_list(seed) for seed in range(1, 401)]

    assert [] == [each for each in lists if by_openssl(each) != ours(each, known)]


def test_what_is_not_known_changes_nothing() -> None:
    assert chosen("HIGH:!aNULL") == chosen("PROFILE=SYSTEM:HIGH:TLS_AES_128_GCM_SHA256:!aNULL:@STRENGTH")
    assert () == chosen("PROFILE=SYSTEM")


@pytest.mark.parametrize(
    ("cipher_list", "flaws"),
    [
        ("DES-CBC3-SHA", {"3DES"}),
        ("EDH-RSA-DES-CBC3-SHA", {"3DES"}),
        ("DHE-RSA-DES-CBC3-SHA", {"3DES"}),
        ("RC4-SHA:RC4-MD5", {"RC4"}),
        ("kRSA:!eNULL:!3DES:!RC4:!LOW:!IDEA:!EXP", set()),
        ("eNULL", {"no encryption"}),
        ("ADH-AES128-SHA", {"no authentication"}),
        ("EXP", {"export keys", "no authentication"}),
        ("HIGH:!aNULL", set()),
    ],
)
def test_a_broken_cipher_is_broken_in_a_known_way(cipher_list: str, flaws: set[str]) -> None:
    assert flaws == {choice.cipher.flaw for choice in chosen(cipher_list)} - {""}
