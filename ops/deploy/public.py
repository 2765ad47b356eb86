"""What is asked through nginx after a switch, by the site's own name as visitors ask it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..certificates.site import Site, site_of
from ..stack import Stack


def public(stack: Stack, smoke: Iterable[str], edge: Mapping[str, Any]) -> dict[str, Any]:
    """
    The same paths as *smoke* by the first name of *stack*, for a release.json; none where it has no name or no TLS.

    Args:
        smoke: The addresses that nginx's container asks of itself.
        edge: The service that runs nginx, in the merged model.
    """
    if stack.settings.tls is None:
        return {"public": [], "tls_port": 0}
    site = site_of(stack)
    port = listening(edge, site.https_port)
    return {"public": [*by_name(smoke, site)] if port else [], "tls_port": port}


def by_name(smoke: Iterable[str], site: Site) -> Iterable[str]:
    """*smoke* by the first of the site's names; none where it is local, or where only a pattern is its name."""
    if site.is_local or all(name.startswith("*.") for name in site.names):
        return ()
    parts = (urlsplit(address) for address in smoke)
    paths = (f"{part.path.removeprefix('/')}{f'?{part.query}' if part.query else ''}" for part in parts)
    return tuple(dict.fromkeys(f"{site.url}{path}" for path in paths))


def listening(edge: Mapping[str, Any], published: int) -> int:
    """The port of the container that is *published*, for TCP; 0 where it publishes no such port."""
    ports = (port for port in edge.get("ports") or () if port.get("protocol", "tcp") == "tcp")
    return next((int(port["target"]) for port in ports if str(port.get("published", "")) == str(published)), 0)
