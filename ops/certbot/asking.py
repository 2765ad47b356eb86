"""One request over HTTP, to the address that is meant and not the one that a resolver picks."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import UnreachableError

AGENT = "fairlead"
TIMEOUT_S = 5.0
LARGEST_BYTES = 1_000_000
DEFAULT_PORTS = {"http": 80, "https": 443}


class NoAnswerError(UnreachableError):
    """Nobody answers at an address; *refused* where a machine is there and the port is closed."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True)
class Reply:
    """What came back. Names of *headers* are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def ask(
    url: str,
    *,
    address: str = "",
    port: int = 0,
    context: ssl.SSLContext | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Reply:
    """
    GETs *url*; redirects are not followed.

    Args:
        address: Where to connect to instead of the host of *url*, which is still asked for.
        port: The same for the port.
        context: For TLS; the system's trust where it is None.

    Raises:
        NoAnswerError: no connection, or no HTTP on it.
    """
    parts = urlsplit(url)
    wanted = port or parts.port or DEFAULT_PORTS[parts.scheme]
    where = f"{address or parts.hostname}:{wanted}"
    secure = (context or ssl.create_default_context()) if parts.scheme == "https" else None
    try:
        with socket.create_connection((address or parts.hostname or "", wanted), timeout_s) as plain:
            if secure is None:
                return _spoken(plain, url)
            with secure.wrap_socket(plain, server_hostname=parts.hostname) as wrapped:
                return _spoken(wrapped, url)
    except ConnectionRefusedError as error:
        raise NoAnswerError(f"{where}: connection refused", refused=True) from error
    except TimeoutError as error:
        raise NoAnswerError(f"{where}: no answer within {timeout_s:g} s") from error
    except ssl.SSLCertVerificationError as error:
        raise NoAnswerError(f"{where}: its certificate is not trusted: {error.verify_message}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise NoAnswerError(f"{where}: {reason.lower()}") from error


def unverified() -> ssl.SSLContext:
    """TLS with whoever answers, as a CA follows redirects to https: the challenge proves the name, not the chain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _spoken(connected: socket.socket, url: str) -> Reply:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname or "")
    connection.sock = connected
    connection.request("GET", path, headers={"Host": parts.netloc, "User-Agent": AGENT, "Connection": "close"})
    reply = connection.getresponse()
    headers = {name.lower(): value for name, value in reply.getheaders()}
    return Reply(reply.status, headers, reply.read(LARGEST_BYTES))
