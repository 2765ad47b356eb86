"""
OpenSSL cipher lists, read as OpenSSL reads them: which ciphers up to TLS 1.2 a list such as ``HIGH:!aNULL`` lets in.

Every cipher says by its name what it is made of, so names are all the data there is. Words that OpenSSL does not know
change nothing, and ciphers of TLS 1.3 are chosen elsewhere.
Source: the manual page openssl-ciphers(1), and the table of ciphers in OpenSSL's ssl/s3_lib.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from ..record import dataclass
from ..regex import regex

Test = Callable[["Cipher"], bool]

_AEAD = (
    "AES256-GCM-SHA384 AES128-GCM-SHA256 AES256-CCM8 AES256-CCM AES128-CCM8 AES128-CCM "
    "ARIA256-GCM-SHA384 ARIA128-GCM-SHA256"
)
_CBC = (
    "AES256-SHA256 AES128-SHA256 AES256-SHA AES128-SHA "
    "CAMELLIA256-SHA256 CAMELLIA128-SHA256 CAMELLIA256-SHA CAMELLIA128-SHA"
)
_EC_CBC = "AES256-SHA384 AES128-SHA256 AES256-SHA AES128-SHA CAMELLIA256-SHA384 CAMELLIA128-SHA256"
_BROKEN = "DES-CBC3-SHA RC4-SHA NULL-SHA"
_BY_EXCHANGE = {
    "": f"{_AEAD} {_CBC} {_BROKEN} RC4-MD5 NULL-SHA256 NULL-MD5 DES-CBC-SHA IDEA-CBC-SHA SEED-SHA",
    "DHE-RSA-": f"{_AEAD} CHACHA20-POLY1305 {_CBC} SEED-SHA",
    "DHE-DSS-": f"AES256-GCM-SHA384 AES128-GCM-SHA256 ARIA256-GCM-SHA384 ARIA128-GCM-SHA256 {_CBC} SEED-SHA",
    "EDH-RSA-": "DES-CBC3-SHA DES-CBC-SHA",
    "EDH-DSS-": "DES-CBC3-SHA DES-CBC-SHA",
    "ECDHE-RSA-": f"AES256-GCM-SHA384 AES128-GCM-SHA256 CHACHA20-POLY1305 {_EC_CBC} {_BROKEN}",
    "ECDHE-": "ARIA256-GCM-SHA384 ARIA128-GCM-SHA256",
    "ECDHE-ECDSA-": f"{_AEAD} CHACHA20-POLY1305 {_EC_CBC} {_BROKEN}",
    "ADH-": f"AES256-GCM-SHA384 AES128-GCM-SHA256 {_CBC} RC4-MD5 DES-CBC3-SHA DES-CBC-SHA SEED-SHA",
    "AECDH-": f"AES256-SHA AES128-SHA {_BROKEN}",
    "EXP-": "RC4-MD5 DES-CBC-SHA RC2-CBC-MD5",
    "EXP-EDH-RSA-": "DES-CBC-SHA",
    "EXP-EDH-DSS-": "DES-CBC-SHA",
    "EXP-ADH-": "RC4-MD5 DES-CBC-SHA",
}
"""The endings of the names of all ciphers a server may choose that has a certificate and neither PSK nor SRP."""

_OTHER_NAMES = regex(r"^(EXP-)?DHE-(RSA|DSS)-DES-")
"""OpenSSL from 1.1.0 on says DHE where it said EDH."""


NEWEST = frozenset(
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256"]
)
"""The ciphers of TLS 1.3, which a list such as ``ssl_ciphers`` takes does not know."""

_LIKE_A_NAME = regex(
    r"(?:(?:ECDHE|DHE|EDH)-(?:RSA|ECDSA|DSS)-)?"
    r"(?:AES(?:128|256)(?:-(?:GCM|CBC))?-SHA(?:256|384|512)?|CHACHA20-POLY1305(?:-SHA(?:256|384|512)?)?)"
)
"""How names look whose parts all OpenSSLs know, so that the table above tells whether there is one."""


@dataclass(frozen=True)
class Cipher:
    """One cipher up to TLS 1.2, by OpenSSL's name."""

    name: str

    @property
    def exchange(self) -> str:
        """How the key is agreed on: ``ECDHE``, ``DHE``, or ``RSA``, which knows no forward secrecy."""
        if self.name.startswith(("ECDHE-", "AECDH-")):
            return "ECDHE"
        return "DHE" if re.match(r"(EXP-)?(DHE|EDH|ADH)-", self.name) else "RSA"

    @property
    def authentication(self) -> str:
        """``RSA``, ``ECDSA``, ``DSS``, or nothing where the server does not prove who it is."""
        if self.is_anonymous:
            return ""
        return next((kind for kind in ("ECDSA", "DSS") if f"-{kind}-" in self.name), "RSA")

    @property
    def is_anonymous(self) -> bool:
        """Whether anybody may pass for the server."""
        return re.match(r"(EXP-)?(ADH|AECDH)-", self.name) is not None

    @property
    def encryption(self) -> str:
        """The algorithm without the length of its key; ``NULL`` for none."""
        match = re.search(r"(AES|CAMELLIA|ARIA|CHACHA20|DES-CBC3|DES|RC4|RC2|IDEA|SEED|NULL)", self.name)
        return {"DES-CBC3": "3DES"}.get(match[0], match[0]) if match else ""

    @property
    def mode(self) -> str:
        """``GCM``, ``CCM``, ``CCM8``, ``POLY1305`` or ``CBC``; the last for streams as well."""
        return next((mode for mode in ("GCM", "CCM8", "CCM", "POLY1305") if mode in self.name), "CBC")

    @property
    def digest(self) -> str:
        """``SHA``, ``SHA256``, ``SHA384`` or ``MD5``; ``AEAD`` where the mode itself guards the data."""
        return self.name.rpartition("-")[2] if self.mode == "CBC" else "AEAD"

    @property
    def has_long_key(self) -> bool:
        """Whether the key has 256 bits."""
        return "256-" in self.name or self.encryption == "CHACHA20"

    @property
    def is_export(self) -> bool:
        """Whether the key is as short as exports from the United States had to be until 2000."""
        return self.name.startswith("EXP-")

    @property
    def protocol(self) -> str:
        """The oldest protocol that has it."""
        if self.mode != "CBC" or self.digest in ("SHA256", "SHA384"):
            return "TLSv1.2"
        return "TLSv1" if self.exchange == "ECDHE" else "SSLv3"

    @property
    def flaw(self) -> str:
        """Why nobody should use it, in a word or two; empty where it is not broken."""
        if self.encryption == "NULL":
            return "no encryption"
        if self.is_anonymous:
            return "no authentication"
        if self.is_export:
            return "export keys"
        return self.encryption if self.encryption in ("3DES", "DES", "RC4", "RC2", "IDEA") else ""


@cache
def universe() -> tuple[Cipher, ...]:
    """All ciphers, those included that OpenSSL leaves out unless it is built with them."""
    return tuple(Cipher(f"{head}{tail}") for head, tails in _BY_EXCHANGE.items() for tail in tails.split())


def _level(cipher: Cipher) -> str:
    if cipher.is_export:
        return "EXPORT"
    return {"DES": "LOW", "NULL": ""}.get(
        cipher.encryption, "MEDIUM" if cipher.encryption in ("RC4", "IDEA", "SEED", "3DES", "RC2") else "HIGH"
    )


def _is_default(cipher: Cipher) -> bool:
    if cipher.is_anonymous or cipher.authentication == "DSS" or cipher.mode.startswith("CCM"):
        return False
    return cipher.encryption in ("AES", "CHACHA20")


_GROUPS: dict[str, Test] = {
    "ALL": lambda c: c.encryption != "NULL",
    "COMPLEMENTOFALL": lambda c: c.encryption == "NULL",
    "COMPLEMENTOFDEFAULT": lambda c: c.encryption != "NULL" and not _is_default(c),
    "HIGH": lambda c: _level(c) == "HIGH",
    "MEDIUM": lambda c: _level(c) == "MEDIUM",
    "LOW": lambda c: _level(c) == "LOW",
    "EXP": lambda c: c.is_export,
    "EXPORT": lambda c: c.is_export,
    "EXPORT40": lambda c: c.is_export,
    "EXPORT56": lambda _: False,
    "eNULL": lambda c: c.encryption == "NULL",
    "NULL": lambda c: c.encryption == "NULL",
    "aNULL": lambda c: c.is_anonymous,
    "kRSA": lambda c: c.exchange == "RSA",
    "RSA": lambda c: c.exchange == "RSA",
    "aRSA": lambda c: c.authentication == "RSA",
    "kDHE": lambda c: c.exchange == "DHE",
    "kEDH": lambda c: c.exchange == "DHE",
    "DH": lambda c: c.exchange == "DHE",
    "DHE": lambda c: c.exchange == "DHE" and not c.is_anonymous,
    "EDH": lambda c: c.exchange == "DHE" and not c.is_anonymous,
    "ADH": lambda c: c.exchange == "DHE" and c.is_anonymous,
    "kECDHE": lambda c: c.exchange == "ECDHE",
    "kEECDH": lambda c: c.exchange == "ECDHE",
    "ECDH": lambda c: c.exchange == "ECDHE",
    "ECDHE": lambda c: c.exchange == "ECDHE" and not c.is_anonymous,
    "EECDH": lambda c: c.exchange == "ECDHE" and not c.is_anonymous,
    "AECDH": lambda c: c.exchange == "ECDHE" and c.is_anonymous,
    "aECDSA": lambda c: c.authentication == "ECDSA",
    "ECDSA": lambda c: c.authentication == "ECDSA",
    "aDSS": lambda c: c.authentication == "DSS",
    "DSS": lambda c: c.authentication == "DSS",
    "AES": lambda c: c.encryption == "AES",
    "AES128": lambda c: c.encryption == "AES" and not c.has_long_key,
    "AES256": lambda c: c.encryption == "AES" and c.has_long_key,
    "AESGCM": lambda c: c.encryption == "AES" and c.mode == "GCM",
    "AESCCM": lambda c: c.mode.startswith("CCM"),
    "AESCCM8": lambda c: c.mode == "CCM8",
    "ARIA": lambda c: c.encryption == "ARIA",
    "ARIA128": lambda c: c.encryption == "ARIA" and not c.has_long_key,
    "ARIA256": lambda c: c.encryption == "ARIA" and c.has_long_key,
    "ARIAGCM": lambda c: c.encryption == "ARIA",
    "CAMELLIA": lambda c: c.encryption == "CAMELLIA",
    "CAMELLIA128": lambda c: c.encryption == "CAMELLIA" and not c.has_long_key,
    "CAMELLIA256": lambda c: c.encryption == "CAMELLIA" and c.has_long_key,
    "CHACHA20": lambda c: c.encryption == "CHACHA20",
    "CBC": lambda c: c.mode == "CBC" and c.encryption not in ("RC4", "NULL"),
    "3DES": lambda c: c.encryption == "3DES",
    "DES": lambda c: c.encryption == "DES",
    "RC4": lambda c: c.encryption == "RC4",
    "RC2": lambda c: c.encryption == "RC2",
    "IDEA": lambda c: c.encryption == "IDEA",
    "SEED": lambda c: c.encryption == "SEED",
    "MD5": lambda c: c.digest == "MD5",
    "SHA": lambda c: c.digest == "SHA",
    "SHA1": lambda c: c.digest == "SHA",
    "SHA256": lambda c: c.digest == "SHA256",
    "SHA384": lambda c: c.digest == "SHA384",
    "SSLv3": lambda c: c.protocol == "SSLv3",
    "TLSv1": lambda c: c.protocol == "TLSv1",
    "TLSv1.0": lambda c: c.protocol == "TLSv1",
    "TLSv1.2": lambda c: c.protocol == "TLSv1.2",
}

_WEAK = frozenset({"3DES", "DES", "RC4", "RC2", "IDEA", "MD5", "MEDIUM", "LOW", "EXP", "EXPORT", "EXPORT40"})
_BARE = frozenset({"ALL", "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "eNULL", "NULL", "aNULL", "ADH", "AECDH"})


@dataclass(frozen=True)
class Choice:
    """A cipher that is let in, and the word of the list that lets it in first."""

    cipher: Cipher
    word: str

    @property
    def is_named(self) -> bool:
        """Whether the word speaks of what is wrong with the cipher, rather than of a family in which it has a place."""
        names = self.word.split("+")
        return not (_WEAK | _BARE).isdisjoint(names) or self.cipher.name in map(_usual_name, names)


@lru_cache(maxsize=512)
def chosen(cipher_list: str) -> tuple[Choice, ...]:
    """The ciphers that a list such as ``ssl_ciphers`` takes lets in."""
    found: dict[Cipher, str] = {}
    killed: set[Cipher] = set()
    for index, (sign, word) in enumerate(_words(cipher_list)):
        # DEFAULT is a word at the start alone
        is_default = word == "DEFAULT" and index == 0
        fitting = [each for each in (_default() if is_default else _fitting(word)) if each not in killed]
        if sign == "!":
            killed.update(fitting)
        for cipher in fitting:
            if sign in ("!", "-"):
                found.pop(cipher, None)
            elif not sign:
                found.setdefault(cipher, word)
    return tuple(Choice(cipher, word) for cipher, word in found.items())


def unknown(cipher_list: str) -> tuple[str, ...]:
    """The names in the list that look like those of ciphers and are none, which OpenSSL passes over without a word."""
    words = dict.fromkeys(word for sign, word in _words(cipher_list) if not sign)
    return tuple(word for word in words if _LIKE_A_NAME.fullmatch(word) and not _fitting(word))


def has_only_unknown(cipher_list: str) -> bool:
    """Whether every word that lets ciphers in is the name of none, or of one of TLS 1.3."""
    asked = {word for sign, word in _words(cipher_list) if not sign}
    return bool(asked) and asked <= {*unknown(cipher_list), *NEWEST}


def _default() -> list[Cipher]:
    return [cipher for cipher in universe() if _is_default(cipher)]


def _words(cipher_list: str) -> Iterator[tuple[str, str]]:
    for part in re.split(r"[:,; \t\r\n|\[\]]+", cipher_list):
        word = part.partition("@")[0]
        if word:
            sign = word[0] if word[0] in "!-+" else ""
            yield sign, word[len(sign) :]


def _fitting(word: str) -> list[Cipher]:
    parts = [_usual_name(part) for part in word.split("+")]
    tests = [_GROUPS.get(part) for part in parts]
    named = {cipher.name for cipher in universe()}
    if not all(test or part in named for test, part in zip(tests, parts, strict=True)):
        return []
    return [
        cipher
        for cipher in universe()
        if all(test(cipher) if test else cipher.name == part for test, part in zip(tests, parts, strict=True))
    ]


def _usual_name(name: str) -> str:
    return _OTHER_NAMES.sub(lambda found: f"{found[1] or ''}EDH-{found[2]}-DES-", name)
