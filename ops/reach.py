"""Where a port that is published on a machine is reached from here."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

Reach = Callable[[str, int], tuple[str, int]]
"""Gives the address and port to connect to for an address and port that a machine listens on."""

LOOPBACK = "127.0.0.1"
HERE = "FAIRLEAD_HERE"
"""The variable that says, in the keeper, which host of fairlead.yaml this machine is."""

EVERY = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def on_this_machine(address: str, port: int) -> tuple[str, int]:
    """For a port of this very machine: one on every address is asked on the loopback."""
    return (LOOPBACK if address in EVERY else address), port


def is_private(address: str) -> bool:
    """Whether only the machine itself reaches *address*: its loopback, also by the name localhost."""
    if address == "localhost" or address.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
