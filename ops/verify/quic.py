"""Whether a port answers QUIC: asked for a version that nobody speaks, a server lists its own (RFC 9000, section 6)."""

from __future__ import annotations

import secrets
import socket

UNKNOWN_VERSION = 0x1A2A3A4A
"""One of those kept free for this very question (RFC 9000, section 15)."""

SMALLEST = 1200
LONG, FIXED = 0x80, 0x40
ANSWER_S, TRIES = 1.0, 2
VERSIONS = {0x00000001: "QUIC 1", 0x6B3343CF: "QUIC 2"}


def versions(address: str, port: int) -> tuple[int, ...]:
    """The versions that the server at *address* and UDP *port* speaks; empty where nobody answers in QUIC."""
    ours, theirs = secrets.token_bytes(8), secrets.token_bytes(8)
    for _ in range(TRIES):
        try:
            said = _asked(address, port, packet(theirs, ours))
        except (OSError, OverflowError):  # nobody there, or no such port
            continue
        if found := named(said, ours, theirs):
            return found
    return ()


def packet(theirs: bytes, ours: bytes) -> bytes:
    """A first packet of an unknown version, of the least size that a server has to answer."""
    head = bytes((LONG | FIXED | secrets.randbelow(16),)) + UNKNOWN_VERSION.to_bytes(4, "big")
    return (head + bytes((len(theirs),)) + theirs + bytes((len(ours),)) + ours).ljust(SMALLEST, b"\0")


def named(said: bytes, ours: bytes, theirs: bytes) -> tuple[int, ...]:
    """The versions in a Version Negotiation packet for our connection; empty for any other packet."""
    ids = bytes((len(ours),)) + ours + bytes((len(theirs),)) + theirs
    if len(said) < 5 or not said[0] & LONG or said[1:5] != bytes(4) or not said[5:].startswith(ids):  # noqa: PLR2004
        return ()
    rest = said[5 + len(ids) :]
    return tuple(int.from_bytes(rest[at : at + 4], "big") for at in range(0, len(rest) - 3, 4))


def _asked(address: str, port: int, data: bytes) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.settimeout(ANSWER_S)
        channel.connect((address, port))
        channel.send(data)
        return channel.recv(SMALLEST * 2)
