"""Directives whose arguments have a form of their own, read once so that no rule splits strings."""

from __future__ import annotations

import re
from typing import Literal

from ..record import dataclass
from ..regex import regex
from .directive import Directive

Modifier = Literal["", "=", "^~", "~", "~*", "@"]

_LISTEN_PORT = regex(r"^(?:(?P<address>\[[0-9a-fA-F:.%\w]*\]|[^:\s]*):)?(?P<port>\d+)(?:-(?P<last>\d+))?$")


@dataclass(frozen=True)
class Location:
    """
    The head of a ``location``.

    Attributes:
        modifier: ``""`` for a prefix, ``@`` for a named location.
        pattern: The URI or the regular expression, without the modifier; a name keeps its ``@``.
    """

    directive: Directive
    modifier: Modifier
    pattern: str

    @property
    def is_regex(self) -> bool:
        """Whether the pattern is a regular expression."""
        return self.modifier in ("~", "~*")

    @property
    def is_prefix(self) -> bool:
        """Whether URIs that begin with the pattern match."""
        return self.modifier in ("", "^~")

    def __str__(self) -> str:
        return (
            f"location {self.modifier} {self.pattern}" if self.modifier not in ("", "@") else f"location {self.pattern}"
        )


def location(directive: Directive) -> Location:
    """The head of *directive*, with the modifier apart even where it is written without a space."""
    try:
        found: Location = directive.memo["location"]
    except KeyError:
        found = directive.memo["location"] = _head(directive)
    return found


def _head(directive: Directive) -> Location:
    if len(directive.args) > 1:
        modifier: Modifier = next((each for each in _MODIFIERS if each == directive.args[0]), "")
        return Location(directive, modifier, directive.args[1])
    word = directive.value
    for each in _MODIFIERS:
        if word.startswith(each):
            return Location(directive, each, word[len(each) :])
    return Location(directive, "@" if word.startswith("@") else "", word)


_MODIFIERS: tuple[Modifier, ...] = ("=", "^~", "~*", "~")


@dataclass(frozen=True)
class Listen:
    """
    One ``listen``, or the ``*:80`` of a server without any.

    Attributes:
        address: ``*`` for all of IPv4; IPv6 addresses in brackets; the path of a UNIX socket with ``unix:``.
        port: 80 where none is written; 0 for a UNIX socket; None where a template fills it in.
        parameters: The words behind the address, such as ``ssl`` or ``backlog=511``.
    """

    directive: Directive | None
    address: str
    port: int | None
    parameters: tuple[str, ...] = ()

    @property
    def is_ssl(self) -> bool:
        """Whether TLS is spoken here."""
        return "ssl" in self.parameters or "quic" in self.parameters

    @property
    def is_quic(self) -> bool:
        """Whether it is HTTP/3's UDP socket."""
        return "quic" in self.parameters

    @property
    def is_default(self) -> bool:
        """Whether the server is named as the default one of the socket."""
        return "default_server" in self.parameters or "default" in self.parameters

    @property
    def is_ipv6(self) -> bool:
        """Whether the address is one of IPv6."""
        return self.address.startswith("[")

    @property
    def is_unix(self) -> bool:
        """Whether it is a UNIX socket."""
        return self.address.startswith("unix:")

    @property
    def socket(self) -> tuple[str, int | None]:
        """What two servers share when they listen on the same."""
        return self.address.lower(), self.port


def listen(directive: Directive) -> Listen:
    """A ``listen`` of http or stream."""
    word, parameters = directive.value, directive.args[1:]
    if word.startswith("unix:"):
        return Listen(directive, word, 0, parameters)
    match = _LISTEN_PORT.match(word)
    if match:
        return Listen(directive, _address(match["address"]), int(match["port"]), parameters)
    if ":" in word and not word.endswith("]"):
        address, _, port = word.rpartition(":")
        return Listen(directive, _address(address), int(port) if port.isdigit() else None, parameters)
    return Listen(directive, _address(word), None if "$" in word or "{" in word else 80, parameters)


def _address(word: str | None) -> str:
    return "*" if word in (None, "", "*", "0.0.0.0") else str(word)  # noqa: S104 - compared, not bound


def listens(server: Directive) -> list[Listen]:
    """The sockets of a server of http; ``*:80`` where it names none, as nginx running as root assumes."""
    try:
        found: list[Listen] = server.memo["listens"]
    except KeyError:
        found = [listen(each) for each in server.find("listen")] or [Listen(None, "*", 80)]
        server.memo["listens"] = found
    return found


_FILLED_IN = regex(r"[{}$<]")
"""What shows that a template fills in a part of a name, which is written as it stands there."""


def server_names(server: Directive) -> list[str]:
    """The names of a server in order, in lower case unless they are regular expressions; ``""`` without any."""
    found: list[str] | None = server.memo.get("server_names")
    if found is None:
        names = [name for directive in server.find("server_name") for name in directive.args]
        found = [name if name.startswith("~") or _FILLED_IN.search(name) else name.lower() for name in names] or [""]
        server.memo["server_names"] = found
    return found


@dataclass(frozen=True)
class Header:
    """One ``add_header``, ``add_trailer`` or ``proxy_set_header``."""

    directive: Directive
    name: str
    value: str
    always: bool = False

    @property
    def key(self) -> str:
        """The name in lower case, by which headers are the same."""
        return self.name.lower()


def header(directive: Directive) -> Header:
    """The header that *directive* sets."""
    name, value, *rest = (*directive.args, "", "")
    return Header(directive, name, value, "always" in rest)


@dataclass(frozen=True)
class ProxyPass:
    """
    Where ``proxy_pass`` and its like send a request.

    Attributes:
        scheme: ``http``, ``https``, ``grpc``, ``grpcs`` or nothing (fastcgi, uwsgi, scgi).
        host: A name, an address, a variable, or ``unix:`` with the path of the socket.
        port: As written; empty where none is.
        uri: What is behind the host, which replaces the location's prefix; empty where there is none.
    """

    directive: Directive
    scheme: str
    host: str
    port: str
    uri: str

    @property
    def has_variables(self) -> bool:
        """Whether anything of it is made up for each request."""
        return "$" in self.directive.value


_PASS = regex(
    r"^(?:(?P<scheme>[a-zA-Z]+)://)?(?P<host>unix:[^:]+|\[[^\]]*\]|(?:\$\{\w+\}|[^/:?])*)(?::(?P<port>[^/?]*))?(?P<uri>.*)$",
    re.DOTALL,
)


def proxy_pass(directive: Directive) -> ProxyPass:
    """The target of a ``*_pass``."""
    match = _PASS.match(directive.value)
    if match is None:
        return ProxyPass(directive, "", directive.value, "", "")
    port, uri = match["port"] or "", match["uri"]
    if match["host"].startswith("unix:"):
        port, uri = "", f"{port}{uri}"
    return ProxyPass(directive, (match["scheme"] or "").lower(), match["host"], port, uri)


_SIZE = regex(r"^(\d+)([kKmMgG]?)$")
_TIME_PART = regex(r"(\d+)(ms|[smhdwMy]?)\s*")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000, "ms": 0.001}


def size_bytes(word: str) -> int | None:
    """A size such as ``10m``; None where it is none."""
    match = _SIZE.match(word)
    return int(match[1]) * {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[match[2].lower()] if match else None


def time_s(word: str) -> float | None:
    """A time such as ``1h 30m`` or ``60``, in seconds; None where it is none."""
    parts = _TIME_PART.findall(word)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != word.replace(" ", ""):
        return None
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)
