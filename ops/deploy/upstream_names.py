"""The hosts that an nginx configuration asks, as far as it names them: in `proxy_pass` and its like, by variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...lint.nginx.config import NginxConfig
    from ...lint.nginx.directive import Directive

ASKING = re.compile(r"(proxy|fastcgi|uwsgi|scgi|grpc|memcached)_pass")
SCHEME = re.compile(r"[\w${}]+://")
LITERAL = re.compile(r"([A-Za-z0-9_.-]+)(:.*|\$\{?(?:request_uri|uri|document_uri)\b.*)?")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))(:?)")
BY_TABLE = {
    "map": {"hostnames", "volatile", "include"},
    "geo": {"ranges", "include", "proxy", "proxy_recursive", "delete"},
    "split_clients": set[str](),
}
"""Blocks that give a variable its value, and what in them is no value."""

BY_ONE = ("set", "auth_request_set")


@dataclass(frozen=True)
class Named:
    """
    A host that is asked.

    Attributes:
        directive: Where its name stands.
        host: The name, in small letters.
        text: The whole value.
        has_port: Whether a port is said too; without one, an upstream of that name is meant.
        in_variable: Whether it is looked up for each request, since a variable holds it.
    """

    directive: Directive
    host: str
    text: str
    has_port: bool
    in_variable: bool


def hosts_asked(config: NginxConfig) -> Iterator[Named]:
    """Every host that *config* asks by a name of its own, and every one that a variable may hold which is asked."""
    asked: dict[str, bool] = {}
    for directive in config.walk():
        if directive.block is None and directive.args and ASKING.fullmatch(directive.name):
            yield from _named(
                directive, directive.value, has_port=False, in_variable="$" in _authority(directive.value)
            )
            _note(asked, directive.value)
    values = list(_values(config))
    while found := [each for each in values if each[1] in asked]:
        values = [each for each in values if each[1] not in asked]
        for directive, variable, value in found:
            yield from _named(directive, value, has_port=asked[variable], in_variable=True)
        for _, variable, value in found:
            _note(asked, value, has_port=asked[variable])


def without_port(address: str) -> str:
    """The host of *address*; empty for a socket."""
    return "" if address.startswith("unix:") else address.partition(":")[0]


def _authority(value: str) -> str:
    """What stands for host and port in the argument of a `proxy_pass` or its like."""
    return re.split(r"[/?]", SCHEME.sub("", value, count=1) if SCHEME.match(value) else value, maxsplit=1)[0]


def _named(directive: Directive, value: str, *, has_port: bool, in_variable: bool) -> Iterator[Named]:
    found = LITERAL.fullmatch(_authority(value))
    if found or value.startswith("unix:"):
        host = found[1].rstrip(".").lower() if found else ""
        port = has_port or bool(found and (found[2] or "").startswith(":"))
        yield Named(directive, host, value, port, in_variable)


def _note(asked: dict[str, bool], value: str, *, has_port: bool = False) -> None:
    """Remembers the variable with which the host in *value* begins, and whether a port follows it."""
    if found := VARIABLE.match(_authority(value)):
        name = found[1] or found[2]
        asked[name] = asked.get(name, False) or has_port or bool(found[3])


def _values(config: NginxConfig) -> Iterator[tuple[Directive, str, str]]:
    """Each value that a variable is given: where, the variable, the value."""
    for directive in config.walk():
        if directive.name in BY_ONE and len(directive.args) > 1:
            yield directive, directive.args[0].strip("${}"), directive.args[1]
        if directive.name in BY_TABLE and directive.block is not None and directive.args:
            variable = directive.args[-1].strip("${}")
            for entry in directive.block:
                if entry.args and entry.name not in BY_TABLE[directive.name]:
                    yield entry, variable, entry.args[-1]
