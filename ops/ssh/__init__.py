"""Hosts over SSH: connections by Fabric, host keys that are checked, and the `Host` protocol on top."""

from .host import RemoteHost

__all__ = ["RemoteHost"]
