"""All that the checks ask about, gathered once: settings, engine, merged model, containers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..command import SHORTEST, Command, Result
from ..compose import ComposeProject, model
from ..doctor_settings import DoctorSettings
from ..engine import Engine, engine_facts
from ..errors import FairleadError, SettingsError
from ..host import Host, LocalHost
from ..masking import is_secret_name, secret_values
from ..reach import Reach, on_this_machine
from ..settings import Settings, find_settings, load_settings
from ..stack import Stack, open_stack
from .seen import Seen, kinds_of, seen_containers

if TYPE_CHECKING:
    from ..serving.release import Released

ASK_S = 15.0
"""How long a command in a container may take."""


@dataclass(frozen=True)
class Patient:
    """
    A stack under examination.

    Attributes:
        stack: None where the env file cannot be read.
        merged: The compose model; None where Compose does not accept it.
        trouble: Why there is no stack or no model.
        machine: What the engine says of itself and of the machine; empty where it does not answer.
        containers: None where the engine could not be asked.
        changing: False under --dry: no check may leave anything behind.
        released: What serves on a host; None for the stack of this machine.
        reach: Where a published port of the stack's machine is reached from here.
    """

    settings: Settings
    host: Host
    engine: Engine
    stack: Stack | None
    merged: Mapping[str, Any] | None
    trouble: str
    machine: Mapping[str, Any]
    containers: tuple[Seen, ...] | None
    changing: bool = True
    secrets: tuple[str, ...] = field(default=(), repr=False)
    released: Released | None = None
    reach: Reach = on_this_machine

    @property
    def projects(self) -> tuple[ComposeProject, ...]:
        """Its compose projects: one on this machine, the base's and the release's on a host."""
        if self.released is not None:
            return self.released.projects
        return (self.stack.project,) if self.stack else ()

    @property
    def kept(self) -> Path:
        """The folder of what is remembered about it from run to run."""
        state = self.settings.state
        return state / "hosts" / self.host.name if self.released else state

    @property
    def doctor(self) -> DoctorSettings:
        """What fairlead.yaml says for the doctor."""
        return self.settings.doctor

    @property
    def client(self) -> str:
        """The docker client."""
        return self.engine.client or "docker"

    @property
    def services(self) -> Mapping[str, Any]:
        """The services of the model, by name; empty where there is no model."""
        return (self.merged or {}).get("services") or {}

    @property
    def all_is_well(self) -> bool:
        """Whether each service has a container and each container is as it should be."""
        there = {container.service for container in self.containers or ()}
        return set(self.services) <= there and all(is_settled(container) for container in self.containers or ())

    def of(self, service: str) -> list[Seen]:
        """The containers of *service*."""
        return [container for container in self.containers or () if container.service == service]

    def kind(self, kind: str) -> list[str]:
        """The services that run *kind*, such as mysql; jobs do not count."""
        found = [name for name, service in self.services.items() if kind in self._kinds(name, service)]
        return sorted(name for name in found if not is_job(self.services[name]))

    def address(self, name: str) -> str:
        """The address *name* of fairlead.yaml with its variables filled in; empty where it is not there."""
        return self.stack.addresses().get(name, "") if self.stack else ""

    def inside(self, container: Seen, *argv: str, stdin: str | None = None) -> Result:
        """How a command in the container ended."""
        flags = ("--interactive",) if stdin is not None else ()
        return self.host.run(Command((self.client, "exec", *flags, container.name, *argv), stdin), timeout_s=ASK_S)

    def _kinds(self, name: str, service: Mapping[str, Any]) -> frozenset[str]:
        containers = self.of(name)
        if containers:
            return containers[0].kinds
        words = [*(service.get("entrypoint") or ()), *(service.get("command") or ())]
        return kinds_of(service.get("image") or "", tuple(map(str, words)))


def patient(*, changing: bool = True, start: Path | None = None, host: Host | None = None) -> Patient:
    """
    Looks at the stack of the fairlead.yaml found from *start* or the current folder upwards.

    Raises:
        SettingsError: there is none, or it is wrong.
    """
    settings = load_settings(find_settings(start or Path.cwd()))
    host = host or LocalHost()
    engine = engine_facts(host)
    stack, merged, trouble = _model(settings, engine)
    machine = machine_of(host, engine) if engine.problem is None else {}
    there = tuple(seen_containers(host, stack.project)) if machine and stack else None
    secrets = (*(secret_values(stack) if stack else ()), *held_secrets(there or ()))
    return Patient(settings, host, engine, stack, merged, trouble, machine, there, changing, secrets)


def held_secrets(containers: tuple[Seen, ...]) -> set[str]:
    """What containers hold as plain variables, as in stacks that know no files of secrets."""
    held = [pair for container in containers for pair in container.environment.items()]
    return {value for name, value in held if is_secret_name(name) and len(value) >= SHORTEST}


def is_job(service: Mapping[str, Any]) -> bool:
    """Whether a service of the model runs once and ends."""
    return service.get("x-fairlead-tier") == "job" or service.get("restart") == "no"


def is_settled(container: Seen) -> bool:
    """Whether it is as it should be: healthy, running without a check, or a job that ended well."""
    if container.running:
        return container.health in ("", "healthy")
    return container.state == "exited" and container.exit_code == 0


def _model(settings: Settings, engine: Engine) -> tuple[Stack | None, Mapping[str, Any] | None, str]:
    stack = None
    try:
        stack = open_stack(start=settings.root, client=engine.client or "docker")
        return stack, None if engine.client is None else model(stack.host, stack.project), ""
    except SettingsError as error:
        return stack, None, str(error)


def machine_of(host: Host, engine: Engine) -> Mapping[str, Any]:
    """
    What the engine says of itself and of its machine.

    Raises:
        FairleadError: it does not say.
    """
    told = host.run(Command((engine.client or "docker", "info", "--format", "{{json .}}")), timeout_s=ASK_S)
    if not told.ok:
        raise FairleadError(f"docker info: {told.reason}")
    found: dict[str, Any] = json.loads(told.out)
    return found
