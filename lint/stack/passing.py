"""Where nginx sends requests: the hosts and ports behind each ``proxy_pass`` and its like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..nginx import PASSES, Directive, NginxConfig, proxy_pass
from ..nginx.uri import is_ip_address
from ..place import Place
from ..record import dataclass
from ..regex import regex

if TYPE_CHECKING:
    from .container import Container

_PORTS = {"http": 80, "https": 443, "grpc": 80, "grpcs": 443, "": None}
_SERVER = regex(r"(?P<host>\[[^\]]*\]|[^:\[\]]+)(?::(?P<port>\d+))?")
_VARIABLE = regex(r"\$\{?(\w+)\}?")


@dataclass(frozen=True)
class Target:
    """
    One host that requests are sent to.

    Attributes:
        directive: The ``proxy_pass``, or the ``server`` line of an ``upstream``.
        passes: The ``proxy_pass`` and their like that lead here.
        host: A name or an address, in lower case.
        port: None where it is not known.
        is_static: Whether nginx looks the name up once, when it starts, and ends where it is not known.
        place: The word that names host and port.
    """

    directive: Directive
    passes: tuple[Directive, ...]
    host: str
    port: int | None
    is_static: bool
    place: Place

    @property
    def is_address(self) -> bool:
        """Whether the host is an IP address."""
        return is_ip_address(self.host.strip("[]"))

    @property
    def is_loopback(self) -> bool:
        """Whether it is the container itself."""
        if not self.is_address:
            return self.host == "localhost"
        import ipaddress  # noqa: PLC0415 - most hosts are names

        return ipaddress.ip_address(self.host.strip("[]")).is_loopback

    @property
    def is_plain_name(self) -> bool:
        """Whether the host is a single word, as services have; a name with dots may be anywhere in the world."""
        return not self.is_address and "." not in self.host and bool(re.fullmatch(r"[\w-]+", self.host))


def all_targets(containers: Iterable[Container]) -> Iterator[tuple[Container, Target]]:
    """What each of the *containers* sends requests to; of a line that it reads twice only the first."""
    seen: set[tuple[str, Place]] = set()
    for container in containers:
        for site in container.sites:
            for target in site.targets:
                if (container.name, target.place) not in seen:
                    seen.add((container.name, target.place))
                    yield container, target


def targets(config: NginxConfig) -> Iterator[Target]:
    """The hosts that *config* sends requests to, each at the word that names it; what is not known is left out."""
    users: dict[str, list[Directive]] = {}
    for directive in config.find(*PASSES):
        if directive.block is not None or not directive.args or directive.is_inside("stream", "mail"):
            continue
        found = _of_pass(config, directive)
        if found is None:
            continue
        if found.host in _upstreams(config):
            users.setdefault(found.host, []).append(directive)
        else:
            yield found
    for name, upstream in config.upstreams.items():
        yield from _of_upstream(config, upstream, tuple(users.get(name, ())))


def _of_pass(config: NginxConfig, directive: Directive) -> Target | None:
    parsed = proxy_pass(directive)
    host, port, scheme = parsed.host, parsed.port, parsed.scheme
    is_static = "$" not in f"{host}{port}"
    if not is_static:
        value = _constant(config, directive.value)
        match = re.match(r"(?:(?P<scheme>\w+)://)?(?P<host>[\w.-]+)(?::(?P<port>\d+))?(?:[/$]|$)", value or "")
        if match is None:
            return None
        host, port, scheme = match["host"], match["port"] or "", match["scheme"] or scheme
    if not host or host.startswith("unix:") or config.is_unknown(host) or config.is_unknown(port):
        return None
    number = int(port) if port.isdigit() else None if port else _PORTS.get(scheme)
    return Target(directive, (directive,), host.lower(), number, is_static, directive.arg_place(0))


def _constant(config: NginxConfig, value: str) -> str | None:
    """*value* with variables replaced that are ``set`` to one text everywhere; the part behind them may stay."""
    for name in _VARIABLE.findall(value):
        texts = {each.args[1] for each in config.find("set") if len(each.args) > 1 and each.value == f"${name}"}
        if len(texts) == 1 and "$" not in (text := next(iter(texts))):
            value = value.replace(f"${{{name}}}", text).replace(f"${name}", text)
    return None if value.startswith("$") or re.match(r"\w+://\$", value) else value


def _of_upstream(config: NginxConfig, upstream: Directive, passes: tuple[Directive, ...]) -> Iterator[Target]:
    default = 443 if any(each.value.startswith("https:") for each in passes) else 80
    for server in upstream.find("server"):
        match = _SERVER.fullmatch(server.value)
        if match is None or config.is_unknown(server.value) or "down" in server.args:
            continue
        port = int(match["port"]) if match["port"] else default
        is_static = "resolve" not in server.args
        yield Target(server, passes, match["host"].lower(), port, is_static, server.arg_place(0))


def _upstreams(config: NginxConfig) -> set[str]:
    return {name.lower() for name in config.upstreams}
