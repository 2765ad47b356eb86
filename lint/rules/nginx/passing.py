"""Where requests are passed on with ``proxy_pass``, and to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...nginx import Directive, Effective, Location, NginxConfig, ProxyPass, location, proxy_pass
from ...nginx.uri import is_ip_address
from ...record import dataclass

_OWN_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".svc", ".test", ".cluster", ".consul")


@dataclass(frozen=True)
class Passing:
    """One ``proxy_pass`` of http, in the block that holds it."""

    config: NginxConfig
    directive: Directive
    block: Directive
    target: ProxyPass

    @property
    def at(self) -> Effective:
        """The settings that hold there."""
        return self.config.effective(self.block)

    @property
    def location(self) -> Location | None:
        """The head of the location around it."""
        holder = self.block if self.block.name == "location" else self.block.enclosing("location")
        return location(holder) if holder else None

    @property
    def is_to_stranger(self) -> bool:
        """Whether it goes to a site of the world, which is to be asked by its own name, as nginx does by itself."""
        upstream = self.config.upstreams.get(self.target.host)
        if upstream is not None:
            hosts = [proxy_pass(server).host.lower() for server in upstream.find("server")]
            return self.target.scheme == "https" and bool(hosts) and all(map(_is_worldly, hosts))
        is_usual = self.target.scheme == "https" or self.target.port in ("", "80")
        return is_usual and _is_worldly(self.target.host.lower())


def passings(config: NginxConfig) -> Iterator[Passing]:
    """Every ``proxy_pass`` of http whose target no template fills in, in order."""
    for directive in config.find("proxy_pass"):
        if "passing" not in directive.memo:
            directive.memo["passing"] = _passing(config, directive)
        passing: Passing | None = directive.memo["passing"]
        if passing is not None:
            yield passing


def _passing(config: NginxConfig, directive: Directive) -> Passing | None:
    block = directive.parent
    if block is None or not directive.args or config.is_unknown(directive.value):
        return None
    is_of_http = block.name in ("location", "if", "limit_except") and not directive.is_inside("stream")
    return Passing(config, directive, block, proxy_pass(directive)) if is_of_http else None


def is_address(host: str) -> bool:
    """Whether *host* is an IP address or a UNIX socket."""
    return host.startswith(("unix:", "[")) or is_ip_address(host)


def _is_worldly(host: str) -> bool:
    """Whether *host* is a name with dots that only a name server of the world knows."""
    if is_address(host) or "$" in host or host.endswith(_OWN_ENDINGS):
        return False
    return re.fullmatch(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}", host) is not None
