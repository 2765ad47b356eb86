"""One compose project through `docker compose`: its commands, its merged model, its containers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .command import Command, Result
from .errors import FairleadError, SettingsError
from .host import Host

ERASE_LINE = "\x1b[2K"
"""Compose writes it before the first line of a log, also where no terminal is."""

ONE_OFF = "com.docker.compose.oneoff=True"
"""The label of a container that `docker compose run` made; `ps --all` lists it among the others."""


@dataclass(frozen=True)
class ComposeProject:
    """
    The files and variables of one `docker compose` project.

    Attributes:
        client: The docker client that has the Compose plug-in.
        env_file: The variables for interpolation; None where there is no such file.
        environment: What is set beside the operator's environment, such as the release; never a secret.
    """

    client: str
    name: str
    files: tuple[Path, ...]
    env_file: Path | None
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> Command:
        """The command `docker compose ... *arguments*`."""
        files = [word for file in self.files for word in ("--file", str(file))]
        env = ["--env-file", str(self.env_file)] if self.env_file else []
        argv = (self.client, "compose", "--project-name", self.name, *files, *env, *arguments)
        return Command(argv, environment=tuple(sorted(self.environment.items())))


@dataclass(frozen=True)
class Container:
    """A container of the project, running or not. *health* is empty where it has no health check."""

    service: str
    name: str
    state: str
    health: str
    exit_code: int
    status: str
    ports: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether it is as it should be: healthy, running without a check, or a job that ended well."""
        if self.state == "running":
            return self.health in ("", "healthy")
        return self.state == "exited" and self.exit_code == 0

    @property
    def failed(self) -> bool:
        """Whether waiting longer is of no use."""
        if self.state == "running":
            return self.health == "unhealthy"
        return self.state == "dead" or (self.state in ("exited", "restarting") and self.exit_code != 0)


def model(host: Host, project: ComposeProject) -> dict[str, Any]:
    """
    The merged model as Compose itself gives it.

    Raises:
        SettingsError: with Compose's own words where a file or a variable is wrong.
    """
    result = host.run(project.command("config", "--format", "json"), timeout_s=60)
    if not result.ok:
        raise SettingsError(f"{project.files[0]}: {_compose_words(result)}")
    data: dict[str, Any] = json.loads(result.out)
    return data


def containers(host: Host, project: ComposeProject) -> list[Container]:
    """Every container of the project, by service and name; one-off containers are left out."""
    result = host.run(project.command("ps", "--all", "--format", "json"), timeout_s=60)
    if not result.ok:
        raise FairleadError(f"docker compose ps: {_compose_words(result)}")
    rows = (json.loads(line) for line in result.out.splitlines() if line.startswith("{"))
    found = [_container(row) for row in rows if ONE_OFF not in (row.get("Labels") or "").split(",")]
    return sorted(found, key=lambda container: (container.service, container.name))


def log_line(line: str) -> str:
    """A line of `docker compose logs` as it was logged: without the code by which Compose clears a terminal's line."""
    return line.removeprefix(ERASE_LINE)


def secret_paths(merged: Mapping[str, Any]) -> dict[str, Path]:
    """The file of each secret of a merged model that comes from a file."""
    secrets = merged.get("secrets") or {}
    return {name: Path(secret["file"]) for name, secret in secrets.items() if secret and "file" in secret}


def published(merged: Mapping[str, Any]) -> list[tuple[str, str, int, str]]:
    """Service, address, port and protocol of each port that the model publishes; an empty address is every one."""
    found = []
    for name, service in merged["services"].items():
        for port in service.get("ports") or ():
            if str(port.get("published", "")).isdigit():
                protocol = port.get("protocol", "tcp")
                found.append((name, port.get("host_ip", ""), int(port["published"]), protocol))
    return sorted(found)


def built_images(merged: Mapping[str, Any]) -> dict[str, str]:
    """The image of each service that is built."""
    return {name: image_of(merged, name) for name, service in merged["services"].items() if service.get("build")}


def pulled_images(merged: Mapping[str, Any]) -> dict[str, str]:
    """The image of each service that is not built."""
    services = merged["services"].items()
    return {name: service["image"] for name, service in services if not service.get("build") and "image" in service}


def image_of(merged: Mapping[str, Any], service: str) -> str:
    """The image of *service*; the name that Compose gives to one that is built and has none."""
    named: str | None = merged["services"][service].get("image")
    return named or f"{merged['name']}-{service}"


def _container(data: Mapping[str, Any]) -> Container:
    ports = {
        f"{port['URL'] or '*'}:{port['PublishedPort']}"
        for port in data.get("Publishers") or ()
        if port["PublishedPort"]
    }
    return Container(
        service=data["Service"],
        name=data["Name"],
        state=data["State"],
        health=data.get("Health") or "",
        exit_code=_exit_code(data),
        status=data.get("Status") or "",
        ports=tuple(sorted(ports)),
    )


def _exit_code(data: Mapping[str, Any]) -> int:
    """With which code it ended last; of one that is restarting only the status says it: ``Restarting (3) ...``."""
    said = re.match(r"Restarting \((\d+)\)", data.get("Status") or "")
    return int(said[1]) if said else int(data.get("ExitCode") or 0)


def _compose_words(result: Result) -> str:
    lines = [line for line in result.err.strip().splitlines() if "level=warning" not in line]
    return lines[-1] if lines else result.reason
