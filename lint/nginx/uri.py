"""URIs as nginx sees them: decoded, with ``.`` and ``..`` resolved and slashes merged."""

from __future__ import annotations

import re

from ..record import dataclass
from ..regex import regex

_PLAIN = regex(r"(https?)://([a-z0-9][a-z0-9.-]*)(/[\w/.~-]*)?", re.ASCII)
_HEX = regex(r"%([0-9a-fA-F]{2})")


class BadUriError(ValueError):
    """A request target that nginx answers with 400; the message says why."""


@dataclass(frozen=True)
class Target:
    """
    What a client asks for.

    Attributes:
        scheme: ``http`` or ``https``.
        host: As sent, without the port; IPv6 addresses in brackets.
        raw: The path and query as sent: nginx's ``$request_uri``.
    """

    scheme: str
    host: str
    port: int
    raw: str


def target(url: str) -> Target:
    """
    The parts of *url*; without a scheme it is taken for http.

    Raises:
        BadUriError: where it is no URL of http.
    """
    text = url if "://" in url else f"http://{url}"
    if plain := _PLAIN.fullmatch(text):
        scheme, host, raw = plain.groups()
        return Target(scheme, host, 443 if scheme == "https" else 80, raw or "/")
    from urllib.parse import urlsplit  # noqa: PLC0415 - 2 ms, which few URLs need

    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadUriError(f"{url}: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadUriError(f'"{url}" is no address of a page; write one such as https://example.com/path')
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    start = text.index("://") + 3 + len(parts.netloc)
    raw = text[start:].partition("#")[0]
    default = 443 if parts.scheme == "https" else 80
    return Target(parts.scheme, host, default if port is None else port, raw if raw.startswith("/") else f"/{raw}")


_OF_ADDRESSES = frozenset("0123456789abcdefABCDEF.:")
_PARTS, _DIGITS = 4, 3


def is_ip_address(host: str) -> bool:
    """Whether *host* is an IP address, without brackets."""
    bare = host.partition("%")[0]
    if not _OF_ADDRESSES.issuperset(bare) or ("." not in bare and ":" not in bare):
        return False
    if ":" not in host:
        parts = host.split(".")
        return len(parts) == _PARTS and all(map(_is_part, parts))
    import ipaddress  # noqa: PLC0415 - 1 ms, and few hosts are of the newer kind

    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_part(text: str) -> bool:
    """Whether it is a number of an IPv4 address as Python and the resolver want it: no zeros before it."""
    return text.isdecimal() and len(text) <= _DIGITS and str(int(text)) == text and int(text) <= 0xFF  # noqa: PLR2004


def split(raw: str) -> tuple[str, str]:
    """The path and the arguments of a request's URI, still encoded."""
    path, _, args = raw.partition("#")[0].partition("?")
    return path, args


def normalised(path: str, merge_slashes: bool = True) -> str:
    """
    *path* as locations are compared with it: each character stands for one byte.

    Raises:
        BadUriError: for a wrong escape, a NUL byte, or a path that climbs above its root.
    """
    decoded = _decoded(path.encode().decode("latin-1"))
    if "\0" in decoded:
        raise BadUriError("a NUL byte in the path")
    parts: list[str] = []
    segments = re.sub(r"/{2,}", "/", decoded).split("/")[1:] if merge_slashes else decoded.split("/")[1:]
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        if segment == "..":
            if not parts:
                raise BadUriError("a path that climbs above its root")
            parts.pop()
        elif segment != ".":
            parts.append(segment)
            continue
        if is_last:
            parts.append("")
    return "/" + "/".join(parts)


def _decoded(path: str) -> str:
    if re.search(r"%(?![0-9a-fA-F]{2})", path):
        raise BadUriError('a "%" that begins no escape')
    return _HEX.sub(lambda match: chr(int(match[1], 16)), path)
