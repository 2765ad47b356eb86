"""One connection of one's own, for what a client of HTTP does not let one ask."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .errors import NoAnswerError
from .tls.asking import Server
from .web import believing_all

ANSWER_S = 5.0
LARGEST_HEAD = 64 * 1024
PIECE = 16 * 1024


@dataclass
class Line:
    """
    An open connection; *seconds* hold for all of it.

    Attributes:
        protocol: What both sides agreed on by ALPN; empty without TLS.
    """

    channel: socket.socket
    ends_at: float
    label: str
    protocol: str = ""
    _kept: bytes = b""

    def send(self, data: bytes) -> None:
        """Sends all of *data*."""
        self._wait_no_longer()
        self.channel.sendall(data)

    def receive(self) -> bytes:
        """What comes next; empty where the other side has closed."""
        if self._kept:
            kept, self._kept = self._kept, b""
            return kept
        self._wait_no_longer()
        return self.channel.recv(PIECE)

    def exactly(self, count: int) -> bytes:
        """The next *count* bytes; fewer where the other side closes before."""
        data = b""
        while len(data) < count and (piece := self.receive()):
            data += piece
        self._kept = data[count:] + self._kept
        return data[:count]

    def until(self, end: bytes) -> bytes:
        """All up to and with *end*; what is there where the other side closes before, or sends too much."""
        data = b""
        while end not in data and len(data) < LARGEST_HEAD and (piece := self.receive()):
            data += piece
        cut = data.find(end) + len(end) if end in data else len(data)
        self._kept = data[cut:] + self._kept
        return data[:cut]

    def _wait_no_longer(self) -> None:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.channel.settimeout(left)


@contextmanager
def connected(
    server: Server, *, tls: bool, protocols: Sequence[str] = ("http/1.1",), seconds: float = ANSWER_S
) -> Iterator[Line]:
    """
    A connection to *server*, closed at the end.

    Raises:
        NoAnswerError: it cannot be made, breaks, or takes longer than *seconds*.
    """
    server.budget.take()
    ends_at = time.monotonic() + seconds
    try:
        plain = socket.create_connection((server.address, server.port), timeout=seconds)
        with plain, _wrapped(plain, server.name, protocols) if tls else plain as channel:
            agreed = channel.selected_alpn_protocol() if isinstance(channel, ssl.SSLSocket) else None
            yield Line(channel, ends_at, server.label, agreed or "")
    except TimeoutError:
        raise NoAnswerError(f"{server.label}: no answer within {seconds:g} s") from None
    except ssl.SSLError as error:
        raise NoAnswerError(f"{server.label}: TLS: {(error.reason or str(error)).lower().replace('_', ' ')}") from None
    except OSError as error:
        raise NoAnswerError(f"{server.label}: {(error.strerror or str(error)).lower()}", is_network=True) from None


def _wrapped(plain: socket.socket, name: str, protocols: Sequence[str]) -> ssl.SSLSocket:
    context = believing_all()
    context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(plain, server_hostname=name)
