"""The names of the site and the ports under which the world reaches it, from fairlead.yaml and its variables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import SettingsError
from ..settings import TlsSettings
from ..stack import Stack

LOCAL = "localhost"
NAME = re.compile(
    r"(?=.{1,253}$)(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
HIGHEST_PORT = 65535
HTTPS_PORT = 443


@dataclass(frozen=True)
class Site:
    """
    What the site is called.

    Attributes:
        names: The main one first; only ``localhost`` where fairlead.yaml has no domains.
    """

    names: tuple[str, ...]
    http_port: int
    https_port: int

    @property
    def is_local(self) -> bool:
        """Whether it has no name of its own, so that nobody could give it a certificate."""
        return self.names == (LOCAL,)

    @property
    def url(self) -> str:
        """The address that a browser is given: the first name that is one."""
        name = next((name for name in self.names if not name.startswith("*.")), self.names[0].removeprefix("*."))
        return f"https://{name}{_shown(self.https_port)}/"


def site_of(stack: Stack) -> Site:
    """
    The site of *stack*.

    Raises:
        SettingsError: a port that is none, or several certificates, of which nginx could serve only one.
    """
    domains = stack.settings.domains
    if len(domains) > 1:
        others = ", ".join(name for each in domains[1:] for name in each.names)
        raise SettingsError(
            f"fairlead.yaml: domains: has {len(domains)} entries and one certificate is served; move {others} into the "
            f"names of the first; where it has to be another one: docs/https.md, More than one certificate"
        )
    tls = tls_of(stack)
    names = _names(stack, domains[0].names) if domains else ()
    return Site(names or (LOCAL,), _port(stack, "http_port", tls.http_port), _port(stack, "https_port", tls.https_port))


def tls_of(stack: Stack) -> TlsSettings:
    """
    Where the stack keeps its certificate.

    Raises:
        SettingsError: fairlead.yaml does not say.
    """
    if stack.settings.tls is None:
        raise SettingsError("fairlead.yaml: tls is not set; say where the certificate is kept, see docs/https.md")
    return stack.settings.tls


def site_texts(stack: Stack) -> dict[str, str]:
    """The files of an edge generation that say what the site is called, by their path in it; none without tls."""
    edge = stack.settings.edge
    if edge is None or edge.site is None or stack.settings.tls is None:
        return {}
    site = site_of(stack)
    return {
        f"{edge.site.name}/names.conf": f"server_name {' '.join(site.names)};\n",
        f"{edge.site.name}/ports.conf": _ports(site.https_port),
    }


def _names(stack: Stack, texts: Iterable[str]) -> tuple[str, ...]:
    """A variable may hold several, between commas or spaces; an empty one holds none."""
    found = [name for text in texts for name in stack.filled(text).replace(",", " ").split()]
    wrong = next((name for name in found if not NAME.fullmatch(name)), None)
    if wrong is not None:
        raise SettingsError(
            f'fairlead.yaml: domains: "{wrong}" is no name of a site; write one such as www.example.com'
        )
    return tuple(dict.fromkeys(name.lower() for name in found))


def _ports(https_port: int) -> str:
    shown = _shown(https_port)
    alternative = f'h3=":{https_port}"; ma=86400'
    return (
        f'map $host $https_port {{\n    default "{shown}";\n}}\n'
        f"map $host $https_alternative {{\n    default '{alternative}';\n}}\n"
    )


def _shown(https_port: int) -> str:
    """The port as it stands behind a name; nothing where browsers add it themselves."""
    return "" if https_port == HTTPS_PORT else f":{https_port}"


def _port(stack: Stack, key: str, text: str) -> int:
    filled = stack.filled(text)
    if not (filled.isdecimal() and 0 < int(filled) <= HIGHEST_PORT):
        raise SettingsError(f'fairlead.yaml: tls.{key}: "{filled}" is no port; write a number from 1 to {HIGHEST_PORT}')
    return int(filled)
