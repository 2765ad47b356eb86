"""
A ClientHello as bytes, and the server's first answer read.

The bytes are made by hand: OpenSSL on the machine that looks may refuse old versions and ciphers itself, and would
then call a server safe that was never asked. Nothing is encrypted, so the handshake is never finished.
Source: RFC 5246, 7.4.1; RFC 8446, 4.1 and 4.2; RFC 5746; RFC 6066, 8.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .suites import GROUPS

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
_HANDSHAKE, _ALERT = 22, 21
_SERVER_HELLO = 2
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that asks for another key share: the group it names is spoken."""

_NAME, _STATUS, _GROUPS, _POINTS, _SIGNATURES, _ALPN = 0, 5, 10, 11, 13, 16
_SUPPORTED, _SHARE, _RENEGOTIATION = 43, 51, 0xFF01
_ALGORITHMS = (0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0201, 0x0203)
_X25519 = 0x001D
_KEY_BYTES = 32
_RECORD_HEAD, _MESSAGE_HEAD, _EXTENSION_HEAD = 5, 4, 4
_MAJOR = 3


@dataclass(frozen=True)
class Hello:
    """
    What a server chose.

    Attributes:
        group: The number of the group that it chose in TLS 1.3; 0 where it named none.
        compression: Whether it compresses, which lets an observer guess secrets.
        renegotiates_safely: Whether it knows RFC 5746; always so in TLS 1.3.
        staples: Whether it sends the state of its certificate.
    """

    version: int
    suite: int
    group: int = 0
    compression: bool = False
    renegotiates_safely: bool = True
    staples: bool = False


@dataclass(frozen=True)
class Refusal:
    """The server said no; *alert* is its number, 0 where it closed the connection without a word."""

    alert: int


class NotTlsError(ValueError):
    """The answer is nothing that TLS knows, such as an error page in plain HTTP."""


def client_hello(
    name: str,
    suites: Sequence[int],
    *,
    version: int = TLS_1_2,
    groups: Sequence[int] = tuple(GROUPS),
    protocols: Sequence[str] = (),
) -> bytes:
    """
    The record with a ClientHello.

    Args:
        name: For SNI; empty or an address for none.
        version: The highest, and from TLS 1.3 on the only one, that is offered.
        groups: Elliptic curves and their like. A key share goes along for X25519 alone.
    """
    extensions = list(_extensions(name, version, groups, protocols))
    packed = b"".join(struct.pack("!HH", kind, len(data)) + data for kind, data in extensions)
    body = struct.pack("!H", min(version, TLS_1_2)) + os.urandom(32) + b"\x20" + os.urandom(32)
    compressions = b"\x01\x00" if version >= TLS_1_3 else b"\x02\x01\x00"
    body += _list16(struct.pack(f"!{len(suites)}H", *suites)) + compressions + _list16(packed)
    handshake = b"\x01" + len(body).to_bytes(3, "big") + body
    return struct.pack("!BHH", _HANDSHAKE, min(version, 0x0301), len(handshake)) + handshake


def _extensions(
    name: str, version: int, groups: Sequence[int], protocols: Sequence[str]
) -> Iterator[tuple[int, bytes]]:
    if name:
        yield _NAME, _list16(b"\x00" + _list16(name.encode("idna")))
    yield _STATUS, b"\x01\x00\x00\x00\x00"
    yield _GROUPS, _list16(struct.pack(f"!{len(groups)}H", *groups))
    yield _POINTS, b"\x01\x00"
    yield _SIGNATURES, _list16(struct.pack(f"!{len(_ALGORITHMS)}H", *_ALGORITHMS))
    yield _RENEGOTIATION, b"\x00"
    if protocols:
        yield _ALPN, _list16(b"".join(bytes([len(each)]) + each.encode() for each in protocols))
    if version >= TLS_1_3:
        share = struct.pack("!HH", _X25519, _KEY_BYTES) + os.urandom(_KEY_BYTES) if _X25519 in groups else b""
        yield _SUPPORTED, b"\x02" + struct.pack("!H", version)
        yield _SHARE, _list16(share)


def server_answer(data: bytes) -> Hello | Refusal | None:
    """
    What the records in *data* say; None where more has to come.

    Raises:
        NotTlsError: they are no records of TLS.
    """
    handshake = b""
    while len(data) >= _RECORD_HEAD:
        kind, version, length = struct.unpack("!BHH", data[:5])
        if kind not in (_HANDSHAKE, _ALERT) or version >> 8 != _MAJOR:
            raise NotTlsError("the server does not speak TLS")
        if len(data) < 5 + length:
            return None
        fragment, data = data[5 : 5 + length], data[5 + length :]
        if kind == _ALERT:
            return Refusal(fragment[1] if len(fragment) > 1 else 0)
        handshake += fragment
        if len(handshake) >= max(_MESSAGE_HEAD, 4 + int.from_bytes(handshake[1:4], "big")):
            return _server_hello(handshake)
    if data and data[0] not in (_HANDSHAKE, _ALERT):
        raise NotTlsError("the server does not speak TLS")
    return None


def _server_hello(message: bytes) -> Hello:
    if message[0] != _SERVER_HELLO:
        raise NotTlsError("the server's first message is no ServerHello")
    try:
        return _parsed(message[4 : 4 + int.from_bytes(message[1:4], "big")])
    except (struct.error, IndexError):
        raise NotTlsError("the server's ServerHello is cut short") from None


def _parsed(body: bytes) -> Hello:
    version, random = struct.unpack("!H", body[:2])[0], body[2:34]
    at = 35 + body[34]
    suite, compression = struct.unpack("!HB", body[at : at + 3])
    extensions = dict(_read_extensions(body[at + 5 :]))
    if _SUPPORTED in extensions:
        version = int.from_bytes(extensions[_SUPPORTED], "big")
    return Hello(
        version,
        suite,
        group=int.from_bytes(extensions.get(_SHARE, b"")[:2], "big"),
        compression=compression != 0,
        renegotiates_safely=version >= TLS_1_3 or _RENEGOTIATION in extensions or random == _RETRY,
        staples=_STATUS in extensions,
    )


def _read_extensions(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _EXTENSION_HEAD:
        kind, length = struct.unpack("!HH", data[:4])
        yield kind, data[4 : 4 + length]
        data = data[4 + length :]


def _list16(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data
