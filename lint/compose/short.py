"""
The short forms of ports, volumes and devices, taken apart as Compose takes them apart.

A part with a variable nobody gave is not checked: it may be anything.
Source: ParsePortSpec of docker/go-connections; format/volume.go and transform/device.go of compose-go.
"""

from __future__ import annotations

import posixpath
import re

from ..record import dataclass
from ..regex import regex
from .nodes import UNKNOWN

_RANGE = regex(r"([0-9]+)(?:-([0-9]+))?", re.ASCII)
_LARGEST_PORT = 65535
_PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")


class ShortFormError(ValueError):
    """A short form that Compose refuses; the text says why and what to write."""


@dataclass(frozen=True, slots=True)
class ShortPort:
    """``[host_ip:][published:]target[/protocol]``; *published* and *target* may be ranges, "" is absent."""

    host_ip: str
    published: str
    target: str
    protocol: str


@dataclass(frozen=True, slots=True)
class ShortVolume:
    """
    ``[source:]target[:options]``.

    *kind* is ``bind``, ``volume``, or `UNKNOWN` where the source starts with a variable nobody gave.
    """

    kind: str
    source: str
    target: str
    options: tuple[str, ...]


def port(spec: str) -> ShortPort:
    """
    The parts of a short port.

    Raises:
        ShortFormError: as Compose does.
    """
    *rest, container = spec.split(":")
    published = rest.pop() if rest else ""
    host = ":".join(rest)
    target, _, protocol = container.partition("/")
    protocol = protocol.partition("/")[0] or "tcp"
    if protocol.lower() not in ("tcp", "udp", "sctp") and UNKNOWN not in protocol:
        raise ShortFormError(f'protocol "{protocol}" is not tcp, udp or sctp')
    first, last = _range(target, "container")
    low, high = _range(published, "host") if published else (first, last)
    if UNKNOWN not in target + published and last - first != high - low and first != last:
        raise ShortFormError(f"ranges {published} and {target} differ in length")
    return ShortPort(_address(host), published, target, protocol.lower())


def volume(spec: str) -> ShortVolume:
    """
    The parts of a short volume.

    Raises:
        ShortFormError: as Compose does.
    """
    if not spec:
        raise ShortFormError("empty volume; write SOURCE:TARGET")
    if len(spec.encode()) <= 2:  # noqa: PLR2004 - Compose takes so short a text as a target, colons and all
        return ShortVolume("volume", "", spec, ())
    parts = _split(spec)
    if "" in parts:
        raise ShortFormError(f'nothing between the colons of "{_shown(spec)}"; write SOURCE:TARGET')
    if len(parts) > 3:  # noqa: PLR2004 - source, target, options
        raise ShortFormError(f'too many colons in "{_shown(spec)}"; use the long form')
    source = parts[0] if len(parts) > 1 else ""
    target = parts[1] if len(parts) > 1 else parts[0]
    options = tuple(parts[2].split(",")) if len(parts) > 2 else ()  # noqa: PLR2004
    return ShortVolume(_kind(source), source, posixpath.normpath(target) if target else "", options)


def volume_target(spec: str) -> str | None:
    """The target of a short volume as written, or None where Compose refuses it."""
    try:
        volume(spec)
    except ShortFormError:
        return None
    parts = _split(spec)
    return parts[1] if len(parts) > 1 else parts[0]


def device(spec: str) -> tuple[str, str, str]:
    """
    Source, target and permissions of a short device.

    Raises:
        ShortFormError: for more than three parts.
    """
    parts = spec.split(":")
    if len(parts) > 3:  # noqa: PLR2004
        raise ShortFormError(f'too many colons in "{_shown(spec)}"; use the long form')
    source, target, permissions = [*parts, "", ""][:3]
    return source, target or source, permissions if len(parts) == 3 else "rwm"  # noqa: PLR2004


def is_path(source: str) -> bool:
    """Whether the source of a short volume is a path and no volume's name."""
    return source.startswith((".", "/", "~", "\\\\")) or bool(re.match(r"[^\W\d_]:", source))


def _kind(source: str) -> str:
    if source.startswith(UNKNOWN):
        return UNKNOWN
    return "bind" if is_path(source) else "volume"


def _split(spec: str) -> list[str]:
    """The parts between colons, where the colon after a single letter is that of a Windows drive."""
    parts = [""]
    for character in spec:
        if character == ":" and not (len(parts[-1]) == 1 and parts[-1].isalpha()):
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _range(text: str, side: str) -> tuple[int, int]:
    if UNKNOWN in text:
        return 0, 0
    match = _RANGE.fullmatch(text)
    if not match:
        raise ShortFormError(f'{side} port "{text}" is no number from 0 to {_LARGEST_PORT} nor a range of them')
    first = int(match[1])
    last = int(match[2]) if match[2] else first
    if last > _LARGEST_PORT or last < first:
        raise ShortFormError(f'{side} port "{text}" is no number from 0 to {_LARGEST_PORT} nor a range of them')
    return first, last


def _address(host: str) -> str:
    if not host or UNKNOWN in host:
        return host
    if host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - what nearly all ports have, or none
        return host
    import ipaddress  # noqa: PLC0415 - 1 ms

    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_bracketed = bare is not host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        raise ShortFormError(f'host address "{host}" is no IP address') from None
    if address.version == 6 and not is_bracketed:  # noqa: PLR2004
        raise ShortFormError(f'host address "{host}" needs brackets: "[{host}]"')
    return bare


def _shown(spec: str) -> str:
    return spec.replace(UNKNOWN, "${...}")


PROPAGATIONS = frozenset(_PROPAGATIONS)
