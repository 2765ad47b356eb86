"""The way from here to what a host publishes: its address, or the connection by which one is logged in there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from ..here import Here
from ..host import Host
from ..reach import EVERY, LOOPBACK, Reach, is_private, on_this_machine
from ..ssh import RemoteHost

Named = Callable[[str], str]
"""Gives a text back with ports as they are on the host, where it has ports that stand for them here."""


@contextmanager
def way_to(host: Host) -> Iterator[tuple[Reach, Named]]:
    """
    How ports of *host* are reached, while the block runs.

    What is open to the world is asked at the host's own address, as the world does; what the host keeps for itself,
    and everything behind a jump host, through the connection of ssh.
    """
    if not isinstance(host, RemoteHost) or isinstance(host, Here):
        yield on_this_machine, str
        return
    from ..ssh.forward import Forwards  # noqa: PLC0415 - only where a host is far away

    connection = host.fabric()
    with Forwards(host) as forwards:

        def reach(address: str, port: int) -> tuple[str, int]:
            if connection.gateway or is_private(address):
                return LOOPBACK, forwards.port(LOOPBACK if address in EVERY else address, port)
            return (connection.host if address in EVERY else address), port

        def named(text: str) -> str:
            for (_, there), here in forwards.ports.items():
                for name in (LOOPBACK, "localhost"):
                    text = text.replace(f"{name}:{here}", f"{name}:{there}")
            return text

        yield reach, named


def reached(url: str, reach: Reach) -> str:
    """*url*, where it means the host's own loopback, as it is asked for from here."""
    parts = urlsplit(url)
    if not is_private(parts.hostname or ""):
        return url
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address, here = reach(LOOPBACK, port)
    return url if (address, here) == (LOOPBACK, port) else parts._replace(netloc=f"{parts.hostname}:{here}").geturl()
