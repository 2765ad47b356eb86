"""Which ports of a host are taken, at which address, by TCP and UDP. Asks only."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..command import Command
from ..host import Host

ASK_S = 60.0
TABLES = ("tcp", "tcp6", "udp", "udp6")
STATES = {"tcp": "0A", "udp": "07"}
"""Of a socket that waits for others: one that listens, and one that is bound and connected to nobody."""

READ = 'for each in "$@"; do sed "s/^/$each /" "/proc/net/$each" 2>/dev/null; done'
ADDRESS, STATE = 2, 4
"""Where they stand in a line, behind the name of its table."""

PUBLISHED = re.compile(r"(\S+):(\d+)(?:-(\d+))?->\d+(?:-\d+)?/(\w+)")


@dataclass(frozen=True)
class Bound:
    """
    A port that is taken, or wanted.

    Attributes:
        address: Empty for every one.
        holder: The container that has it; empty where it is a process, or wanted.
    """

    address: str
    port: int
    protocol: str
    holder: str = ""

    def clashes(self, other: Bound) -> bool:
        """Whether both cannot be at once: one of them is at every address, or both are at the same."""
        if (self.port, self.protocol) != (other.port, other.protocol):
            return False
        mine, theirs = _plain(self.address), _plain(other.address)
        return not mine or not theirs or mine == theirs

    def __str__(self) -> str:
        return f"{self.port}" if self.protocol == "tcp" else f"{self.port}/{self.protocol}"


def listening(host: Host) -> Iterator[Bound]:
    """What any process there waits at."""
    told = host.run(Command(("sh", "-c", READ, "sh", *TABLES)), timeout_s=ASK_S)
    for line in told.out.splitlines():
        fields = line.split()
        protocol = fields[0].rstrip("6") if fields else ""
        if len(fields) > STATE and fields[STATE] == STATES.get(protocol):
            address, _, port = fields[ADDRESS].rpartition(":")
            yield Bound(_address(address), int(port, 16), protocol)


def bound_by_containers(host: Host, client: str) -> Iterator[Bound]:
    """What containers there publish; an engine may do so without a process that listens."""
    told = host.run(Command((client, "ps", "--format", "{{.Names}} {{.Ports}}")), timeout_s=ASK_S)
    for line in told.out.splitlines():
        name, _, ports = line.partition(" ")
        for address, first, last, protocol in PUBLISHED.findall(ports):
            for port in range(int(first), int(last or first) + 1):
                yield Bound(address.strip("[]"), port, protocol, name)


def process_at(host: Host, bound: Bound) -> str:
    """The process that has a port, as far as this user may know."""
    flags = "-Hltnp" if bound.protocol == "tcp" else "-Hlunp"
    told = host.run(Command(("sh", "-c", f"ss {flags} 'sport = :{bound.port}' 2>/dev/null")), timeout_s=ASK_S).out
    found = re.search(r'users:\(\("([^"]+)",pid=(\d+)', told)
    return f"process {found[2]} ({found[1]})" if found else "a process of another user"


def _address(text: str) -> str:
    """The kernel writes each word of an address with its last byte first."""
    words = (bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    return str(ipaddress.ip_address(b"".join(words)))


def _plain(address: str) -> str:
    """*address* without the ways to write it; empty where it is every one, or none that is known."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    inside = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    found = inside or found
    return "" if found.is_unspecified else str(found)
