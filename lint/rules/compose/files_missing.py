"""Files that the project names and that are not there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...compose import Project
from ...compose.nodes import Mapping
from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from .judging import place_of

_REFERENCE = "https://docs.docker.com/reference/compose-file/"
_EXAMPLE = regex(r"example|sample|template|dist|default", re.I)
"""Such a file is copied to the one that is missing: no slip of the key."""

_ALIKE = 0.85
"""How much two names must have in common to be a slip of the key."""

FILES = (".conf", ".cnf", ".ini", ".yml", ".yaml", ".toml", ".json", ".sql", ".sh", ".xml", ".properties", ".template")


def _close(name: str, names: list[str], count: int, least: float) -> list[str]:
    import difflib  # noqa: PLC0415 - only a fault needs it

    return difflib.get_close_matches(name, names, count, least)


def near_file(project: Project, path: str) -> str:
    """A file beside the missing one with nearly its name, which nothing else in the project means; or ""."""
    folder, name = posixpath.split(path)
    beside = [each for each in project.reader.glob(posixpath.join(folder, "*")) if each not in _named(project)]
    names = [posixpath.basename(each) for each in beside if not _EXAMPLE.search(posixpath.basename(each))]
    return next(iter(_close(name, names, 1, _ALIKE)), "")


def _named(project: Project) -> set[str]:
    """The files and folders that the project names somewhere."""
    found: set[str | None] = set(project.paths)
    for service in project.services.values():
        found.update(reference.file for reference in service.env_files)
        found.update(mount.path for mount in service.mounts)
        if service.build is not None and service.build.folder is not None:
            folder, dockerfile = service.build.folder, str(service.build.dockerfile or "Dockerfile")
            found.update((folder, posixpath.normpath(posixpath.join(folder, dockerfile))))
    return {path for path in found if path}


def is_there(project: Project, path: str) -> bool:
    return project.reader.exists(path) or project.reader.is_folder(path)


@rule(
    "compose/missing-env-file",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                env_file:
                  - conf/ap.env  # <-
        """,
        "conf/app.env": "MODE=fast",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                env_file:
                  - conf/app.env
                  - path: conf/ap.env
                    required: false
                  - conf/apt.env
                  - .env
                  - secret.env
        """,
        "conf/app.env": "MODE=fast",
        "secret.env.example": "TOKEN=",
    },
    source=_REFERENCE + "services/#env_file",
)
def missing_env_file(project: Project) -> Iterator[Report]:
    """
    An env file that is not there, while one of nearly its name is.

    Compose refuses every command, `down` too. A file that only is not there may be one that no repository holds.
    """
    for service in project.services.values():
        for reference in service.env_files:
            path = reference.file
            if path is None or not reference.required or is_there(project, path):
                continue
            near = near_file(project, path)
            if near and not near.endswith((".yml", ".yaml")):
                name = posixpath.join(posixpath.dirname(str(reference.path)), near)
                yield reference.place, f'env file "{reference.path}" is not there; did you mean "{name}"?'


@rule(
    "compose/missing-file-mounted",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                volumes:
                  - ./conf/ngnix.conf:/etc/nginx/nginx.conf:ro  # <-
                  - type: bind
                    source: ./conf/sites.conf  # <-
                    target: /etc/nginx/conf.d/site.conf
        """,
        "conf/nginx.conf": "events {}",
        "conf/site.conf": "server { listen 80; }",
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                volumes:
                  - ./conf/nginx.conf:/etc/nginx/nginx.conf:ro
                  - ./conf/by-a-script.conf:/etc/nginx/conf.d/site.conf:ro
                  - ./data:/data
                  - /etc/hosts.conf:/etc/hosts.conf:ro
                  - ${CONF}/site.conf:/etc/nginx/conf.d/more.conf:ro
        """,
        "conf/nginx.conf": "events {}",
    },
    source="https://docs.docker.com/engine/storage/bind-mounts/#differences-between--v-and---mount-behavior",
)
def missing_file_mounted(project: Project) -> Iterator[Report]:
    """
    A file to mount that is not there, while one of nearly its name is.

    The engine makes a folder of that name, mounts it over the file, and the program does not start; the folder stays
    and is in the way of the file from then on.
    """
    for service in project.services.values():
        for mount in service.mounts:
            path, target = mount.path, mount.target
            if mount.type != "bind" or path is None or not isinstance(target, str) or path.startswith(("/", "~", "..")):
                continue
            is_file = path.endswith(FILES) and posixpath.splitext(path)[1] == posixpath.splitext(target)[1]
            near = near_file(project, path) if is_file and not is_there(project, path) else ""
            if near:
                hint = f'did you mean "{near}"?'
                yield place_of(mount), f'file "{mount.source}" is not there, so a folder is mounted; {hint}'


@rule(
    "compose/missing-build-context",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              api:
                build: ./bakend  # <-
              web:
                build:
                  context: frontend
                  dockerfile: Dockerfile.prd  # <-
        """,
        "backend/Dockerfile": "FROM scratch",
        "frontend/Dockerfile.prod": "FROM scratch",
    },
    good={
        "docker-compose.yml": """
            services:
              api:
                build: ./backend
              web:
                build: {context: frontend, dockerfile: Dockerfile.prod}
              far:
                build: https://git.example.com/far.git
              own:
                build: {context: "${OWN}", dockerfile: Dockerfile.prd}
              absent:
                build: ./elsewhere
        """,
        "backend/Dockerfile": "FROM scratch",
        "frontend/Dockerfile.prod": "FROM scratch",
    },
    source=_REFERENCE + "build/#context",
)
def missing_build_context(project: Project) -> Iterator[Report]:
    """
    A folder to build from, or a Dockerfile in it, that is not there, while one of nearly its name is.

    `docker compose build` ends with an error, and `up` with it where the image was never built.
    """
    for service in project.services.values():
        build = service.build
        if build is None or build.folder is None or build.inline is not None or build.folder.startswith(("/", "~")):
            continue
        if not project.reader.is_folder(build.folder):
            near = near_folder(project, build.folder)
            place = _place(service.node, "context") or build.value.place
            if near:
                yield place, f'there is no folder "{build.context}" to build from; did you mean "{near}"?'
        elif isinstance(build.dockerfile, str) and not build.dockerfile.startswith("/"):
            path = posixpath.normpath(posixpath.join(build.folder, build.dockerfile))
            near = "" if is_there(project, path) else near_file(project, path)
            value = build.value.get("dockerfile")
            if near and value is not None:
                yield value.place, f'there is no "{build.dockerfile}" in "{build.context}"; did you mean "{near}"?'


def near_folder(project: Project, path: str) -> str:
    parent, name = posixpath.split(path)
    inside = project.reader.glob(posixpath.join(parent, "*", "*"))
    folders = {posixpath.dirname(each) for each in inside} - _named(project)
    names = sorted(posixpath.basename(each) for each in folders)
    return next(iter(_close(name, names, 1, _ALIKE)), "")


def _place(service: Mapping, key: str) -> Place | None:
    build = service.children.get("build")
    child = build.children.get(key) if isinstance(build, Mapping) else None
    return child.place if child is not None else None
