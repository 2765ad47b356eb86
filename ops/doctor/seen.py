"""A container as the engine sees it, with all that the checks ask about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..command import Command
from ..compose import ComposeProject
from ..errors import FairleadError
from ..host import Host

LABEL = "com.docker.compose."
KINDS = {
    "mysql": ("mysql", "mysql-server", "mariadb", "percona", "percona-server"),
    "redis": ("redis", "valkey", "redis-stack-server"),
    "nginx": ("nginx", "nginx-unprivileged", "openresty"),
}
"""Images by the last part of their name; what is built here is known by the program that it runs."""

PROGRAMS = {
    "gunicorn": "gunicorn",
    "nginx": "nginx",
    "mysqld": "mysql",
    "redis-server": "redis",
    "valkey-server": "redis",
}


@dataclass(frozen=True)
class Seen:
    """
    One container of the project.

    Attributes:
        words: The program that it was started with, and its arguments.
        environment: The container's variables; for use, never to be shown.
        published: Ports of this machine that it holds.
        health_output: What its health check said last.
    """

    service: str
    name: str
    state: str
    health: str
    exit_code: int
    error: str
    oom_killed: bool
    started_at: str
    restarts: int
    image: str
    words: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    published: tuple[int, ...]
    health_output: str

    @property
    def running(self) -> bool:
        """Whether its program runs."""
        return self.state == "running"

    @property
    def kinds(self) -> frozenset[str]:
        """What runs in it: mysql, redis, nginx, gunicorn."""
        return kinds_of(self.image, self.words)


def seen_containers(host: Host, project: ComposeProject) -> list[Seen]:
    """
    Every container of the project, by service and name; one-off containers are left out.

    Raises:
        FairleadError: the engine does not say.
    """
    filters = (f"label={LABEL}project={project.name}", f"label={LABEL}oneoff=False")
    wanted = [word for text in filters for word in ("--filter", text)]
    listed = host.run(Command((project.client, "ps", "--all", "--quiet", *wanted)), timeout_s=30)
    if not listed.ok:
        raise FairleadError(f"docker ps: {listed.reason}")
    names = listed.out.split()
    if not names:
        return []
    # a container may go between the two questions; the others are told all the same
    told = host.run(Command((project.client, "inspect", "--type", "container", *names)), timeout_s=30)
    found = [_seen(data) for data in json.loads(told.out or "[]")]
    return sorted(found, key=lambda container: (container.service, container.name))


def kinds_of(image: str, words: tuple[str, ...]) -> frozenset[str]:
    """What a container of *image* runs, where *words* start it."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    by_image = {kind for kind, names in KINDS.items() if name in names}
    programs = {PurePosixPath(part).name for word in words for part in word.split()}
    return frozenset(by_image or {kind for program, kind in PROGRAMS.items() if program in programs})


def _seen(data: Mapping[str, Any]) -> Seen:
    state, config = data["State"], data["Config"]
    health = state.get("Health") or {}
    variables = (text.partition("=") for text in config.get("Env") or ())
    return Seen(
        service=config["Labels"].get(f"{LABEL}service", ""),
        name=data["Name"].removeprefix("/"),
        state=state["Status"],
        health=health.get("Status", "").replace("none", ""),
        exit_code=state["ExitCode"],
        error=state.get("Error", ""),
        oom_killed=bool(state.get("OOMKilled")),
        started_at=state["StartedAt"],
        restarts=data.get("RestartCount", 0),
        image=config["Image"],
        words=(*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
        environment={name: value for name, _, value in variables},
        published=_published(data),
        health_output=str(((health.get("Log") or [{}])[-1]).get("Output", "")).strip(),
    )


def _published(data: Mapping[str, Any]) -> tuple[int, ...]:
    ports = data.get("NetworkSettings", {}).get("Ports") or {}
    return tuple(sorted({int(to["HostPort"]) for bound in ports.values() for to in bound or () if to.get("HostPort")}))
