"""The certificates that a stack wants, and the CA that they come from, as fairlead.yaml has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HTTP_01, DNS_01 = "http-01", "dns-01"
KEYS = ("ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096")
LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


@dataclass(frozen=True)
class Challenge:
    """
    How the names are proven.

    Attributes:
        kind: ``http-01`` or ``dns-01``.
        plugin: The certbot plug-in that writes the DNS records; empty where a hook does.
        hook: The program that writes the DNS records; called with ``auth`` or ``cleanup``.
        credentials: The compose secret whose file the plug-in or the hook reads; empty where it needs none.
        propagation_s: How long a plug-in waits until the records are seen.
    """

    kind: str = HTTP_01
    plugin: str = ""
    hook: Path | None = None
    credentials: str = ""
    propagation_s: int = 60


@dataclass(frozen=True)
class CertificateSettings:
    """
    One certificate: *name* is what certbot and messages call it, *names* are what it is for.

    Attributes:
        name: Empty: the stack's name.
        profile: The CA's profile, taken where the CA has it; empty for the CA's own choice.
        key: One of `KEYS`.
    """

    name: str
    names: tuple[str, ...]
    profile: str = "tlsserver"
    key: str = KEYS[0]
    challenge: Challenge = Challenge()

    @property
    def wildcards(self) -> tuple[str, ...]:
        """Those of the names that stand for all names of a domain."""
        return tuple(name for name in self.names if name.startswith("*."))


@dataclass(frozen=True)
class AcmeSettings:
    """
    The CA and what the preflight is held to.

    Attributes:
        email: Where the CA writes to; empty for an account without an address.
        server: The address of the CA's directory; the variable ACME_SERVER wins over it.
        staging: The directory that dry runs ask; empty: Let's Encrypt's own for Let's Encrypt, else *server*.
        ca_bundle: The certificates that the CA's API is trusted by; the variable ACME_CA_BUNDLE wins over it.
        addresses: The public addresses of our hosts, where they are not those of the machine itself.
        resolvers: ``address`` or ``address:port`` of the name servers to ask; empty for the machine's own.
        notify: The command that a failed renewal of the timer runs.
    """

    email: str = ""
    server: str = LETS_ENCRYPT
    staging: str = ""
    ca_bundle: Path | None = None
    addresses: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()


def certificates(data: Sequence[Mapping[str, Any]], root: Path) -> tuple[CertificateSettings, ...]:
    """The list ``domains`` of fairlead.yaml; variables in names are not filled in yet."""
    return tuple(_certificate(each, root) for each in data)


def acme(data: Mapping[str, Any], root: Path) -> AcmeSettings:
    """The part ``certbot`` of fairlead.yaml."""
    return AcmeSettings(
        email=data.get("email", ""),
        server=data.get("server", LETS_ENCRYPT),
        staging=data.get("staging", ""),
        ca_bundle=root / data["ca_bundle"] if "ca_bundle" in data else None,
        addresses=tuple(data.get("addresses", ())),
        resolvers=tuple(data.get("resolvers", ())),
        notify=tuple(data.get("notify", ())),
    )


def _certificate(data: Mapping[str, Any], root: Path) -> CertificateSettings:
    names = tuple(data["names"])
    return CertificateSettings(
        name=data.get("name", ""),
        names=names,
        profile=data.get("profile", CertificateSettings.profile),
        key=data.get("key", CertificateSettings.key),
        challenge=_challenge(data.get("challenge", HTTP_01), root),
    )


def _challenge(data: str | Mapping[str, Any], root: Path) -> Challenge:
    if isinstance(data, str):
        return Challenge(data)
    return Challenge(
        kind=DNS_01,
        plugin=data.get("plugin", ""),
        hook=root / data["hook"] if "hook" in data else None,
        credentials=data.get("credentials", ""),
        propagation_s=data.get("propagation_s", Challenge.propagation_s),
    )
