"""A service of the merged model."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from typing import TYPE_CHECKING, Any

from ..cached import cached_property
from ..place import Place
from . import read_limits, read_parts, read_variables
from .nodes import Mapping, Scalar, Unknown
from .parts import (
    Attachment,
    Build,
    Command,
    Dependency,
    EnvFileReference,
    FileMount,
    Healthcheck,
    Image,
    Limit,
    Logging,
    Mount,
    Port,
    Text,
    Variable,
)
from .quantities import Duration, duration
from .value import Value

if TYPE_CHECKING:
    from .project import Project


class Service:
    """
    One service after merging, extending and including; its parts are read when first asked for.

    An entry that cannot be read at all is left out: it is a problem of the project already.

    Attributes:
        key_place: Its name in the file that defined it first.
        value: Generic access; `get` is short for ``value.get``.
        memo: What rules have worked out about it and ask for often.
    """

    def __init__(self, project: Project, name: str, key: Scalar, node: Mapping) -> None:
        self.project = project
        self.name = name
        self.node = node
        self.value = Value(node, key)
        self.get = self.value.get
        self.memo: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"Service({self.name})"

    @property
    def place(self) -> Place:
        """The name of the service, where the base file has it: where to report what is missing."""
        return self.value.key_place

    @property
    def key_place(self) -> Place:
        """The same as `place`."""
        return self.value.key_place

    def data(self, *path: str, default: Any = None) -> Any:
        """The plain data at *path*, or *default* where it is missing or null."""
        found = self.value.get(*path)
        return default if found is None or found.data is None else found.data

    def flag(self, key: str) -> bool | Unknown | None:
        """A key such as ``privileged``: True, False, `Unknown` (ask ``is True``), or None where it is not written."""
        found = self.data(key)
        return found if isinstance(found, bool | Unknown) else None

    @cached_property
    def image(self) -> Image | None:
        """The image it names, if it does."""
        return read_parts.image(self.get("image"))

    @cached_property
    def build(self) -> Build | None:
        """How its image is built, if it is."""
        return read_parts.build(self.get("build"), self.node.source.base)

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        """The ports it publishes."""
        return tuple(read_parts.ports(self.get("ports")))

    @cached_property
    def expose(self) -> tuple[Value, ...]:
        """The ports it names for other services."""
        return self._entries("expose")

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """What ``volumes`` mounts."""
        return tuple(read_parts.mounts(self.get("volumes")))

    @cached_property
    def tmpfs(self) -> tuple[Value, ...]:
        """The entries of ``tmpfs``, such as ``/run:size=64m``."""
        return self._entries("tmpfs")

    @cached_property
    def own_environment(self) -> Lookup[str, Variable]:
        """The variables of ``environment:`` alone."""
        return read_variables.variables(self.get("environment"), "environment")

    @cached_property
    def env_files(self) -> tuple[EnvFileReference, ...]:
        """The env files it reads, in order."""
        return tuple(read_variables.env_files(self.get("env_file")))

    @cached_property
    def environment(self) -> Lookup[str, Variable]:
        """
        Every variable its container gets: of its env files, later ones first, and of ``environment``, which wins.

        An env file that is missing adds nothing.
        """
        return {**read_variables.of_files(self.env_files, self.project), **self.own_environment}

    @cached_property
    def labels(self) -> Lookup[str, Variable]:
        """The labels of its containers."""
        return read_variables.variables(self.get("labels"), "labels")

    @cached_property
    def command(self) -> Command | None:
        """What is run instead of the image's CMD."""
        return read_parts.command(self.get("command"))

    @cached_property
    def entrypoint(self) -> Command | None:
        """What is run instead of the image's ENTRYPOINT."""
        return read_parts.command(self.get("entrypoint"))

    @cached_property
    def healthcheck(self) -> Healthcheck | None:
        """Its health check."""
        return read_parts.healthcheck(self.get("healthcheck"))

    @cached_property
    def depends_on(self) -> Lookup[str, Dependency]:
        """What must come before it, by service."""
        return {each.service: each for each in read_parts.dependencies(self.get("depends_on"))}

    @cached_property
    def networks(self) -> Lookup[str, Attachment]:
        """The networks it names; empty where it is on the default one or has a ``network_mode``."""
        return {each.network: each for each in read_parts.attachments(self.get("networks"))}

    @property
    def network_names(self) -> tuple[str, ...]:
        """The networks its containers are on: those it names, else ``default``; none with a ``network_mode``."""
        if self.get("network_mode") is not None:
            return ()
        return tuple(self.networks) or ("default",)

    @cached_property
    def secrets(self) -> tuple[FileMount, ...]:
        """The secrets it gets."""
        return tuple(read_parts.file_mounts(self.get("secrets"), "/run/secrets/"))

    @cached_property
    def configs(self) -> tuple[FileMount, ...]:
        """The configs it gets."""
        return tuple(read_parts.file_mounts(self.get("configs"), "/"))

    @cached_property
    def logging(self) -> Logging | None:
        """How it logs, where that is written."""
        return read_parts.logging(self.get("logging"))

    @cached_property
    def memory_limit(self) -> Limit | None:
        """``deploy.resources.limits.memory``, else ``mem_limit``."""
        return read_limits.size(self.value, "deploy.resources.limits.memory", "mem_limit")

    @cached_property
    def memory_reservation(self) -> Limit | None:
        """``deploy.resources.reservations.memory``, else ``mem_reservation``."""
        return read_limits.size(self.value, "deploy.resources.reservations.memory", "mem_reservation")

    @cached_property
    def cpu_limit(self) -> Limit | None:
        """``deploy.resources.limits.cpus``, else ``cpus``."""
        return read_limits.number(self.value, "deploy.resources.limits.cpus", "cpus")

    @cached_property
    def pids_limit(self) -> Limit | None:
        """``deploy.resources.limits.pids``, else ``pids_limit``."""
        return read_limits.number(self.value, "deploy.resources.limits.pids", "pids_limit")

    @cached_property
    def replicas(self) -> int | Unknown:
        """How many containers run: ``scale`` or ``deploy.replicas``, else 1."""
        found = self.data("scale", default=self.data("deploy.replicas", default=1))
        return found if isinstance(found, int | Unknown) else 1

    @cached_property
    def restart(self) -> Value | None:
        """``restart``, as written: ``no`` unquoted is a text here, as in Compose."""
        return self.get("restart")

    @cached_property
    def stop_grace_period(self) -> Duration | None:
        """``stop_grace_period``, or None where it is not written or no duration."""
        found = self.data("stop_grace_period")
        return duration(found) if isinstance(found, str) else None

    @cached_property
    def profiles(self) -> tuple[Text, ...]:
        """The profiles that switch it on; empty: always on."""
        return tuple(each.data for each in self._entries("profiles") if isinstance(each.data, str | Unknown))

    def texts(self, key: str) -> tuple[Value, ...]:
        """The entries of a list such as ``cap_add``, ``cap_drop``, ``security_opt``, ``devices`` or ``group_add``."""
        return self._entries(key)

    def _entries(self, key: str) -> tuple[Value, ...]:
        found = self.get(key)
        if found is None:
            return ()
        return (found,) if isinstance(found.node, Scalar) and found.data is not None else tuple(found.entries())
