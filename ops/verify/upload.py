"""Announces a body and never sends it: whether a server refuses by size alone."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .errors import NoAnswerError
from .exchange import Exchange
from .web import believing_all

if TYPE_CHECKING:
    from .promises.witness import Listener

ANSWER_S = 4.0
MOST_BYTES = 64 * 1024


def too_large(listener: Listener, path: str, size: int, agent: str) -> Exchange:
    """
    The answer to a GET that announces *size* bytes.

    Raises:
        NoAnswerError: none comes: the server waits for the body, so it does not refuse it.
    """
    parts = urlsplit(listener.outside)
    url = f"{listener.outside}{path}"
    head = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {agent}\r\nContent-Length: {size}\r\n"
    try:
        plain = socket.create_connection(listener.connect, ANSWER_S)
        with plain, _wrapped(plain, parts.hostname or "") if parts.scheme == "https" else plain as connection:
            connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
            response = http.client.HTTPResponse(connection, method="GET")
            response.begin()
            return Exchange(url, "GET", response.status, tuple(response.getheaders()), response.read(MOST_BYTES))
    except TimeoutError:
        raise NoAnswerError(f"{url}: the server waits for {size} bytes instead of refusing them") from None
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{url}: {getattr(error, 'strerror', None) or error}") from None


def _wrapped(plain: socket.socket, name: str) -> ssl.SSLSocket:
    return believing_all().wrap_socket(plain, server_hostname=name)
