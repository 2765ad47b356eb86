"""Names that stand for something in the project, and stand for nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator

from ...compose import Mount, Project, Service
from ...compose.places import part_place, written_scalars
from ...files import ReadError
from ...finding import Edit, Severity
from ...place import Place
from ...rule import Report, rule
from .judging import lacks_files, place_of

_REFERENCE = "https://docs.docker.com/reference/compose-file/"


def undefined(place: Place, name: str, kind: str, known: Collection[str], *, add: str = "") -> Report:
    """A report with the nearest name that is known."""
    import difflib  # noqa: PLC0415 - only a fault needs it

    near = difflib.get_close_matches(name, known, 1, 0.6)
    what = f'did you mean "{near[0]}"?' if near else add or "write the name of one that is"
    message = f'{kind} "{name}" is not defined; {what}'
    is_whole = place.line == place.end_line and place.end_column - place.column == len(name)
    if near and is_whole:
        return place, message, (Edit(place, near[0], safe=False),)
    return place, message


def is_whole(project: Project) -> bool:
    """Whether every name that the files define is known, and they are more than a piece of others."""
    if not project.complete or lacks_files(project) or not project.services:
        return False
    return all(
        service.get("image") or service.get("build") or service.get("provider") or _means_image(service)
        for service in project.services.values()
    )


def _means_image(service: Service) -> bool:
    """Whether one of its keys is a slip of ``image`` or ``build``, which another rule reports."""
    keys = {"".join(sorted(key)) for key in service.node.keys}
    return not keys.isdisjoint(("aegim", "bdilu"))


def is_beside(project: Project, name: str) -> bool:
    """Whether another Compose file, beside these or above, has a key *name*: the two may be meant to be merged."""
    folders = {posixpath.dirname(path) for path in project.paths}
    patterns = [posixpath.join(folder, up, "*compose*.y*ml") for folder in folders for up in ("", "..")]
    others = {path for pattern in patterns for path in project.reader.glob(pattern)} - set(project.paths)
    key = re.compile(rf"^[ \t]+[\"']?{re.escape(name)}[\"']?[ \t]*:", re.MULTILINE)
    return any(key.search(_text(project, path)) for path in others)


def _text(project: Project, path: str) -> str:
    try:
        return project.reader.read(path)
    except ReadError:
        return ""


def named_services(service: Service) -> Iterator[tuple[str, Place]]:
    """The services that must come before it, whatever key says so, and where."""
    for name, dependency in service.depends_on.items():
        if dependency.required:
            yield name, dependency.place
    for entry in service.texts("links"):
        if isinstance(entry.data, str):
            yield entry.data.partition(":")[0], entry.place
    for key in ("network_mode", "ipc", "pid"):
        value = service.get(key)
        if value is not None and isinstance(value.data, str) and value.data.startswith("service:"):
            yield value.data.partition(":")[2], value.place
    for entry in service.texts("volumes_from"):
        if isinstance(entry.data, str) and not entry.data.startswith("container:"):
            yield entry.data.partition(":")[0], entry.place


@rule(
    "compose/undefined-service",
    Severity.ERROR,
    bad=(
        """
        services:
          app:
            image: acme/app:1.2.3
            depends_on: [databse]  # <-
          database:
            image: acme/db:1.2.3
        """,
        """
        services:
          job:
            image: acme/job:1.2.3
            depends_on:
              db: {condition: service_started}  # <-
            network_mode: service:web  # <-
        """,
    ),
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on: [database]
          database:
            image: acme/db:1.2.3
    """,
    good=(
        """
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              db: {condition: service_started}
              other: {condition: service_started, required: false}
          db:
            image: acme/db:1.2.3
        """,
        {
            "docker-compose-search.yml": """
                services:
                  feeder:
                    image: acme/feeder:1.2.3
                    depends_on: [store]
            """,
            "docker-compose.yml": "services:\n  store:\n    image: acme/store:1.2.3\n",
        },
    ),
    unsafe=True,
    source=_REFERENCE + "services/#depends_on",
    covers=("dclint:invalid-schema",),
)
def undefined_service(project: Project) -> Iterator[Report]:
    """
    A dependency, link or shared namespace of a service that is not there.

    Compose refuses the files. It is a slip of the key, or a service that was renamed or taken out. What another
    Compose file beside this one defines may be merged with it, and is not reported.
    """
    if not is_whole(project):
        return
    for service in project.services.values():
        for name, place in named_services(service):
            if name not in project.services and not is_beside(project, name):
                yield undefined(place, name, "service", project.services)


@rule(
    "compose/undefined-network",
    Severity.ERROR,
    bad=(
        """
        services:
          app:
            image: acme/app:1.2.3
            networks: [backend]  # <-
        networks:
          back-end: {internal: true}
        """,
        """
        services:
          web:
            image: nginx:1.29.4
            networks:
              nowhere:  # <-
        """,
    ),
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            networks: [back-end]
        networks:
          back-end: {internal: true}
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            networks: [default, front]
        networks:
          front: {}
    """,
    unsafe=True,
    source=_REFERENCE + "networks/",
)
def undefined_network(project: Project) -> Iterator[Report]:
    """A service on a network that the top level does not define: Compose refuses the files."""
    if not is_whole(project):
        return
    known = {*project.networks, "default"}
    for service in project.services.values():
        for name, attachment in service.networks.items():
            if name not in known and not is_beside(project, name):
                add = 'add it under "networks" at the top level'
                yield undefined(attachment.place, name, "network", known - {"default"}, add=add)


@rule(
    "compose/undefined-volume",
    Severity.ERROR,
    bad=(
        """
        services:
          db:
            image: acme/db:1.2.3
            volumes:
              - dta:/var/lib/db  # <-
              - {type: volume, source: bakups, target: /backups}  # <-
        volumes:
          backups: {}
          data: {}
        """,
        """
        services:
          db:
            image: acme/db:1.2.3
            volumes:
              - "data:/var/lib/db"  # <-
        """,
    ),
    fixed="""
        services:
          db:
            image: acme/db:1.2.3
            volumes:
              - data:/var/lib/db
              - {type: volume, source: backups, target: /backups}
        volumes:
          backups: {}
          data: {}
    """,
    unsafe=True,
    good="""
        services:
          db:
            image: acme/db:1.2.3
            volumes:
              - data:/var/lib/db
              - ./data:/more
              - ${FOLDER}:/other
        volumes:
          data: {}
    """,
    source=_REFERENCE + "volumes/",
)
def undefined_volume(project: Project) -> Iterator[Report]:
    """
    A named volume that the top level does not define: Compose refuses the files.

    A folder beside the file is written with `./` before it.
    """
    if not is_whole(project):
        return
    for service in project.services.values():
        for mount in service.mounts:
            if mount.type != "volume" or not isinstance(mount.source, str) or not mount.source:
                continue
            if mount.source not in project.volumes and not is_beside(project, mount.source):
                place = _source_place(mount, mount.source)
                add = f'add it under "volumes" at the top level, or write "./{mount.source}" for a folder'
                yield undefined(place, mount.source, "volume", project.volumes, add=add)


def _source_place(mount: Mount, source: str) -> Place:
    """The name alone, also where the entry is written short."""
    scalars = written_scalars(mount.value.node)
    if mount.is_short and len(scalars) == 1 and scalars[0].text.startswith(f"{source}:"):
        return part_place(scalars[0], 0, len(source))
    return place_of(mount)
