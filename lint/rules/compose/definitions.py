"""What is defined at the top or in a service, and does nothing or cannot work."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from ...compose import Project, Service, Unknown, Value
from ...compose.edits import removed
from ...compose.groups import BASES
from ...finding import Severity
from ...rule import Report, rule
from .judging import lacks_files, some
from .references import named_services

_REFERENCE = "https://docs.docker.com/reference/compose-file/"


@rule(
    "compose/obsolete-version",
    Severity.INFO,
    bad="""
        version: "3.8"  # <-
        services:
          web:
            image: nginx:1.29.4
    """,
    fixed="""
        services:
          web:
            image: nginx:1.29.4
    """,
    good="""
        x-version: "3.8"
        services:
          web:
            image: nginx:1.29.4
    """,
    source=_REFERENCE + "version-and-name/#version-top-level-element-obsolete",
    covers=("dclint:no-version-field",),
    preset="strict",
)
def obsolete_version(project: Project) -> Iterator[Report]:
    """
    A `version` at the top, which Compose no longer looks at.

    It says so in a warning with every command; all features work whatever the number. Only `docker stack deploy`
    still wants it.
    """
    for layer in project.layers:
        key, child = layer.tree.keys.get("version"), layer.tree.children.get("version")
        if key is not None and child is not None:
            edit = removed(Value(child, key))
            yield key.place, '"version" means nothing to Compose; remove it', some(edit)


def _used(project: Project) -> Iterator[tuple[str, set[str]]]:
    services = project.services.values()
    yield "networks", {"default", *(name for service in services for name in service.networks)}
    yield "volumes", {mount.source for service in services for mount in service.mounts if isinstance(mount.source, str)}
    builds = [service.get("build.secrets") for service in services]
    built = {str(entry.data.get("source")) for build in builds if build for entry in build.entries() if entry.data}
    named = {secret.source for service in services for secret in service.secrets if isinstance(secret.source, str)}
    yield "secrets", named | built
    yield "configs", {each.source for service in services for each in service.configs if isinstance(each.source, str)}


def _is_open(service: Service) -> bool:
    """Whether a variable may stand for a name in it."""
    parts = (
        *(mount.source for mount in service.mounts),
        *(each.source for each in (*service.secrets, *service.configs)),
    )
    return any(isinstance(part, Unknown) for part in parts)


@rule(
    "compose/unused-definition",
    Severity.INFO,
    bad="""
        services:
          web:
            image: nginx:1.29.4
            networks: [front]
        networks:
          front: {}
          back: {}  # <-
    """,
    fixed="""
        services:
          web:
            image: nginx:1.29.4
            networks: [front]
        networks:
          front: {}
    """,
    good="""
        services:
          web:
            image: nginx:1.29.4
            networks: [front]
            volumes: ["data:/data"]
        networks:
          default: {internal: true}
          front: {}
        volumes:
          data: {}
    """,
    source=_REFERENCE,
    unsafe=True,
    preset="strict",
    lacks=True,
)
def unused_definition(project: Project) -> Iterator[Report]:
    """
    A network, volume, secret or config that no service uses.

    It is what a rename left behind, or a service lacks what somebody meant to give it.
    """
    services = project.services.values()
    if not project.complete or lacks_files(project) or not services or any(map(_is_open, services)):
        return
    for section, used in _used(project):
        defined = getattr(project, section)
        if any(name not in defined and name != "default" and not set("/~.") & set(name) for name in used):
            continue  # perhaps one of them is meant, see compose/undefined-network and its like
        for name, value in defined.items():
            if name not in used:
                message = f'{section[:-1]} "{name}" is used by no service; remove it, or give it to one'
                yield value.key_place, message, some(removed(value, safe=False))


def _cycles(services: Mapping[str, Service]) -> Iterator[tuple[str, ...]]:
    """Rings of services, each as the way back to its first; every service is visited once."""
    done: set[str] = set()
    for start in services:
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(dict(named_services(services[start])))}
        while way:
            last = next(reversed(way))
            following = next(way[last], None)
            if following is None:
                done.add(last)
                way.popitem()
            elif following in way:
                names = list(way)
                yield (*names[names.index(following) :], following)
            elif following in services and following not in done:
                way[following] = iter(dict(named_services(services[following])))


@rule(
    "compose/dependency-cycle",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              worker: {condition: service_started}  # <-
          worker:
            image: acme/worker:1.2.3
            depends_on:
              app: {condition: service_started}
          beside:
            image: acme/beside:1.2.3
            network_mode: service:main  # <-
          main:
            image: acme/main:1.2.3
            depends_on: {beside: {condition: service_started}}
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              db: {condition: service_started}
              worker: {condition: service_started}
          worker:
            image: acme/worker:1.2.3
            depends_on:
              db: {condition: service_started}
          db:
            image: acme/db:1.2.3
    """,
    source="https://github.com/compose-spec/compose-go/blob/main/graph/cycle.go",
)
def dependency_cycle(project: Project) -> Iterator[Report]:
    """Services that wait for each other in a ring: Compose refuses to start any."""
    for cycle in _cycles(project.services):
        profiles = {frozenset(map(str, project.services[name].profiles)) for name in cycle}
        if len(profiles) > 1:
            continue  # one of them is switched on without the others
        place = dict(named_services(project.services[cycle[0]]))[cycle[1]]
        yield place, f"{' -> '.join(cycle)} wait for each other; take one out"


@rule(
    "compose/dependency-behind-profile",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              mail: {condition: service_started}  # <-
          mail:
            image: acme/mail:1.2.3
            profiles: [debug]
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              mail: {condition: service_started, required: false}
          tool:
            image: acme/tool:1.2.3
            profiles: [debug, more]
            depends_on:
              mail: {condition: service_started}
          mail:
            image: acme/mail:1.2.3
            profiles: [debug]
    """,
    source=_REFERENCE + "profiles/",
)
def dependency_behind_profile(project: Project) -> Iterator[Report]:
    """
    A service that always runs and waits for one that only a profile switches on.

    Without the profile, Compose knows no such service and refuses to start.
    """
    for service in project.services.values():
        if service.profiles:
            continue
        for name, dependency in service.depends_on.items():
            other = project.services.get(name)
            if other is not None and other.profiles and dependency.required and not _is_named(project):
                profile = other.profiles[0]
                message = f'"{name}" is there only with the profile "{profile}"; '
                yield dependency.place, message + 'write "required: false", or take the profile out'


def _is_named(project: Project) -> bool:
    """Whether the env file switches profiles on."""
    return bool(project.environment.get("COMPOSE_PROFILES"))


@rule(
    "compose/two-base-files",
    Severity.WARNING,
    bad={
        "compose.yaml": """
            services:  # <-
              web:
                image: nginx:1.29.4
        """,
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.28.0
        """,
    },
    good={
        "compose.yaml": """
            services:
              web:
                image: nginx:1.29.4
        """,
        "compose.override.yaml": """
            services:
              web:
                environment: {MODE: fast}
        """,
    },
    source="https://github.com/compose-spec/compose-go/blob/main/cli/options.go",
)
def two_base_files(project: Project) -> Iterator[Report]:
    """
    Two files in one folder that Compose takes for the base.

    It reads the first of compose.yaml, compose.yml, docker-compose.yml and docker-compose.yaml and leaves the others,
    so what is changed there never happens.
    """
    names = [name for name in BASES if project.reader.exists(posixpath.join(project.directory, name))]
    if len(names) > 1 and posixpath.basename(project.paths[0]) == names[0] and project.layers:
        tree = project.layers[0].tree
        place = next((key.place for key in tree.keys.values()), tree.place)
        yield place, f'Compose reads "{names[0]}" and leaves "{names[1]}" beside it; remove or rename one of them'
