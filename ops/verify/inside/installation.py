"""A running stack as verify looks at it: the doctor's view, what the engine knows of each container, every nginx."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ....lint.data import load_yaml
from ...command import Command, Result, without
from ...doctor.patient import Patient
from ...doctor.seen import Seen
from ...errors import FairleadError
from ...serving.release import Released, agent_command
from ...settings import FILE_NAME, EdgeSettings
from ..memory import Memory
from ..outside.site import Site
from ..promises.probing import Covered, covered
from ..promises.running import ConfigurationError, Running, edge_paths, project_files, running
from ..promises.witness import Known
from .asking import DESCRIPTIONS, application, description

INSPECT_S = 30.0
READING = ("config", "version")


@dataclass
class Installation(Memory):
    """
    Attributes:
        inspected: All that the engine knows of each container, by name; for use, never to be shown.
        nginxes: Every nginx that runs, the edge first.
        troubles: Why an nginx that runs does not show its configuration.
        everything: Whether --all was said, so that time may be taken.
    """

    patient: Patient
    inspected: Mapping[str, Mapping[str, Any]]
    nginxes: tuple[Running, ...]
    site: Site
    everything: bool = False
    troubles: tuple[str, ...] = ()

    @property
    def edge(self) -> Running | None:
        """The nginx that the world reaches; None where none is published."""
        return next((each for each in self.nginxes if each.published), None)

    @property
    def services(self) -> Mapping[str, Any]:
        """The services of the merged model, by name."""
        return self.patient.services

    @property
    def running(self) -> list[Seen]:
        """The containers whose program runs."""
        return [container for container in self.patient.containers or () if container.running]

    def of(self, container: Seen) -> Mapping[str, Any]:
        """All that the engine knows of *container*."""
        return self.inspected.get(container.name, {})

    def docker(self, *arguments: str, timeout_s: float = INSPECT_S) -> Result:
        """How a command of the client ended."""
        return self.patient.host.run(Command((self.patient.client, *arguments)), timeout_s=timeout_s)

    def compose(self, *arguments: str) -> list[Result]:
        """
        How a command of Compose ended, for each project.

        On a host what only reads the files is asked of the agent's Compose, which made the containers.
        """
        if not self.patient.projects:
            raise FairleadError(self.patient.trouble)
        released = self.patient.released
        commands = [project.command(*arguments) for project in self.patient.projects]
        if released is not None and arguments[0] in READING:
            commands = [agent_command(self.patient.host, released, command) for command in commands]
        return [self.patient.host.run(command, timeout_s=INSPECT_S) for command in commands]

    def inside(self, container: Seen, *argv: str) -> Result:
        """How a command in a container ended."""
        return self.patient.inside(container, *argv)

    def masked(self, text: str) -> str:
        """*text* without the value of any secret."""
        return without(text, self.patient.secrets)

    @property
    def covered(self) -> list[Covered]:
        """Every location of the edge, asked."""
        if self.edge is None:
            raise FairleadError("; ".join(self.troubles) or "no nginx of this stack is published on this machine")
        edge = self.edge
        return self.remembered("covered", lambda: covered(self.nginxes, edge, self.site.web, self.known))

    @cached_property
    def known(self) -> Known:
        """Paths that the site has: the page's files, and the API's GET routes with 1 for each parameter."""
        prefix = self.site.at("/").rstrip("/")
        assets = tuple(each.removeprefix(prefix) for each in self.site.assets)
        return Known(assets, (*self.routes(), *self.site.api), self.site.nonce)

    def routes(self) -> tuple[str, ...]:
        """The GET routes that the application describes, to the stack alone or to everybody."""
        containers, port = application(self.patient)
        data = description(self.patient, containers[0], port) if containers else None
        if data is None:
            told = (self.site.web.ask(self.site.at(path)).json() for path in DESCRIPTIONS)
            data = next((each for each in told if isinstance(each, dict) and isinstance(each.get("paths"), dict)), {})
        return tuple(_filled(route) for route, methods in data.get("paths", {}).items() if "get" in methods)


def inspect(patient: Patient) -> dict[str, Mapping[str, Any]]:
    """All that the engine knows of the stack's containers, by name."""
    names = [container.name for container in patient.containers or ()]
    if not names:
        return {}
    said = patient.host.run(Command((patient.client, "inspect", "--type", "container", *names)), timeout_s=INSPECT_S)
    return {data["Name"].removeprefix("/"): data for data in json.loads(said.out or "[]")}


def every_nginx(
    patient: Patient, inspected: Mapping[str, Mapping[str, Any]]
) -> tuple[tuple[Running, ...], tuple[str, ...]]:
    """Every nginx that runs, those that are published first; and why others do not show their configuration."""
    root, edge = patient.settings.root, patient.settings.edge
    data = load_yaml((root / FILE_NAME).read_text(encoding="utf-8"), FILE_NAME)
    named = data.get("nginx") or ()
    others = tuple(root / name for name in ([named] if isinstance(named, str) else named))
    ours = edge_paths(root, edge) if edge else {}
    texts = project_files(root, edge, others)
    if patient.released is not None and edge is not None:
        ours = released_paths(patient.released, edge, ours, texts)
    known = {**ours, **texts}
    containers = [
        container
        for service in patient.kind("nginx")
        for container in patient.of(service)[:1]
        if container.running and container.name in inspected
    ]

    def read(container: Seen) -> Running | str:
        try:
            return running(
                patient.host, patient.client, container, inspected[container.name], known, reach=patient.reach
            )
        except ConfigurationError as error:
            return str(error)

    with ThreadPoolExecutor(max(1, len(containers))) as pool:
        told = list(pool.map(read, containers))
    found = [each for each in told if isinstance(each, Running)]
    troubles = tuple(each for each in told if isinstance(each, str))
    return tuple(sorted(found, key=lambda each: not each.published)), troubles


def released_paths(
    released: Released, edge: EdgeSettings, ours: Mapping[str, str], texts: Mapping[str, str]
) -> dict[str, str]:
    """Our path of each file of a release's edge, by its path in the container; the host's, where ours differs."""
    live, folder = f"{edge.mount.rstrip('/')}/live/", f"{released.layout.release(released.name)}/nginx/"
    found = {}
    for name, text in released.nginx.items():
        own = ours.get(live + name, "")
        same = texts.get(own, "").strip() == text.strip()
        found[live + name] = own if same else f"{released.host}:{folder}{name}"
    return found


def _filled(route: str) -> str:
    parts = ["1" if part.startswith("{") else part for part in route.split("/")]
    return "/".join(parts)
