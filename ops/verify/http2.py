"""One request of HTTP/2 by hand (RFC 9113, RFC 7541): enough to see that a server answers it."""

from __future__ import annotations

from .connection import Line
from .errors import NoAnswerError

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RESET, SETTINGS, GO_AWAY = 1, 3, 4, 7
END_STREAM_AND_HEADERS, ACKNOWLEDGED, PADDED, WITH_PRIORITY = 0x05, 0x01, 0x08, 0x20
HEAD = 9
STREAM = 1
MOST_FRAMES = 40
STATUSES = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
"""The statuses in the static table, as one byte."""

STATUS_NAME = 8
DIGITS = {
    **{f"{number:05b}": str(number) for number in range(3)},
    **{f"{number + 22:06b}": str(number) for number in range(3, 10)},
}
"""Huffman codes of the digits."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def request(authority: str, path: str, agent: str) -> bytes:
    """The headers of a GET over TLS, no entry of which goes into a table."""
    return b"".join(
        (b"\x82\x87", b"\x04", _text(path), b"\x01", _text(authority), b"\x0f\x2b", _text(agent)),
    )


def status_of(line: Line, authority: str, path: str, agent: str) -> int:
    """
    The status of the answer to a GET of *path*.

    Raises:
        NoAnswerError: the server ends the stream or the connection instead.
    """
    line.send(PREFACE + frame(SETTINGS, 0, 0))
    line.send(frame(HEADERS, END_STREAM_AND_HEADERS, STREAM, request(authority, path, agent)))
    for _ in range(MOST_FRAMES):
        head = line.exactly(HEAD)
        if len(head) < HEAD:
            raise NoAnswerError(f"{line.label}: the connection of HTTP/2 was closed without an answer")
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:9], "big")
        payload = line.exactly(int.from_bytes(head[:3], "big"))
        if kind == GO_AWAY or (kind == RESET and stream == STREAM):
            raise NoAnswerError(f"{line.label}: HTTP/2 ends with error {int.from_bytes(payload[-4:], 'big')}")
        if kind == SETTINGS and not flags & ACKNOWLEDGED:
            line.send(frame(SETTINGS, ACKNOWLEDGED, 0))
        if kind == HEADERS and stream == STREAM:
            return status_in(_block(payload, flags))
    raise NoAnswerError(f"{line.label}: {MOST_FRAMES} frames of HTTP/2 without an answer")


def status_in(block: bytes) -> int:
    """The status, which comes first in a block of headers; 0 where it is written in no usual way."""
    while block and block[0] & 0xE0 == 0x20:  # noqa: PLR2004 - a new size of the table, before all headers
        block = block[1 + next((index for index, byte in enumerate(block[1:], 1) if byte < 0x80), 0) :]  # noqa: PLR2004
    first = block[0] if block else 0
    if first in STATUSES:
        return STATUSES[first]
    if first not in (0x40 | STATUS_NAME, STATUS_NAME, 0x10 | STATUS_NAME) or len(block) < 2:  # noqa: PLR2004
        return 0
    size, is_packed = block[1] & 0x7F, bool(block[1] & 0x80)
    text = _unpacked(block[2 : 2 + size]) if is_packed else block[2 : 2 + size].decode("latin-1")
    return int(text) if text.isdigit() else 0


def _block(payload: bytes, flags: int) -> bytes:
    start = 1 if flags & PADDED else 0
    return payload[start + (5 if flags & WITH_PRIORITY else 0) :]


def _text(text: str) -> bytes:
    data = text.encode()
    return _number(len(data)) + data


def _number(value: int) -> bytes:
    """An integer with a prefix of seven bits."""
    if value < 0x7F:  # noqa: PLR2004
        return bytes((value,))
    rest, found = value - 0x7F, [0x7F]
    while rest >= 0x80:  # noqa: PLR2004
        found.append(rest % 0x80 + 0x80)
        rest //= 0x80
    return bytes((*found, rest))


def _unpacked(data: bytes) -> str:
    bits, text, code = "".join(f"{byte:08b}" for byte in data), "", ""
    for bit in bits:
        code += bit
        if code in DIGITS:
            text, code = text + DIGITS[code], ""
    return text
