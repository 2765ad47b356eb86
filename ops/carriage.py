"""The parts of fairlead.yaml about how images get to a host, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegistrySettings:
    """How to log in at a registry: the user, and the name of the variable that holds the password or token."""

    user: str = ""
    password: str = ""


@dataclass(frozen=True)
class CacheSettings:
    """How long a compressed layer that no deploy needs is kept on this machine, and how much is kept at all."""

    days: float = 30.0
    gigabytes: float = 10.0
