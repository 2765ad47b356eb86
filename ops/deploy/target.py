"""What a deploy has to know of its host before it begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..agent.record import State, state_of
from ..command import Command
from ..engine import engine_facts
from ..errors import FairleadError
from ..host import Host
from ..kept_json import data_of
from .layout import Layout

RELEASE = re.compile(r"r(\d+)")
MACHINES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64", "armv7l": "linux/arm/v7"}


class TargetError(FairleadError):
    """The host cannot take this release; nothing was changed."""


@dataclass(frozen=True)
class Target:
    """
    A host that is ready.

    Attributes:
        client: Its docker client.
        platform: What it runs, such as ``linux/amd64``.
        docker_group: The number of the group that may use its engine.
        releases: The releases whose folders are there, oldest first.
        named: All that ever had a journal there, too: no name is given twice.
        state: What serves, what served, and what a switch has begun with.
    """

    client: str
    platform: str
    docker_group: str
    user: str
    releases: tuple[str, ...]
    state: State = field(default_factory=State)
    base: Mapping[str, Any] | None = field(default=None, repr=False)
    named: tuple[str, ...] = ()

    @property
    def served(self) -> tuple[str, ...]:
        """The releases that served before and are still there, the last one first: those to go back to."""
        return tuple(name for name in self.state.previous if name in self.releases)

    @property
    def kept(self) -> Mapping[str, Any] | None:
        """The base that a release brings nothing for; None before any serves: until then it is sent with each try."""
        return self.base if self.state.current else None

    @property
    def next_release(self) -> str:
        """The name of the release that comes next."""
        names = (*self.releases, *self.named)
        numbers = [int(found[1]) for name in names if (found := RELEASE.fullmatch(name))]
        return f"r{max(numbers, default=0) + 1}"


def examine(host: Host, layout: Layout) -> Target:
    """
    The host as it is.

    Raises:
        EngineError: its engine is not there, too old, or not for this user.
        TargetError: it was not provisioned.
    """
    engine = engine_facts(host)
    if (problem := engine.problem_on(host.name)) is not None:
        raise problem
    client = str(engine.client)
    if not host.run(Command(("test", "-w", f"{layout.root}/releases"))).ok:
        raise TargetError(
            f"{host.name}: {layout.root}/releases: not there or not yours; inv provision --host {host.name}"
        )
    base_file = f"{layout.base}/compose.yaml"
    base = host.read(base_file)
    machine = host.run(Command(("uname", "-m"))).out.strip()
    listed = host.run(Command(("ls", "-1", f"{layout.root}/releases"))).out.split()
    journals = host.run(Command(("ls", "-1", f"{layout.state}/journal"))).out.split()
    numbered = sorted((name for name in listed if RELEASE.fullmatch(name)), key=lambda name: int(name[1:]))
    return Target(
        client=client,
        platform=MACHINES.get(machine, f"linux/{machine}"),
        docker_group=host.run(Command(("stat", "--format", "%g", "/var/run/docker.sock"))).out.strip(),
        user=host.run(Command(("sh", "-c", "echo $(id -u):$(id -g)"))).out.strip(),
        releases=tuple(numbered),
        state=state_of(host.read(f"{layout.state}/state.json")),
        base=data_of(base, f"{host.name}: {base_file}") if base else None,
        named=tuple(name.removesuffix(".jsonl") for name in journals),
    )
