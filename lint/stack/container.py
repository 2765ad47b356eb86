"""One service as it runs: its image, what is installed there, what is mounted, what it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..cached import cached_property
from ..compose import Service, Unknown, Variable
from ..dockerfile import Dockerfile, Stage
from . import checking, listening, programs, serving, starting
from .building import Built, built, image_facts, plain_name
from .checking import Check
from .images import ImageFacts
from .mounting import FileTree, file_tree
from .serving import Site

if TYPE_CHECKING:
    from .model import Stack

_ENGINE_NAMES = frozenset(
    ("localhost", "host.docker.internal", "gateway.docker.internal", "kubernetes.docker.internal")
)


class Container:
    """A service of the stack; everything is worked out when first asked for."""

    def __init__(self, stack: Stack, service: Service) -> None:
        self.stack = stack
        self.service = service

    def __repr__(self) -> str:
        return f"Container({self.name})"

    @property
    def name(self) -> str:
        """The name of the service."""
        return self.service.name

    @cached_property
    def build(self) -> Built | None:
        """How its image is built; None where a ready one is pulled."""
        return built(self.service, self.stack.dockerfiles, self.stack.reader)

    @property
    def dockerfile(self) -> Dockerfile | None:
        """The Dockerfile that builds it, where there is one that can be read."""
        return self.build.dockerfile if self.build else None

    @property
    def stage(self) -> Stage | None:
        """The stage that becomes its image; None for a ready image, and where it is not known."""
        return self.build.stage if self.build else None

    @cached_property
    def root_image(self) -> str | None:
        """The whole name of the image it is, or is built on; None where that is not known."""
        if self.build is not None:
            return self.build.root_image
        image = self.service.image
        return image.full if image is not None and isinstance(image.full, str) else None

    @cached_property
    def image_name(self) -> str:
        """The same as a short name such as ``nginx`` or ``nginxinc/nginx-unprivileged``; empty where not known."""
        from ..dockerfile import image_name  # noqa: PLC0415 - stands beside the property of that name

        return plain_name(image_name(self.root_image).name) if self.root_image else ""

    @cached_property
    def facts(self) -> ImageFacts | None:
        """What is known about that image."""
        return image_facts(self.root_image)

    def has_program(self, program: str) -> bool | None:
        """Whether it has *program*; None where that cannot be told."""
        return programs.has_program(self, program)

    @cached_property
    def user(self) -> str | None:
        """Who its program runs as, group left out; None where that is not known."""
        given = self.service.data("user")
        if given is not None:
            return None if isinstance(given, Unknown) else str(given).partition(":")[0]
        if self.build is None:
            return self.facts.user if self.facts else None
        if self.stage is None:
            return None
        if self.stage.user is not None:
            text = self.stage.user_text
            return text.partition(":")[0] if text else None
        return self.facts.user if self.facts else None

    @cached_property
    def words(self) -> tuple[str, ...] | None:
        """The words it starts with: entrypoint and command, of the service or of the image; None where not known."""
        return starting.words(self)

    @cached_property
    def listening(self) -> frozenset[int] | None:
        """The TCP ports its program certainly opens, all of them; None where that cannot be told."""
        return listening.ports(self)

    def is_closed(self, port: int) -> bool:
        """
        Whether surely nothing in it listens on *port*.

        An application may open more than its command says: a port that is written down as exposed, beside the one that
        is open, is not judged.
        """
        if not self.listening or port in self.listening:
            return False
        if self.is_nginx or (self.facts is not None and self.facts.ports and self.build is None):
            return True
        return not (port in self.exposed and self.listening & self.exposed)

    @cached_property
    def exposed(self) -> frozenset[int]:
        """The TCP ports that EXPOSE and ``expose`` name."""
        image = self.stage.ports if self.stage is not None else ()
        found = {number for port in image if port.protocol == "tcp" for number in range(port.first, port.last + 1)}
        texts = (str(each.data).partition("/")[0] for each in self.service.expose)
        return frozenset(found | {int(text) for text in texts if text.isdecimal()})

    @cached_property
    def is_ipv4_only(self) -> bool | None:
        """Whether its server certainly speaks no IPv6; None where that cannot be told."""
        return listening.is_ipv4_only(self)

    @cached_property
    def environment(self) -> Mapping[str, Variable]:
        """The variables the Compose file and its env files give it; what the image sets is ``stage.environment``."""
        return self.service.environment

    @cached_property
    def check(self) -> Check | None:
        """Its health check, of the service or of the image; None where there is none or it cannot be read."""
        return checking.check_of(self)

    @property
    def is_checked_alone(self) -> bool:
        """Whether its check is one that is judged with the Dockerfile, whose last stage on its own base it is."""
        check = self.service.healthcheck
        if (check is not None and check.words) or self.build is None or self.build.path is None:
            return False
        dockerfile, stage = self.dockerfile, self.stage
        return dockerfile is not None and stage is dockerfile.final_stage and not self.build.arguments

    @cached_property
    def tree(self) -> FileTree:
        """Which of its files come from which files here."""
        return file_tree(self)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The nginx configurations it runs; empty where it runs none or they are not at hand."""
        return serving.sites(self)

    @property
    def is_nginx(self) -> bool:
        """Whether its image is one of nginx."""
        return self.image_name.rpartition("/")[2] in ("nginx", "nginx-unprivileged", "openresty")

    @cached_property
    def names(self) -> frozenset[str]:
        """The names under which other containers reach it."""
        service = self.service
        aliases = [alias for each in service.networks.values() for alias in each.aliases]
        others = [service.data("container_name"), service.data("hostname"), *aliases]
        return frozenset(text.lower() for text in (self.name, *others) if isinstance(text, str))

    @cached_property
    def awaited(self) -> frozenset[str]:
        """The services that Compose starts before it, also by way of others; itself where they wait in a circle."""
        services = self.stack.project.services
        found: set[str] = set()
        left = [self.name]
        while left:
            service = services.get(left.pop())
            if service is not None:
                linked = (str(each.data).partition(":")[0] for each in service.texts("links"))
                new = {*service.depends_on, *linked} - found
                found |= new
                left += new
        return frozenset(found)

    @cached_property
    def extra_names(self) -> frozenset[str]:
        """The names that it alone knows: ``extra_hosts``, the aliases of ``links``, those of the engine."""
        found = set(_ENGINE_NAMES)
        hosts = self.service.get("extra_hosts")
        if hosts is not None:
            found.update(name for name, _ in hosts.items())
            found.update(str(each.data).replace("=", ":").partition(":")[0] for each in hosts.entries())
        for key in ("links", "external_links"):
            found.update(str(each.data).rpartition(":")[2] for each in self.service.texts(key))
        return frozenset(name.lower() for name in found)

    @cached_property
    def may_know_others(self) -> bool:
        """Whether it may reach containers of other projects: by a network from outside, or another network mode."""
        if self.service.get("network_mode") is not None:
            return True
        networks = self.stack.project.networks
        return any(_is_external(networks.get(name)) for name in self.service.network_names)


def _is_external(network: object) -> bool:
    get = getattr(network, "get", None)
    if get is None:
        return False
    external = get("external")
    return external is not None and external.data is not False
