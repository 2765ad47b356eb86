"""Services of the app tier that call each other by a name which every release has."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .split import Projects

OF_A_HOST = re.compile(r".*(HOST|HOSTNAME|SERVER|ADDR|ADDRESS|ADDRESSES|UPSTREAM|ENDPOINT|URL|URI|ORIGIN)S?", re.I)
"""Variables whose whole value may be the name of a host."""


def calls_of_both(projects: Projects) -> Iterator[str]:
    """
    A sentence for each variable by which a service of a release would call another one of both releases.

    Only where the two meet in a network that releases share: in one of a release's own, the name is its own's. Which of
    its networks an engine asks first is no promise: tried with 26.1, those that are not internal, then by their names.
    """
    services = projects.app["services"]
    apps = projects.services["app"]
    for name in apps:
        for variable, value in (services[name].get("environment") or {}).items():
            for other in _named(str(variable), str(value or ""), [each for each in apps if each != name]):
                if _shared(projects, services[name]) & _shared(projects, services[other]):
                    yield (
                        f"services.{name}.environment.{variable}: {other} is the name of both releases while they run "
                        f"side by side; {other}${{RELEASE:+-${{RELEASE-}}}} is this release's own"
                    )


def _named(variable: str, value: str, services: Collection[str]) -> list[str]:
    """Those of *services* that *value* names as a host: behind ``//`` or ``@``, before a port, or as a whole."""
    found = {name.lower(): name for name in services}
    hosts = re.findall(r"(?:(?<=//)|(?<=@)|(?<![^\s,;=]))([A-Za-z0-9_.-]+)(?=:\d)", value)
    hosts += re.findall(r"(?:(?<=//)|(?<=@))([A-Za-z0-9_.-]+)(?=$|[/?\s,;])", value)
    hosts += [value] if OF_A_HOST.fullmatch(variable) else []
    return sorted({found[host.lower()] for host in hosts if host.lower() in found})


def _shared(projects: Projects, service: Mapping[str, Any]) -> set[str]:
    known = projects.app["networks"]
    return {network for network in service.get("networks") or () if (known.get(network) or {}).get("external")}
