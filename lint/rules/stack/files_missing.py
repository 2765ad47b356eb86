"""Files that the stack names, and that are neither there nor made by anybody."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...compose import Service
from ...finding import Severity
from ...place import Place
from ...record import dataclass
from ...regex import regex
from ...rule import Report, rule
from ...stack import Stack
from ...stack.ignoring import is_git_ignored
from ..compose.files_missing import FILES, is_there, near_file, near_folder
from ..compose.judging import place_of

_MADE = regex(
    r"(?:.*/)?(?:certs?|ssl|tls|letsencrypt|secrets?|keys?|data|logs?|tmp|build|dist|generated|local)(?:/.*)?", re.I
)
"""Folders whose files each host makes for itself."""

_SAMPLE = ("example", "sample", "template", "dist", "tmpl", "default")


@dataclass(frozen=True, eq=False)
class _Named:
    """A path that the project names: what it is for, whether a slip of the key is reported already."""

    path: str
    place: Place
    what: str
    is_folder: bool = False


@rule(
    "stack/file-not-there",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                env_file: web.env  # <-
                volumes:
                  - ./nginx.conf:/etc/nginx/nginx.conf:ro
                  - ./snippets.conf:/etc/nginx/snippets.conf:ro  # <-
              app:
                build: ./application  # <-
                configs: [settings]
            configs:
              settings: {file: ./settings.yaml}  # <-
        """,
        "nginx.conf": "events {}\nhttp { server { listen 80; } }\n",
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  web:
                    image: nginx:1.30.1
                    env_file: [web.env, {path: more.env, required: false}]
                    volumes:
                      - ./nginx.conf:/etc/nginx/nginx.conf:ro
                      - ./local.conf:/etc/nginx/local.conf:ro
                      - ./certs/site.conf:/etc/nginx/site.conf:ro
                      - ./data:/data
            """,
            "nginx.conf": "events {}\nhttp { server { listen 80; } }\n",
            "web.env.example": "MODE=production\n",
            ".gitignore": "local.conf\n",
        },
        {"docker-compose.yml": "services:\n  web:\n    image: nginx:1.30.1\n    env_file: web.env\n"},
    ),
    source="https://docs.docker.com/engine/storage/bind-mounts/#differences-between--v-and---mount-behavior",
)
def file_not_there(stack: Stack) -> Iterator[Report]:
    """
    A file that the Compose file names is not there, git does not ignore it, and no example of it lies beside it.

    Without an env file or a folder to build from Compose refuses to start anything; instead of a file to mount the
    engine makes a folder, and the program does not start. Where nothing else that the project names is there either,
    the files are elsewhere, and nothing is said.
    """
    named = [each for service in stack.project.services.values() for each in _of_service(service)]
    named += list(_of_configs(stack))
    absent = [each for each in named if not is_there(stack.project, each.path)]
    if len(absent) == len(named):
        return
    seen: set[Place] = set()
    for each in absent:
        if each.place not in seen and not _is_made(stack, each):
            seen.add(each.place)
            shown = posixpath.relpath(each.path, stack.project.directory or ".")
            yield each.place, f'{each.what} "{shown}" is not there; add it, or an example of it'


def _of_service(service: Service) -> Iterator[_Named]:
    for reference in service.env_files:
        if reference.file is not None and reference.required:
            yield _Named(reference.file, reference.place, "env file")
    for mount in service.mounts:
        target = mount.target if isinstance(mount.target, str) else ""
        path = mount.path if mount.type == "bind" and mount.path is not None else ""
        if path.endswith(FILES) and posixpath.splitext(path)[1] == posixpath.splitext(target)[1]:
            yield _Named(path, place_of(mount), "file")
    build = service.build
    if build is not None and build.folder not in (None, "", ".") and build.inline is None:
        context = build.value.get("context")
        yield _Named(str(build.folder), context.place if context is not None else build.place, "folder", is_folder=True)


def _of_configs(stack: Stack) -> Iterator[_Named]:
    """The files of configs; those of secrets are in no repository."""
    for value in stack.project.configs.values():
        file = value.get("file")
        if file is not None and isinstance(file.data, str):
            yield _Named(posixpath.normpath(posixpath.join(file.node.source.base, file.data)), file.place, "file")


def _is_made(stack: Stack, each: _Named) -> bool:
    """Whether something makes it on each host, or a rule about slips of the key reports it."""
    project, path = stack.project, each.path
    folder, name = posixpath.split(path)
    is_outside = posixpath.relpath(path, project.directory or ".").startswith("..") if path[:1] not in "/~" else True
    if is_outside or _MADE.fullmatch(path) or is_git_ignored(stack, path):
        return True
    if each.is_folder:
        modules = (posixpath.join(each, ".gitmodules") for each in (project.directory, folder, ""))
        return bool(near_folder(project, path)) or any(map(project.reader.exists, modules))
    if any(name in text for text in _scripts(stack)):
        return True
    found = (*project.reader.glob(posixpath.join(folder, "*")), *project.reader.glob(posixpath.join(folder, ".*")))
    beside = [posixpath.basename(path).lower() for path in found]
    stem = posixpath.splitext(name)[0].strip(".").lower()
    return any(stem in each and any(word in each for word in _SAMPLE) for each in beside) or bool(
        near_file(project, path)
    )


def _scripts(stack: Stack) -> Iterator[str]:
    """The texts of scripts that may make files."""
    for pattern in ("*.sh", "scripts/*.sh", "bin/*.sh", "[Mm]akefile"):
        for path in stack.reader.glob(posixpath.join(stack.project.directory, pattern)):
            source = stack.text(path)
            yield source.text if source is not None else ""
