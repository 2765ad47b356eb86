"""The settings of a block by topic: compression, proxying, access, TLS; with nginx's own choice where none is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..record import dataclass
from .directive import Directive

if TYPE_CHECKING:
    from .effective import Effective


@dataclass(frozen=True)
class Compression:
    """The settings of gzip and of precompressed files."""

    at: Effective

    @property
    def is_on(self) -> bool:
        """Whether answers are compressed as they are sent."""
        return self.at.is_on("gzip")

    @property
    def level(self) -> int | None:
        """1 to 9."""
        word = self.at.value("gzip_comp_level", "1")
        return int(word) if word.isdigit() else None

    @property
    def types(self) -> tuple[str, ...]:
        """The types that are compressed; ``text/html`` always is, ``*`` means all."""
        found = self.at.settings("gzip_types")
        return tuple(dict.fromkeys(("text/html", *(kind for each in found for kind in each.args))))

    @property
    def min_length_bytes(self) -> int | None:
        """Shorter answers stay as they are, where their length is known."""
        return self.at.bytes("gzip_min_length", 20)

    @property
    def sends_vary(self) -> bool:
        """Whether ``Vary: Accept-Encoding`` is added."""
        return self.at.is_on("gzip_vary")

    @property
    def uses_files(self) -> bool:
        """Whether ``name.gz`` is sent where it lies beside ``name``."""
        return self.at.value("gzip_static", "off") in ("on", "always")

    def covers(self, media_type: str) -> bool:
        """Whether an answer of that type is compressed."""
        return self.is_on and ("*" in self.types or media_type in self.types)


@dataclass(frozen=True)
class Proxy:
    """How ``proxy_pass`` asks; the other protocols have settings of the same names with their own prefix."""

    at: Effective

    @property
    def set_headers(self) -> tuple[Directive, ...]:
        """The ``proxy_set_header`` that hold: one level's, never two levels' together."""
        return self.at.settings("proxy_set_header")

    @property
    def lost_headers(self) -> tuple[Directive, ...]:
        """The ``proxy_set_header`` of the level around that are lost here."""
        return self.at.lost("proxy_set_header")

    def sent(self, name: str) -> str | None:
        """What the other server gets as header *name*; None where the client's own is passed on."""
        key = name.lower()
        found = [header.args[1] for header in self.set_headers if len(header.args) > 1 and header.value.lower() == key]
        if found:
            return found[-1]
        if key == "host":
            return "$proxy_host"
        return "close" if key == "connection" and not self._keeps_alive else None

    @property
    def _keeps_alive(self) -> bool:
        return self.at.config.version >= (1, 29, 7)

    @property
    def http_version(self) -> str:
        """``1.0`` unless set, and ``1.1`` from nginx 1.29.7 on."""
        return self.at.value("proxy_http_version", "1.1" if self._keeps_alive else "1.0")

    @property
    def is_buffered(self) -> bool:
        """Whether the answer is read whole before it is sent on."""
        return self.at.is_on("proxy_buffering", True)

    @property
    def cache(self) -> Directive | None:
        """The ``proxy_cache`` that holds; None where there is none or it is off."""
        found = self.at.setting("proxy_cache")
        return None if found is None or found.value == "off" else found


@dataclass(frozen=True)
class Access:
    """The rules of ``allow`` and ``deny``, passwords, and how they are joined."""

    at: Effective

    @property
    def rules(self) -> tuple[Directive, ...]:
        """``allow`` and ``deny`` in their order; the first that fits decides."""
        return self.at.settings("allow", "deny")

    @property
    def is_any(self) -> bool:
        """Whether one of the checks is enough."""
        return self.at.value("satisfy", "all") == "any"

    @property
    def password(self) -> Directive | None:
        """The ``auth_basic`` that holds; None where there is none or it is off."""
        found = self.at.setting("auth_basic")
        return None if found is None or found.value == "off" else found

    @property
    def request(self) -> Directive | None:
        """The ``auth_request`` that holds; None where there is none or it is off."""
        found = self.at.setting("auth_request")
        return None if found is None or found.value == "off" else found

    @property
    def denies_all(self) -> bool:
        """Whether nobody comes in by address: ``deny all`` before any ``allow``."""
        return bool(self.rules) and self.rules[0].name == "deny" and self.rules[0].value == "all"

    @property
    def is_open(self) -> bool:
        """Whether everybody may come in."""
        return not self.rules and self.password is None and self.request is None


@dataclass(frozen=True)
class Tls:
    """
    The TLS settings of a server.

    Before nginx 1.29.2 ``ssl_protocols`` of a server other than the default one of its socket had no effect.
    """

    at: Effective

    @property
    def protocols(self) -> tuple[str, ...]:
        """The protocols, nginx's own choice where none are set: from 1.27.3 on without TLS 1.0 and 1.1."""
        found = self.at.setting("ssl_protocols")
        if found:
            return found.args
        new = ("TLSv1.2", "TLSv1.3")
        if self.at.config.version >= (1, 27, 3):
            return new
        return ("TLSv1", "TLSv1.1", *new) if self.at.config.version >= (1, 23, 4) else ("TLSv1", "TLSv1.1", "TLSv1.2")

    @property
    def ciphers(self) -> str:
        """The OpenSSL cipher list."""
        return self.at.value("ssl_ciphers", "HIGH:!aNULL:!MD5")

    @property
    def certificates(self) -> tuple[Directive, ...]:
        """The certificates, one for each kind of key."""
        return self.at.settings("ssl_certificate")

    @property
    def keys(self) -> tuple[Directive, ...]:
        """The keys, in the order of the certificates."""
        return self.at.settings("ssl_certificate_key")

    @property
    def rejects(self) -> bool:
        """Whether every handshake is refused."""
        return self.at.is_on("ssl_reject_handshake")
