"""Names of containers, and ways of naming each other from before networks."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service, Unknown
from ...compose.edits import removed
from ...finding import Severity
from ...rule import Report, rule
from .judging import run_together, some

_NAME = "https://docs.docker.com/reference/compose-file/services/#container_name"


@rule(
    "compose/fixed-container-name",
    Severity.WARNING,
    bad="""
        services:
          app:
            container_name: app  # <-
            restart: unless-stopped
    """,
    fixed="""
        services:
          app:
            restart: unless-stopped
    """,
    unsafe=True,
    good="""
        services:
          app:
            hostname: app
            networks: {default: {aliases: [api]}}
    """,
    source="https://github.com/docker/compose/issues/3722",
    covers=("dclint:service-container-name-regex",),
    preset="strict",
)
def fixed_container_name(project: Project) -> Iterator[Report]:
    """
    A container name that only one container on the host can have.

    There is no second one to take over while the first is replaced, no scaling, and no second stack on the host.
    Other services use the service's name; people use `docker compose exec`. Where a name in use is what others know,
    `networks.default.aliases` gives it.
    """
    for service in project.services.values():
        value = service.get("container_name")
        if value is None or not isinstance(value.data, str) or _replicas(service.replicas) > 1:
            continue
        message = f'container name "{value.text}" keeps service "{service.name}" from being scaled or replaced; '
        yield value.place, message + "remove it", some(removed(value, safe=False))


def _replicas(number: int | Unknown) -> int:
    return number if isinstance(number, int) else 1


@rule(
    "compose/container-name-with-replicas",
    Severity.ERROR,
    bad="""
        services:
          app:
            container_name: app  # <-
            deploy: {replicas: 2}
    """,
    good="""
        services:
          app:
            hostname: app
            deploy: {replicas: 2}
          other:
            container_name: ${NAME}
            scale: ${SCALE}
    """,
    source="https://github.com/compose-spec/compose-go/blob/main/loader/validate.go",
)
def container_name_with_replicas(project: Project) -> Iterator[Report]:
    """One name for several containers: Compose refuses the whole project."""
    for service in project.services.values():
        value = service.get("container_name")
        if value is not None and value.data is not None and _replicas(service.replicas) > 1:
            message = f'{service.replicas} containers of service "{service.name}" cannot share the name "{value.text}"'
            yield value.place, message + "; remove it"


@rule(
    "compose/duplicate-container-name",
    Severity.ERROR,
    bad="""
        services:
          one:
            container_name: app
          two:
            container_name: app  # <-
    """,
    good="""
        services:
          one:
            container_name: ${NAME}
          two:
            container_name: ${NAME}
          three:
            hostname: app
          four:
            hostname: app
    """,
    source=_NAME,
    covers=("dclint:no-duplicate-container-names",),
)
def duplicate_container_name(project: Project) -> Iterator[Report]:
    """
    A container name that another service has already: the second is not made.

    Services of different profiles may share one, since only one of them is there at a time.
    """
    seen: dict[str, list[Service]] = {}
    for service in project.services.values():
        value = service.get("container_name")
        if value is None or not isinstance(value.data, str):
            continue
        others = seen.setdefault(value.data, [])
        first = next((other for other in others if run_together(other, service)), None)
        if first is not None:
            yield value.place, f'container name "{value.text}" is that of service "{first.name}" already; remove one'
        others.append(service)


@rule(
    "compose/legacy-links",
    Severity.INFO,
    bad="""
        services:
          app:
            links:  # <-
              - db
          other:
            external_links: [old]  # <-
    """,
    good="""
        services:
          app:
            depends_on: {db: {condition: service_started}}
          db:
            networks: {default: {aliases: [database]}}
    """,
    source="https://docs.docker.com/engine/network/links/",
    preset="strict",
)
def legacy_links(project: Project) -> Iterator[Report]:
    """Links, which do nothing on a network but name an order; services find each other by name, `aliases` adds more."""
    for service in project.services.values():
        for key in ("links", "external_links"):
            value = service.get(key)
            if value is not None and list(value.entries()):
                yield value.key_place, f'"{key}" of service "{service.name}" is legacy; use networks and depends_on'
