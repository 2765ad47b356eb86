"""What rules about services share: which of them may be judged for what they lack, and what their images are."""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from ...compose import Mount, Project, Service, Unknown, Value
from ...compose.nodes import UNKNOWN
from ...errors import LintError
from ...finding import Edit
from ...place import Place
from .kinds import DATABASES, EDGES

if TYPE_CHECKING:
    from ...dockerfile import Dockerfile

_PRODUCTION_NAMES = tuple(
    f"{stem}{dot}{word}.{ending}"
    for stem in ("docker-compose", "compose")
    for dot in ".-"
    for word in ("prod", "production")
    for ending in ("yml", "yaml")
)


def whole_services(project: Project) -> Iterator[Service]:
    """
    The services that may be judged for what they lack.

    An entry without image and build is part of a service that another file has, a file that could not be read may
    hold what seems to be missing, and what is for development alone needs none of it.
    """
    return iter(_whole(project))


@lru_cache(maxsize=1)
def _whole(project: Project) -> tuple[Service, ...]:
    """Dozens of rules ask; the rules of one project run one after the other."""
    if not project.complete or is_for_development(project) or lacks_files(project):
        return ()
    services = project.services.values()
    return tuple(each for each in services if each.get("image") is not None or each.get("build") is not None)


def lasting_services(project: Project) -> Iterator[Service]:
    """Those of `whole_services` that stay up: no jobs, and none with no container at all."""
    awaited = awaited_jobs(project)
    return (each for each in whole_services(project) if not is_job(each, awaited) and each.replicas != 0)


def is_for_development(project: Project) -> bool:
    """
    Whether the files say that they are not for production.

    Compose takes an override by itself, so it is what runs in production where no file for that is beside it.
    """
    if project.role != "development":
        return False
    names = [posixpath.basename(path).lower() for path in project.paths]
    if any(word in name for name in names for word in ("dev", "local", "debug", "test", "ci.", "e2e")):
        return True
    return any(project.reader.exists(posixpath.join(project.directory, name)) for name in _PRODUCTION_NAMES)


def lacks_files(project: Project) -> bool:
    """Whether a file that others extend or include could not be read."""
    return any(rule in ("compose/extends-unresolved", "compose/include-unresolved") for rule, _, _ in project.problems)


_OF_SWARM = ("update_config", "rollback_config", "placement", "endpoint_mode", "mode")


def is_for_swarm(project: Project) -> bool:
    """Whether something in it has a meaning for `docker stack deploy` alone, which spreads and restarts by itself."""
    has_overlay = any(
        network.get("driver") and network.data.get("driver") == "overlay" for network in _networks(project)
    )
    has_ports = any(port.mode == "host" for service in project.services.values() for port in service.ports)
    keys = (service.get(f"deploy.{key}") for service in project.services.values() for key in _OF_SWARM)
    return has_overlay or has_ports or any(key is not None for key in keys)


def _networks(project: Project) -> list[Value]:
    return [network for network in project.networks.values() if isinstance(network.data, dict)]


def is_read_only(mount: Mount) -> bool | None:
    """Whether *mount* is read-only; None where a variable decides."""
    if any(UNKNOWN in option for option in mount.options) or not isinstance(mount.read_only, bool):
        return None
    return mount.read_only


def place_of(mount: Mount) -> Place:
    """The entry, or in the long form its source."""
    source = mount.value.get("source")
    return mount.place if mount.is_short or source is None else source.place


_ONE_SHOT = frozenset(
    ["bootstrap", "collectstatic", "createbuckets", "init", "migrate", "migration", "migrations", "seed", "setup"]
)


def is_job(service: Service, awaited: Container[str]) -> bool:
    """
    Whether it is there to do something once and end; *awaited* are the `awaited_jobs`.

    Without a restart policy the name decides, and a profile, which is for what somebody starts by hand.
    """
    restart = service.data("restart")
    if restart in ("no", False) or service.data("deploy.restart_policy.condition") == "none" or service.name in awaited:
        return True
    if restart is not None or service.get("deploy.restart_policy") is not None:
        return False
    words = service.name.lower().replace("_", "-").split("-")
    return bool(service.profiles) or not _ONE_SHOT.isdisjoint((words[0], words[-1])) or runs_migration(service)


_MIGRATIONS = (
    ("manage.py", "migrate"),
    ("alembic", "upgrade"),
    ("flask", "db"),
    ("prisma", "migrate"),
    ("knex", "migrate:latest"),
    ("artisan", "migrate"),
    ("rails", "db:migrate"),
    ("rake", "db:migrate"),
    ("manage.py", "collectstatic"),
)


def runs_migration(service: Service) -> bool:
    """Whether its command does nothing but change a database's tables or collect files."""
    if service.command is None or service.command.dropped:
        return False
    words = [word.rsplit("/", 1)[-1] for word in service.command.words if isinstance(word, str)]
    if any("&&" in word or ";" in word for word in words):
        return False
    return any(program in words and verb in words for program, verb in _MIGRATIONS)


def awaited_jobs(project: Project) -> frozenset[str]:
    """The services that others wait for to end."""
    return frozenset(
        name
        for service in project.services.values()
        for name, dependency in service.depends_on.items()
        if dependency.condition == "service_completed_successfully"
    )


def image_name_of(service: Service) -> str:
    """The last part of its image's name in lower case, or "" where that cannot be known."""
    known: str | None = service.memo.get("image_name")
    if known is None:
        name = service.image.name.basename if service.image is not None and service.build is None else ""
        known = service.memo["image_name"] = name.lower() if isinstance(name, str) else ""
    return known


def is_official(service: Service) -> bool:
    """Whether its image is one of Docker's own library, such as ``mysql`` or ``docker.io/library/mysql``."""
    if service.image is None or service.build is not None:
        return False
    registry, repository = service.image.name.registry, service.image.name.repository
    if registry not in (None, "docker.io", "index.docker.io", "public.ecr.aws") or not isinstance(repository, str):
        return False
    return "/" not in repository.removeprefix("docker/").removeprefix("library/")


def run_together(one: Service, two: Service) -> bool:
    """Whether the two may be there at once: profiles that have nothing in common keep them apart."""
    if one is two or not one.profiles or not two.profiles:
        return True
    return bool({each for each in one.profiles if isinstance(each, str)} & set(two.profiles))


def is_database(service: Service) -> bool:
    """Whether its image is one of a database, a cache or a broker."""
    return image_name_of(service) in DATABASES


def is_edge(service: Service) -> bool:
    """Whether it stands between the world and the other services, also by what its image is built on."""
    if service.build is None:
        return image_name_of(service) in EDGES
    dockerfile, target = dockerfile_of(service), service.build.target
    if dockerfile is None or isinstance(target, Unknown):
        return False
    stage = dockerfile.stage(target) if target else dockerfile.final_stage
    image = stage.root_image if stage is not None else None
    return image is not None and str(image.repository or "").rpartition("/")[2] in EDGES


def dockerfile_of(service: Service) -> Dockerfile | None:
    """The Dockerfile that builds its image, where it can be read."""
    build, reader = service.build, service.project.reader
    if build is None:
        return None
    from ...dockerfile.parser import parsed  # noqa: PLC0415 - many projects build nothing

    if build.inline is not None:
        return parsed(build.inline, build.place.path)
    if build.folder is None or not isinstance(build.dockerfile or "", str):
        return None
    path = posixpath.normpath(posixpath.join(build.folder, str(build.dockerfile or "Dockerfile")))
    try:
        return parsed(reader.read(path), path) if reader.exists(path) else None
    except LintError:
        return None


def some(edit: Edit | None) -> tuple[Edit, ...]:
    """The edits of a report where there may be none."""
    return () if edit is None else (edit,)
