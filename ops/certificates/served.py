"""The certificate that is really served, asked for by a handshake."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from ..errors import UnreachableError
from .x509 import Certificate, read_der

TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Endpoint:
    """An address and port where the site is served by TLS; each of several hosts has its own."""

    address: str
    port: int = 443

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class HandshakeError(UnreachableError):
    """No certificate came; the message says where, for which name, and why."""


def served(endpoint: Endpoint, name: str, timeout_s: float = TIMEOUT_S) -> Certificate:
    """
    The certificate that *endpoint* serves for *name*; nothing about it is verified.

    Args:
        name: What the handshake asks for by SNI. ``*.NAME`` asks for a name below it.
        timeout_s: How long connecting, and each part of the handshake, may take.

    Raises:
        HandshakeError: nobody answers, or the name is refused.
        CertificateError: what came cannot be read.
    """
    try:
        with (
            socket.create_connection((endpoint.address, endpoint.port), timeout_s) as plain,
            _unverified().wrap_socket(plain, server_hostname=asked_name(name)) as secure,
        ):
            der = secure.getpeercert(binary_form=True)
    except ssl.SSLError as error:
        reason = (error.reason or "the handshake failed").lower().replace("_", " ")
        raise HandshakeError(f"{endpoint}: no certificate for {name}: {reason}") from error
    except OSError as error:
        reason = "no answer in time" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
        raise HandshakeError(f"{endpoint}: no certificate for {name}: {reason}") from error
    if not der:
        raise HandshakeError(f"{endpoint}: no certificate for {name}: the server sent none")
    return read_der(der)


def asked_name(name: str) -> str:
    """The name that a handshake can ask for: one below a wildcard, or the name itself."""
    return name.replace("*", "fairlead", 1) if name.startswith("*.") else name


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
