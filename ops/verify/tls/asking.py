"""Handshakes with a server: one hello after another, and one whole handshake for the certificate."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..budget import Budget
from ..errors import NoAnswerError
from .hello import TLS_1_2, TLS_1_3, Hello, NotTlsError, Refusal, client_hello, server_answer
from .suites import GROUPS, SUITES, SUITES_13

ANSWER_S = 6.0
_DER = 2
MOST_NAMED = 12
"""So many weak ciphers are enough to say that there are some."""


@dataclass(frozen=True)
class Presented:
    """What a whole handshake gave; certificates in DER, the server's own first."""

    version: str
    cipher: str
    protocol: str
    chain: tuple[bytes, ...]


@dataclass(frozen=True)
class Server:
    """
    A server of TLS.

    Attributes:
        name: For SNI and for the comparison with the certificate.
        address: Where to connect.
    """

    name: str
    address: str
    port: int
    budget: Budget

    @property
    def label(self) -> str:
        """For messages."""
        return f"{self.name}:{self.port}"

    def hello(
        self,
        suites: Sequence[int],
        *,
        version: int = TLS_1_2,
        groups: Sequence[int] = tuple(GROUPS),
        protocols: Sequence[str] = (),
    ) -> Hello | Refusal:
        """
        The answer to one ClientHello.

        Raises:
            NoAnswerError: the server cannot be reached, is silent, or speaks something else.
        """
        self.budget.take()
        name = "" if is_address(self.name) else self.name
        record = client_hello(name, suites, version=version, groups=groups, protocols=protocols)
        ends_at = time.monotonic() + ANSWER_S
        try:
            with socket.create_connection((self.address, self.port), timeout=ANSWER_S) as connection:
                connection.sendall(record)
                return _answered(connection, ends_at)
        except TimeoutError:
            raise NoAnswerError(f"{self.label}: no answer to a TLS hello within {ANSWER_S:g} s") from None
        except ConnectionResetError:
            return Refusal(0)
        except NotTlsError as error:
            raise NoAnswerError(f"{self.label}: {error}") from None
        except OSError as error:
            raise NoAnswerError(f"{self.label}: {(error.strerror or str(error)).lower()}", is_network=True) from None

    def presented(
        self, context: ssl.SSLContext, *, with_name: bool = True, protocols: Sequence[str] = ("h2", "http/1.1")
    ) -> Presented:
        """
        What a whole handshake gives.

        Raises:
            ssl.SSLError: the handshake fails; `ssl.SSLCertVerificationError` where *context* does not believe it.
            NoAnswerError: the server cannot be reached or is silent.
        """
        self.budget.take()
        context.set_alpn_protocols(list(protocols))
        try:
            with socket.create_connection((self.address, self.port), timeout=ANSWER_S) as raw:
                name = self.name if with_name else None
                with context.wrap_socket(raw, server_hostname=name) as connection:
                    return _presented(connection)
        except ssl.SSLError:
            raise
        except TimeoutError:
            raise NoAnswerError(f"{self.label}: no TLS handshake within {ANSWER_S:g} s") from None
        except OSError as error:
            raise NoAnswerError(f"{self.label}: {(error.strerror or str(error)).lower()}", is_network=True) from None

    def speaks(self, version: int) -> Hello | Refusal:
        """The answer to a hello that offers nothing newer than *version*, with every cipher that it knows."""
        return self.hello(tuple(SUITES_13 if version >= TLS_1_3 else SUITES), version=version)

    def accepted(self, suites: Sequence[int]) -> list[int]:
        """Those of *suites*, for TLS 1.2, that the server takes, in its own order; `MOST_NAMED` at most."""
        left = list(suites)
        taken: list[int] = []
        while left and len(taken) < MOST_NAMED:
            answer = self.hello(left)
            if isinstance(answer, Refusal) or answer.suite not in left:
                break
            taken.append(answer.suite)
            left.remove(answer.suite)
        return taken

    def takes_group(self, group: int) -> bool:
        """Whether TLS 1.3 works with *group* alone."""
        answer = self.hello(tuple(SUITES_13), version=TLS_1_3, groups=(group,))
        return isinstance(answer, Hello) and answer.group == group


def is_address(name: str) -> bool:
    """Whether *name* is an IP address, for which there is no SNI."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _answered(connection: socket.socket, ends_at: float) -> Hello | Refusal:
    data = b""
    while True:
        left = ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(16384)
        if not piece:
            return Refusal(0)
        data += piece
        answer = server_answer(data)
        if answer is not None:
            return answer


def _presented(connection: ssl.SSLSocket) -> Presented:
    cipher = connection.cipher()
    return Presented(
        version=connection.version() or "",
        cipher=cipher[0] if cipher else "",
        protocol=connection.selected_alpn_protocol() or "",
        chain=_chain(connection),
    )


def _chain(connection: ssl.SSLSocket) -> tuple[bytes, ...]:
    """All certificates that the server sent; before Python 3.13 the whole chain is behind a private name."""
    if hasattr(connection, "get_unverified_chain"):
        return tuple(connection.get_unverified_chain())
    inner: Any = getattr(connection, "_sslobj", None)
    if hasattr(inner, "get_unverified_chain"):
        return tuple(each.public_bytes(_DER) for each in inner.get_unverified_chain() or ())
    leaf = connection.getpeercert(binary_form=True)
    return (leaf,) if leaf else ()
