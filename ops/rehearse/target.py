"""Where a rehearsal's clients ask, and what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..certificates.site import site_of
from ..compose import model
from ..errors import SettingsError
from ..stack import Stack


@dataclass(frozen=True)
class Target:
    """
    The site on the throw-away host.

    Attributes:
        plain: Whether it is asked without TLS.
    """

    name: str
    port: int
    plain: bool
    paths: tuple[str, ...]


def target_of(stack: Stack, paths: Sequence[str]) -> Target:
    """
    The public side of *stack*, by TLS where it has that.

    Args:
        paths: What is asked; without any, the paths of deploy.smoke, and where there are none, the page.

    Raises:
        SettingsError: fairlead.yaml names no edge, the edge publishes no port, or a path does not begin with a slash.
    """
    for path in paths:
        if not path.startswith("/"):
            raise SettingsError(f"--path {path}: a path begins with /, such as /api/me")
    asked = tuple(paths) or tuple(dict.fromkeys(_paths(stack))) or ("/",)
    if stack.settings.edge is None:
        raise SettingsError(
            "fairlead.yaml: edge is not set; a deploy switches nginx, so name its service and its files"
        )
    if stack.settings.tls is not None:
        site = site_of(stack)
        return Target(site.names[0].removeprefix("*."), site.https_port, False, asked)
    ports = list(_published(model(stack.host, stack.project), stack.settings.edge.service))
    if not ports:
        raise SettingsError(f'service "{stack.settings.edge.service}" publishes no port; nobody could ask it')
    return Target("localhost", ports[0], True, asked)


def _paths(stack: Stack) -> Iterable[str]:
    for address in stack.settings.deploy.smoke:
        parts = urlsplit(stack.filled(address))
        yield (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _published(merged: dict[str, Any], service: str) -> Iterable[int]:
    """The ports that the world sees."""
    for port in merged["services"].get(service, {}).get("ports", ()):
        if not str(port.get("host_ip", "")).startswith("127.") and str(port.get("published", "")).isdigit():
            yield int(port["published"])
