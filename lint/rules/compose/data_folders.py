"""Where the images of databases keep their data."""

from __future__ import annotations

import posixpath
import re

from ...compose import Service
from .judging import is_official
from .servers import version_of

_DATA = {
    "mysql": "/var/lib/mysql",
    "mariadb": "/var/lib/mysql",
    "percona": "/var/lib/mysql",
    "postgres": "/var/lib/postgresql/data",
    "mongo": "/data/db",
    "rabbitmq": "/var/lib/rabbitmq",
    "neo4j": "/data",
    "couchdb": "/opt/couchdb/data",
    "cassandra": "/var/lib/cassandra",
    "elasticsearch": "/usr/share/elasticsearch/data",
    "influxdb": "/var/lib/influxdb",
}
"""Where official images keep what must last, by the image's name."""

_OTHERS = {
    "mcr.microsoft.com/mssql/server": "/var/opt/mssql",
    "clickhouse/clickhouse-server": "/var/lib/clickhouse",
    "docker.elastic.co/elasticsearch/elasticsearch": "/usr/share/elasticsearch/data",
    "opensearchproject/opensearch": "/usr/share/opensearch/data",
    "getmeili/meilisearch": "/meili_data",
    "qdrant/qdrant": "/qdrant/storage",
    "postgis/postgis": "/var/lib/postgresql/data",
    "pgvector/pgvector": "/var/lib/postgresql/data",
}
"""The same of images that are not Docker's own."""

DECLARED = frozenset(
    ["mysql", "mariadb", "percona", "postgres", "mongo", "rabbitmq", "neo4j", "couchdb", "cassandra", "influxdb"]
)
"""Images that declare a volume for that very folder, so that one mounted above it stays empty."""

NEW_POSTGRES = (18,)
"""From this version on PostgreSQL's image keeps its data in a folder named after the version."""


def official_name(service: Service) -> str:
    name = service.image.name.basename if service.image else ""
    return name if isinstance(name, str) and is_official(service) else ""


def data_folder(service: Service) -> str:
    """Where the image keeps its data, or "" where that is not known."""
    name = official_name(service)
    folder = _DATA.get(name, "") or _of_other(service)
    if name == "postgres":
        version = version_of(service, "postgres")
        if version is None or "PGDATA" in service.environment:
            return ""
        return "/var/lib/postgresql" if version >= NEW_POSTGRES else folder
    if name == "influxdb" and service.image is not None and str(service.image.name.tag or "").startswith("2"):
        return "/var/lib/influxdb2"
    return folder


def _of_other(service: Service) -> str:
    """The folder of an image that is not Docker's own; those of PostgreSQL below 18 alone, where it never moved."""
    image = service.image.name if service.image else None
    if image is None or service.build is not None or not isinstance(image.repository, str):
        return ""
    registry = f"{image.registry}/" if image.registry not in (None, "docker.io") else ""
    folder = _OTHERS.get(f"{registry}{image.repository}", "")
    if "/postgresql/" not in folder:
        return folder
    tag = image.tag if isinstance(image.tag, str) else ""
    major = re.search(r"pg(\d+)", tag) or re.match(r"(\d+)", tag)
    is_old = major is not None and int(major[1]) < NEW_POSTGRES[0]
    return folder if is_old and "PGDATA" not in service.environment else ""


def targets(service: Service) -> list[str]:
    return [posixpath.normpath(mount.target) if isinstance(mount.target, str) else "?" for mount in service.mounts]


def covers(target: str, folder: str) -> bool:
    return target in ("?", folder) or folder.startswith(target.rstrip("/") + "/")
