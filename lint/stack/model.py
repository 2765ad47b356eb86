"""A stack: the services of one Compose project with everything that their files say about them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence

from ..cached import cached_property
from ..compose import Project, Unknown
from ..dockerfile import Dockerfile
from ..envfile import EnvFile
from ..family import Options, Problem
from ..files import Files, ReadError
from ..nginx import NginxConfig
from ..place import Place
from ..record import dataclass, field
from ..source import Source
from .container import Container


@dataclass(eq=False)
class Stack:
    """
    One Compose project and what belongs to it.

    Attributes:
        dockerfiles: Those that were read, by path.
        nginx: Every configuration that was read; which service has which is `Container.sites`.
        projects: Those of the run, this one among them: one folder may hold several.
        env: The env files that were read, examples too.
        files: The text of each file that only the stack reads, by path, once a rule has asked for it.
    """

    project: Project
    dockerfiles: Mapping[str, Dockerfile]
    nginx: Sequence[NginxConfig]
    projects: Sequence[Project]
    env: Sequence[EnvFile]
    reader: Files
    options: Options
    files: dict[str, str] = field(default_factory=dict)
    comments: list[tuple[Place, str]] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()

    @cached_property
    def containers(self) -> Mapping[str, Container]:
        """The services by name, in the order of the files; a part of a service without image and build is none."""
        return {
            name: Container(self, service)
            for name, service in self.project.services.items()
            if service.get("image") is not None or service.get("build") is not None
        }

    @cached_property
    def is_whole(self) -> bool:
        """Whether all services are known: no file is missing, none could not be read, none is only a part."""
        project = self.project
        lost = ("compose/extends-unresolved", "compose/include-unresolved")
        is_read = project.complete and not any(rule in lost for rule, _, _ in project.problems)
        return is_read and len(self.containers) == len(project.services)

    def has_program(self, service: str, program: str) -> bool | None:
        """Whether the container of *service* has *program*; None where that cannot be told."""
        container = self.containers.get(service)
        return None if container is None else container.has_program(program)

    def named(self, host: str, asking: Container) -> Container | bool | None:
        """
        Who answers to the name *host* inside the container *asking*.

        True for something outside of the stack that the file itself names, False for nobody, None where it cannot
        be told.
        """
        host = host.lower()
        if host in self._by_name:
            return self._by_name[host]
        if host in asking.extra_names:
            return True
        is_sure = self.is_whole and not asking.may_know_others and not self._may_be_named
        return False if is_sure and host not in self._names_beside else None

    @cached_property
    def _by_name(self) -> Mapping[str, Container]:
        containers = list(self.containers.values())[::-1]
        return {name: container for container in containers for name in container.names}

    @cached_property
    def _names_beside(self) -> frozenset[str]:
        """The services of other Compose files in the same folder, which may be run together with this one."""
        others = (each for each in self.projects if each is not self.project)
        return frozenset(
            name.lower() for each in others if each.directory == self.project.directory for name in each.services
        )

    @cached_property
    def _may_be_named(self) -> bool:
        """Whether a name in the files depends on a variable nobody gave."""
        values = [each.service.data("container_name") for each in self.containers.values()]
        return any(isinstance(value, Unknown) for value in values)

    def share_network(self, one: Container, other: Container) -> bool | None:
        """Whether the two can reach each other; None where another network mode decides."""
        if one.service.get("network_mode") is not None or other.service.get("network_mode") is not None:
            return None
        return bool(set(one.service.network_names) & set(other.service.network_names))

    def text(self, path: str) -> Source | None:
        """The text of a file that belongs to none of the families; None where it cannot be read."""
        path = posixpath.normpath(path)
        if not self.reader.exists(path):
            return None
        try:
            return Source(self.reader.read(path), path)
        except ReadError:
            return None

    def report_in(self, source: Source, comments: Iterable[tuple[Place, str]] = ()) -> None:
        """Keeps the text of a file in which something is found, so that reports can show it and comments hide it."""
        if source.path not in self.files:
            self.files[source.path] = source.text
            self.comments.extend(comments)

    def report_in_all(self, config: NginxConfig) -> None:
        """The same for each file of *config* that is read nowhere but in its container."""
        known = {path for each in self.nginx for path in each.files}
        for path, text in config.files.items():
            if path not in known:
                self.report_in(Source(text, path), (each for each in config.comments if each[0].path == path))
