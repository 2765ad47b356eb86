"""Where data lives: on volumes, in folders, or nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Mount, Project, Service
from ...finding import Severity
from ...rule import Report, rule
from .data_folders import DECLARED, NEW_POSTGRES, covers, data_folder, official_name, targets
from .judging import is_job, is_read_only, lasting_services, place_of
from .servers import KINDS, servers, version_of

_VOLUMES = "https://docs.docker.com/engine/storage/volumes/"


@rule(
    "compose/database-without-volume",
    Severity.ERROR,
    bad="""
        services:
          db:  # <-
            image: mysql:9.7.4
            volumes: ["./init:/docker-entrypoint-initdb.d:ro"]
          docs:  # <-
            image: mongo:8.0.12
          unnamed:  # <-
            image: postgres:17.5
            volumes: [/var/lib/postgresql/data]
          queue:  # <-
            image: valkey/valkey:8.1.3
            command: [valkey-server, --appendonly, "yes"]
          sql:  # <-
            image: mcr.microsoft.com/mssql/server:2022-CU16-ubuntu-22.04
          vectors:  # <-
            image: pgvector/pgvector:0.8.1-pg17
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            volumes: ["data:/var/lib/mysql"]
          pg:
            image: postgres:17.5
            volumes: ["/srv/pg:/var/lib/postgresql/data/"]
          shapes:
            image: postgis/postgis:18-3.6
            volumes: ["shapes:/var/lib/postgresql"]
          cache:
            image: redis:8.0.6
            command: [redis-server, --save, ""]
          queue:
            image: redis:8.0.6
            command: [redis-server, --appendonly, "yes", --dir, /queue]
            volumes: ["queue:/queue"]
        volumes:
          data: {}
          queue: {}
          shapes: {}
    """,
    source=_VOLUMES,
    lacks=True,
)
def database_without_volume(project: Project) -> Iterator[Report]:
    """
    A database whose data is in no named volume and no folder of the host.

    The image puts it into a volume without a name: `docker compose down` and `up` again begin with an empty
    database, and a backup finds nothing. A Redis counts where it is told to write down every change.
    """
    keeping = {each.service.name for each in servers(project, "redis", "valkey") if each.value("appendonly") == "yes"}
    for service in lasting_services(project):
        folder = data_folder(service) or ("/data" if service.name in keeping and _is_of_cache(service) else "")
        if not folder or service.entrypoint is not None or _is_moved(service) or service.get("volumes_from"):
            continue
        named = zip(service.mounts, targets(service), strict=True)
        kept = [target for mount, target in named if mount.type != "volume" or mount.source is not None]
        kept += [str(entry.data).partition(":")[0] for entry in service.tmpfs]
        below = any(target.startswith(folder + "/") for target in kept)
        if not below and not any(covers(target, folder) for target in kept):
            message = f'service "{service.name}" keeps its data in "{folder}" and loses it; mount a named volume there'
            yield service.place, message


def _is_of_cache(service: Service) -> bool:
    """Whether its image is the official one of Redis or Valkey."""
    repository = service.image.name.repository if service.image is not None else ""
    return repository in ("redis", "library/redis", "valkey/valkey")


def _is_moved(service: Service) -> bool:
    """Whether the command names another folder for the data."""
    words = service.command.words if service.command else ()
    return any(not isinstance(word, str) or word.startswith(("--datadir", "-D", "--dbpath", "--dir")) for word in words)


@rule(
    "compose/volume-beside-data",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: postgres:18
            volumes:
              - data:/var/lib/postgresql/data  # <-
          old:
            image: postgres:17.5
            volumes:
              - more:/var/lib/postgresql  # <-
        volumes:
          data: {}
          more: {}
    """,
    good="""
        services:
          old:
            image: postgres:17.5
            volumes: ["data:/var/lib/postgresql/data"]
          new:
            image: postgres:18.1
            environment: {PGDATA: /var/lib/postgresql/data/pg}
            volumes: ["data:/var/lib/postgresql/data"]
        volumes:
          data: {}
    """,
    source="https://github.com/docker-library/postgres/pull/1259",
)
def volume_beside_data(project: Project) -> Iterator[Report]:
    """
    A volume that stays empty, beside the data of the database.

    PostgreSQL 18 keeps its data in `/var/lib/postgresql/18/docker`, and its image refuses to start when there is a
    mount at the old place; mount `/var/lib/postgresql` and move the old data first. Images of other versions and other
    databases declare a volume at the very folder, so what is mounted above it gets nothing: the data goes into a volume
    without a name and is gone with the next `docker compose down`.
    """
    for service in project.services.values():
        name, folder = official_name(service), data_folder(service)
        is_new = name == "postgres" and (version_of(service, name) or (0,)) >= NEW_POSTGRES
        if not folder or any(each.file is None or project.env_file(each.file) is None for each in service.env_files):
            continue
        is_declared = name in DECLARED and not is_new and not _is_moved(service) and folder not in targets(service)
        for mount, target in zip(service.mounts, targets(service), strict=True):
            if is_new and target == "/var/lib/postgresql/data":
                message = (
                    'PostgreSQL 18 keeps its data elsewhere and does not start with this; mount "/var/lib/postgresql"'
                )
                yield place_of(mount), message
            elif is_declared and target != "/" and folder.startswith(f"{target}/"):
                message = f'the image of service "{service.name}" has a volume of its own below this; '
                yield place_of(mount), message + f'mount "{folder}"'


@rule(
    "compose/anonymous-volume",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            volumes:
              - /app/uploads  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            tmpfs: [/app/cache]
            volumes:
              - uploads:/app/uploads
              - .:/app
              - /app/node_modules
        volumes:
          uploads: {}
    """,
    source=_VOLUMES,
    preset="strict",
)
def anonymous_volume(project: Project) -> Iterator[Report]:
    """
    A volume without a name.

    Nobody finds its data again after the container is made anew with `--renew-anon-volumes` or `down`, and it stays
    on the disk. Give it a name, or mount a tmpfs for what need not last. One that hides a folder below a mounted
    source, such as `node_modules`, is not meant.
    """
    for service in project.services.values():
        binds = [mount.target for mount in service.mounts if mount.type == "bind" and isinstance(mount.target, str)]
        for mount in service.mounts:
            if mount.type != "volume" or mount.source is not None or not isinstance(mount.target, str):
                continue
            if mount.target == data_folder(service):
                continue  # which `compose/database-without-volume` reports
            if not any(mount.target.startswith(bind.rstrip("/") + "/") for bind in binds):
                yield place_of(mount), f'volume for "{mount.target}" has no name; write one before it, or use tmpfs'


@rule(
    "compose/shared-data-folder",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:8.4.6
            volumes: ["data:/var/lib/mysql"]
          second:
            image: mysql:9.7.4
            volumes: ["data:/var/lib/mysql"]  # <-
        volumes:
          data: {}
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            volumes: ["data:/var/lib/mysql"]
          second:
            image: mysql:9.7.4
            volumes: ["more:/var/lib/mysql"]
          backup:
            image: mysql:9.7.4
            restart: "no"
            volumes: ["data:/var/lib/mysql:ro"]
          other:
            image: mysql:8.4.6
            profiles: [old]
            volumes: ["data:/var/lib/mysql"]
        volumes:
          data: {}
          more: {}
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/multiple-data-directories.html",
)
def shared_data_folder(project: Project) -> Iterator[Report]:
    """
    Two database servers that write to one folder.

    The second one finds the files locked and ends, or does not notice and destroys them.
    """
    first: dict[tuple[str, str], Service] = {}
    for service in project.services.values():
        folder = data_folder(service)
        if not folder or service.profiles or is_job(service, ()):
            continue
        for mount, target in zip(service.mounts, targets(service), strict=True):
            source = mount.path or mount.source
            if target != folder or not isinstance(source, str) or is_read_only(mount) is not False or _is_part(mount):
                continue
            other = first.setdefault((str(mount.type), source), service)
            if other is not service and KINDS.get(official_name(other)) == KINDS.get(official_name(service)):
                message = f'"{other.name}" writes to "{mount.source}" too, and they destroy each other\'s data; '
                yield place_of(mount), message + "give each its own"


def _is_part(mount: Mount) -> bool:
    """Whether only a folder below the volume is mounted."""
    return mount.value.get("volume.subpath") is not None
