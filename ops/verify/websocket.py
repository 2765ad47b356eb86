"""A WebSocket by hand (RFC 6455): the opening, a text, a ping, and what comes back."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from .connection import Line
from .errors import NoAnswerError

SWITCHED = 101
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
MOST_FRAMES = 20
SHORT, MEDIUM = 126, 1 << 16


def opened(line: Line, host: str, path: str, agent: str, origin: str) -> int:
    """
    The status of the answer to an opening; 101 only where the server has understood it.

    Raises:
        NoAnswerError: it closes without an answer, or agrees to something else.
    """
    key = base64.b64encode(secrets.token_bytes(16))
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nUser-Agent: {agent}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key.decode()}\r\n\r\n"
    )
    line.send(head.encode())
    answer = line.until(b"\r\n\r\n").decode("latin-1")
    status = re.match(r"HTTP/1\.1 (\d{3})\b", answer)
    if status is None:
        raise NoAnswerError(f"{line.label}: the connection was closed without an answer")
    accepted = re.search(r"(?im)^sec-websocket-accept:\s*(\S+)", answer)
    if int(status[1]) == SWITCHED and (accepted is None or accepted[1] != accept(key)):
        raise NoAnswerError(f"{line.label}: 101 without the proof that it is meant for us")
    return int(status[1])


def accept(key: bytes) -> str:
    """What a server proves with that it has read *key*."""
    return base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest()).decode()


def frame(kind: int, payload: bytes, *, masked: bool = True) -> bytes:
    """One whole message; a client's are masked."""
    flag, size = MASKED if masked else 0, len(payload)
    if size < SHORT:
        head = bytes((FINAL | kind, flag | size))
    else:
        head = bytes((FINAL | kind, flag | SHORT)) + size.to_bytes(2, "big")
    if not masked:
        return head + payload
    mask = secrets.token_bytes(4)
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def received(line: Line) -> tuple[int, bytes]:
    """
    Kind and content of the next frame.

    Raises:
        NoAnswerError: the connection ends, or a frame is larger than any answer to us could be.
    """
    head = line.exactly(2)
    if len(head) < 2:  # noqa: PLR2004
        raise NoAnswerError(f"{line.label}: the WebSocket was closed")
    size = head[1] & 0x7F
    if size == SHORT:
        size = int.from_bytes(line.exactly(2), "big")
    elif size > SHORT:
        raise NoAnswerError(f"{line.label}: a frame of more than {MEDIUM} bytes")
    mask = line.exactly(4) if head[1] & MASKED else bytes(4)
    return head[0] & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(line.exactly(size)))


def answered(line: Line, text: str) -> str:
    """
    What comes back after *text* and a ping with it: ``echo``, or ``pong``, which every server owes.

    Raises:
        NoAnswerError: neither does.
    """
    data = text.encode()
    line.send(frame(TEXT, data) + frame(PING, data))
    for _ in range(MOST_FRAMES):
        kind, content = received(line)
        if kind == CLOSE:
            raise NoAnswerError(f"{line.label}: the server closes the WebSocket ({int.from_bytes(content[:2], 'big')})")
        if kind == PONG and content == data:
            return "pong"
        if kind == TEXT and data in content:
            return "echo"
    raise NoAnswerError(f"{line.label}: {MOST_FRAMES} messages, and none of them an answer")
