"""gunicorn's workers, against the container they run in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.gunicorn import setting, settings_file
from ...stack.starting import Started, started, variable

_BY_CPUS = regex(r"^workers[ \t]*=[^\n#]*(?:cpu_count|sched_getaffinity)[^\n#]*", re.M)
_DOCKERFILE = """
    FROM python:3.13.5-slim
    WORKDIR /app
    COPY gunicorn.conf.py app.py ./
    USER 1000
    CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", "app:app"]
"""
_SMALL = 'FROM python:3.13.5-slim\nWORKDIR /app\nUSER 1000\nCMD ["gunicorn", %s\n'


def _gunicorns(stack: Stack) -> Iterator[tuple[Container, Started]]:
    for container in stack.containers.values():
        server = started(container)
        if server is not None and server.name == "gunicorn":
            yield container, server


@rule(
    "stack/workers-by-host-cpus",
    Severity.WARNING,
    bad={
        "docker-compose.yml": "services:\n  app:\n    build: .\n    cpus: 1\n",
        "Dockerfile": _DOCKERFILE,
        "gunicorn.conf.py": "import multiprocessing\n\nworkers = multiprocessing.cpu_count() * 2 + 1  # <-\n",
        "app.py": "",
    },
    good=(
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n    cpus: 1\n    environment: [WORKERS=3]\n",
            "Dockerfile": _DOCKERFILE,
            "gunicorn.conf.py": 'import os\n\nworkers = int(os.environ["WORKERS"])\n',
            "app.py": "",
        },
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n",
            "Dockerfile": _DOCKERFILE,
            "gunicorn.conf.py": "import multiprocessing\n\nworkers = multiprocessing.cpu_count() * 2 + 1\n",
            "app.py": "",
        },
    ),
    source="https://github.com/benoitc/gunicorn/issues/2028",
)
def workers_by_host_cpus(stack: Stack) -> Iterator[Report]:
    """
    The number of workers follows the processors of the host, in a container that may use only some of them.

    `cpu_count()` knows nothing of the limit: on a host of 32 processors 65 workers share the one that is allowed, each
    with its own memory. Write the number down, or give it as WEB_CONCURRENCY.
    """
    seen: set[Place] = set()
    for container, server in _gunicorns(stack):
        limit = container.service.cpu_limit
        source = settings_file(container, server)
        match = _BY_CPUS.search(source.text) if source is not None else None
        if limit is None or source is None or match is None or any(server.options("--workers", "-w")):
            continue
        place = source.place(*match.span())
        if place not in seen:
            seen.add(place)
            stack.report_in(source)
            message = (
                f'service "{container.name}" may use {limit.amount} processors, and this counts those of the host; '
            )
            yield place, message + "take the number from WEB_CONCURRENCY"


@rule(
    "stack/heartbeat-on-disk",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
              worker:
                build: .
                command: gunicorn app:app  # <-
        """,
        "Dockerfile": _SMALL % '"--workers", "4", "app:app"]  # <-',
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
              mounted:
                build: .
                tmpfs: [/tmp]
                command: gunicorn -b 0.0.0.0:8000 app:app
              asked:
                build: .
                command: gunicorn -b 0.0.0.0:8000 app:app
                environment: {GUNICORN_CMD_ARGS: --worker-tmp-dir /dev/shm}
        """,
        "Dockerfile": _SMALL % '"-b", ":8000", "--worker-tmp-dir", "/dev/shm", "app:app"]',
    },
    source="https://docs.gunicorn.org/en/stable/faq.html#how-do-i-avoid-gunicorn-excessively-blocking-in-os-fchmod",
    preset="strict",
    lacks=True,
)
def heartbeat_on_disk(stack: Stack) -> Iterator[Report]:
    """
    gunicorn's workers show that they live by touching a file, which in a container is on the disk of the host.

    When the disk is busy the touch waits, and a worker that works is killed. `--worker-tmp-dir /dev/shm` keeps the file
    in memory.
    """
    seen: set[Place] = set()
    for container, server in _gunicorns(stack):
        service, stage = container.service, container.stage
        folders = [*(str(each.data) for each in service.tmpfs), *(str(mount.target) for mount in service.mounts)]
        is_told = variable(container, "GUNICORN_CMD_ARGS") != "" or _lacks_folder(container)
        if any(folder.startswith("/tmp") for folder in folders) or is_told:  # noqa: S108 - of the container
            continue
        own = service.command or service.entrypoint
        image = (stage.cmd or stage.entrypoint) if stage is not None else None
        place = own.place if own is not None else image.place if image is not None else None
        if place is not None and place not in seen and setting(container, server, "worker-tmp-dir") == []:
            seen.add(place)
            yield place, "a worker is killed when the disk is busy; add --worker-tmp-dir /dev/shm"


@rule(
    "stack/gunicorn-without-temporary-folder",
    Severity.ERROR,
    bad={
        "docker-compose.yml": "services:\n  app:\n    build: .\n    read_only: true  # <-\n",
        "Dockerfile": _SMALL % '"-b", "0.0.0.0:8000", "app:app"]',
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                read_only: true
                tmpfs: [/tmp]
              told:
                build: .
                read_only: true
                command: gunicorn -b 0.0.0.0:8000 --worker-tmp-dir /dev/shm app:app
              writable:
                build: .
        """,
        "Dockerfile": _SMALL % '"-b", "0.0.0.0:8000", "app:app"]',
    },
    source="https://docs.gunicorn.org/en/stable/settings.html#worker-tmp-dir",
)
def gunicorn_without_temporary_folder(stack: Stack) -> Iterator[Report]:
    """
    gunicorn on a read-only root, with no folder where its workers may write their heartbeat: it does not start.

    "No usable temporary directory found" is all it says. `--worker-tmp-dir /dev/shm`, or a tmpfs on /tmp, is enough.
    """
    for container, server in _gunicorns(stack):
        value = container.service.get("read_only")
        if value is None or not _lacks_folder(container):
            continue
        if setting(container, server, "worker-tmp-dir") == []:
            message = "gunicorn finds no temporary folder and does not start; add --worker-tmp-dir /dev/shm"
            yield value.place, message


def _lacks_folder(container: Container) -> bool:
    """Whether Python finds no folder for its temporary files: where it looks, nothing is writable."""
    service = container.service
    workdir = service.data("working_dir") or (container.stage.workdir if container.stage is not None else None)
    if service.data("read_only") is not True or not isinstance(workdir, str) or variable(container, "TMPDIR") != "":
        return False
    mounted = [*(str(each.data) for each in service.tmpfs), *(str(mount.target) for mount in service.mounts)]
    folders = [each.partition(":")[0].rstrip("/") for each in mounted]
    return not any(
        place == folder or place.startswith(folder + "/")
        for place in ("/tmp", "/var/tmp", "/usr/tmp", workdir)  # noqa: S108 - of the container
        for folder in folders
    )
