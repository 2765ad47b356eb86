"""What a CA says about itself, and about when a certificate of its own should be renewed. Nothing is ordered here."""

from __future__ import annotations

import json
import ssl
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from ..certificates.x509 import Certificate
from ..domains import LETS_ENCRYPT, STAGING, AcmeSettings
from ..errors import SettingsError, UnreachableError
from .asking import NoAnswerError, Reply, ask

IDENTITIES = {"letsencrypt.org": ("letsencrypt.org",)}
"""By the end of the directory's host, where the directory itself does not say."""


class AuthorityError(UnreachableError):
    """The CA cannot be asked, or gives no directory."""


@dataclass(frozen=True)
class Authority:
    """
    A CA: where its directory is, and the bundle that its API is trusted by, if not the machine's own.

    Attributes:
        staging: The directory for dry runs.
    """

    server: str
    staging: str
    bundle: Path | None = None

    @property
    def is_lets_encrypt(self) -> bool:
        """Whether it is Let's Encrypt itself, whose limits are known."""
        return self.server == LETS_ENCRYPT

    def label(self, server: str = "") -> str:
        """The name of the folder that keeps the state of *server* (or of this one) apart from that of others."""
        parts = urlsplit(server or self.server)
        path = parts.path.strip("/").removesuffix("directory").strip("/")
        words = [parts.hostname or "", str(parts.port or ""), *path.split("/")]
        return "-".join(word for word in words if word)


@dataclass(frozen=True)
class Directory:
    """
    A CA's directory.

    Attributes:
        clock: The CA's own time, as its answer had it; None where it gave none.
        asked: This machine's time at that moment.
        identities: What it goes by in CAA records; empty where that is not known.
        profiles: Their names; empty where it has none.
        renewal_info: Where renewal windows are; empty where the CA has none.
        owners_only: Whether it takes accounts only of those it knows already.
    """

    clock: datetime | None
    asked: datetime
    identities: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    renewal_info: str = ""
    owners_only: bool = False

    @property
    def skew_s(self) -> float:
        """By how many seconds this machine's clock is ahead of the CA's; 0 where that is not known."""
        return (self.asked - self.clock).total_seconds() if self.clock else 0.0


@dataclass(frozen=True)
class Window:
    """When the CA would like a certificate to be renewed, and why that may be soon."""

    start: datetime
    end: datetime
    explanation: str = ""


def authority(settings: AcmeSettings, variables: dict[str, str], root: Path) -> Authority:
    """
    The CA of the settings; ACME_SERVER and ACME_CA_BUNDLE win over them.

    Raises:
        SettingsError: the server is no https address, or the bundle is not there.
    """
    server = variables.get("ACME_SERVER") or settings.server
    if urlsplit(server).scheme != "https" or not urlsplit(server).hostname:
        raise SettingsError(f'ACME_SERVER: "{server}" is not the https address of a directory')
    named = variables.get("ACME_CA_BUNDLE")
    bundle = root / named if named else settings.ca_bundle
    if bundle is not None and not bundle.is_file():
        raise SettingsError(f"{bundle}: no such file; certbot.ca_bundle or ACME_CA_BUNDLE names it")
    own = settings.staging if server == settings.server else ""
    return Authority(server, own or (STAGING if server == LETS_ENCRYPT else server), bundle)


def directory(authority: Authority) -> Directory:
    """
    Asks the CA for its directory.

    Raises:
        AuthorityError: nobody answers, or something else than a directory.
    """
    reply = _asked(authority, authority.server)
    try:
        data = json.loads(reply.body)
        meta = data.get("meta") or {}
        complete = {"newAccount", "newOrder"} <= data.keys()
    except (ValueError, AttributeError):
        complete = False
    if reply.status != 200 or not complete:  # noqa: PLR2004 - as every directory is given
        raise AuthorityError(f"{authority.server}: answers {reply.status} and no ACME directory; see ACME_SERVER")
    return Directory(
        clock=_date(reply.headers.get("date", "")),
        asked=datetime.now(UTC),
        identities=tuple(meta.get("caaIdentities") or _known_identities(authority.server)),
        profiles=tuple(meta.get("profiles") or ()),
        renewal_info=str(data.get("renewalInfo") or ""),
        owners_only=meta.get("externalAccountRequired") is True,
    )


def window(authority: Authority, directory: Directory, certificate: Certificate) -> Window | None:
    """When the CA would like *certificate* to be renewed (RFC 9773); None where it does not say."""
    identifier = certificate_identifier(certificate)
    if not (directory.renewal_info and identifier):
        return None
    try:
        reply = _asked(authority, f"{directory.renewal_info.rstrip('/')}/{identifier}")
        data: Any = json.loads(reply.body)
        span = data["suggestedWindow"]
        start, end = (datetime.fromisoformat(span[key]) for key in ("start", "end"))
    except (AuthorityError, ValueError, KeyError, TypeError):
        return None
    return Window(start, end, str(data.get("explanationURL") or ""))


def certificate_identifier(certificate: Certificate) -> str:
    """What RFC 9773 calls a certificate by: who signed it, and its number; empty where it does not say the former."""
    try:
        extension = certificate.parsed.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return ""
    number = certificate.parsed.serial_number
    length = number.bit_length() // 8 + 1  # as DER has it: with a zero in front where the first bit is set
    parts = (extension.value.key_identifier or b"", number.to_bytes(length, "big"))
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _asked(authority: Authority, url: str) -> Reply:
    try:
        return ask(url, context=_trust(authority.bundle))
    except NoAnswerError as error:
        raise AuthorityError(f"{url}: the CA cannot be asked: {error}; see ACME_SERVER, ACME_CA_BUNDLE") from error


def _trust(bundle: Path | None) -> ssl.SSLContext:
    """As certbot's own Python trusts: strictly, so that what it refuses is refused here."""
    try:
        context = ssl.create_default_context(cafile=str(bundle) if bundle else None)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"{bundle}: no certificates in PEM that can be read; ACME_CA_BUNDLE names it") from error
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def _known_identities(server: str) -> tuple[str, ...]:
    host = urlsplit(server).hostname or ""
    return next((names for end, names in IDENTITIES.items() if f".{host}".endswith(f".{end}")), ())


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None
