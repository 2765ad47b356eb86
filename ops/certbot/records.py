"""
Questions to name servers: A, AAAA and CAA records, and nothing more.

The system's resolver cannot be asked for CAA, answers from /etc/hosts, and does not tell a name that is not there from
a server that is down. A CA sees none of that, so the preflight asks as it does.
"""

from __future__ import annotations

import secrets
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from ..errors import UnreachableError

TYPES = {"A": 1, "AAAA": 28, "CAA": 257}
NO_ERROR, SERVER_FAILED, NO_SUCH_NAME = 0, 2, 3
CODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
RESOLV_CONF = Path("/etc/resolv.conf")
PORT = 53
TIMEOUT_S = 3.0
TRIES = 2
EDNS_BYTES = 1232
TRUNCATED = 0x0200
POINTER = 0xC0
HEADER = struct.Struct("!HHHHHH")
RECORD = struct.Struct("!HHIH")


class NameServerError(UnreachableError):
    """No name server answers."""


@dataclass(frozen=True)
class Answer:
    """
    What a name server said.

    Attributes:
        code: 0, or why it cannot tell: `SERVER_FAILED`, `NO_SUCH_NAME` and so on.
        data: Of each record of the type asked for, aliases followed, as it is on the wire.
    """

    code: int
    data: tuple[bytes, ...] = ()

    @property
    def reason(self) -> str:
        """The code's name."""
        return CODES.get(self.code, f"code {self.code}")


def addresses(name: str, servers: Sequence[str] = ()) -> tuple[str, ...]:
    """
    Every A and AAAA of *name*, as text.

    Raises:
        NameServerError: no server answers, or the one that does has failed.
    """
    four, six = (_sure(name, kind, servers) for kind in ("A", "AAAA"))
    return (*(str(IPv4Address(each)) for each in four.data), *(str(IPv6Address(each)) for each in six.data))


def lookup(name: str, kind: str, servers: Sequence[str] = ()) -> Answer:
    """
    Asks for the records of one kind.

    Args:
        servers: ``address`` or ``address:port``; those of resolv.conf where there is none.

    Raises:
        NameServerError: none of them answers.
    """
    reasons = []
    for server in list(servers or _system_servers()) * TRIES:
        try:
            return _parsed(_asked(_endpoint(server), name, TYPES[kind]), TYPES[kind])
        except (OSError, struct.error, IndexError, ValueError) as error:
            reasons.append(f"{server}: {error or 'no answer'}")
    said = reasons[-1] if reasons else f"{RESOLV_CONF} names none"
    raise NameServerError(f"{name}: no name server answers ({said}); see {RESOLV_CONF}, or certbot.resolvers")


def _sure(name: str, kind: str, servers: Sequence[str]) -> Answer:
    answer = lookup(name, kind, servers)
    if answer.code not in (NO_ERROR, NO_SUCH_NAME):
        raise NameServerError(f"{name}: the name server answers {answer.reason} to {kind}; see the domain's servers")
    return answer


def _system_servers() -> list[str]:
    try:
        lines = RESOLV_CONF.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [each[1].partition("%")[0] for each in words if len(each) > 1 and each[0] == "nameserver"]


def _endpoint(server: str) -> tuple[str, int]:
    """Address and port of ``192.0.2.1``, ``192.0.2.1:53``, ``2001:db8::1`` and ``[2001:db8::1]:53``."""
    host, colon, port = server.rpartition(":")
    if server.count(":") > 1 and not server.startswith("["):
        return server, PORT
    if server.startswith("[") and server.endswith("]"):
        return server[1:-1], PORT
    return (host.strip("[]"), int(port)) if colon else (server, PORT)


def _asked(endpoint: tuple[str, int], name: str, kind: int) -> bytes:
    """The server's reply; by TCP where it does not fit into a datagram."""
    question = _question(name, kind)
    family = socket.AF_INET6 if ":" in endpoint[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(TIMEOUT_S)
        datagrams.connect(endpoint)
        datagrams.send(question)
        reply = datagrams.recv(65535)
        while reply[:2] != question[:2]:  # of an earlier question, or forged
            reply = datagrams.recv(65535)
    if HEADER.unpack_from(reply)[1] & TRUNCATED:
        return _by_tcp(endpoint, question)
    return reply


def _by_tcp(endpoint: tuple[str, int], question: bytes) -> bytes:
    with socket.create_connection(endpoint, TIMEOUT_S) as stream, stream.makefile("rb") as reader:
        stream.sendall(struct.pack("!H", len(question)) + question)
        (length,) = struct.unpack("!H", reader.read(2))
        return reader.read(length)


def _question(name: str, kind: int) -> bytes:
    labels = [label.encode("idna") if not label.isascii() else label.encode() for label in name.rstrip(".").split(".")]
    encoded = b"".join(bytes([len(label)]) + label for label in labels if label) + b"\0"
    header = HEADER.pack(secrets.randbits(16), 0x0100, 1, 0, 0, 1)
    options = b"\0" + RECORD.pack(41, EDNS_BYTES, 0, 0)
    return header + encoded + struct.pack("!HH", kind, 1) + options


def _parsed(reply: bytes, kind: int) -> Answer:
    _, flags, questions, answers, _, _ = HEADER.unpack_from(reply)
    offset = HEADER.size
    for _ in range(questions):
        offset = _after_name(reply, offset) + 4
    return Answer(flags & 0x000F, tuple(data for found, data in _records(reply, offset, answers) if found == kind))


def _records(reply: bytes, offset: int, count: int) -> Iterator[tuple[int, bytes]]:
    for _ in range(count):
        offset = _after_name(reply, offset)
        kind, _, _, length = RECORD.unpack_from(reply, offset)
        offset += RECORD.size
        if offset + length > len(reply):
            raise ValueError("the answer is cut off")
        yield kind, reply[offset : offset + length]
        offset += length


def _after_name(reply: bytes, offset: int) -> int:
    """Where the name at *offset* ends; what it says does not matter here."""
    while reply[offset]:
        if reply[offset] & POINTER == POINTER:
            return offset + 2
        offset += reply[offset] + 1
    return offset + 1
