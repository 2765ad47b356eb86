"""What does not fit into a container, or a container that does not fit what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...compose import ByteSize, Project, Service, Unknown
from ...compose.edits import added
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import lasting_services, some

_LIMITS = "https://docs.docker.com/engine/containers/resource_constraints/"
_LEAST_BYTES = 6 * 1024 * 1024
"""The engine refuses a smaller memory limit."""


@rule(
    "compose/reservation-above-limit",
    Severity.ERROR,
    bad="""
        services:
          db:
            mem_limit: 512m
            mem_reservation: 1g  # <-
          app:
            deploy:
              resources:
                limits: {memory: 256m}
                reservations:
                  memory: 300M  # <-
    """,
    good="""
        services:
          db:
            mem_limit: 1g
            mem_reservation: 512m
          app:
            mem_limit: ${LIMIT}
            mem_reservation: 4g
    """,
    source=_LIMITS + "#limit-a-containers-access-to-memory",
)
def reservation_above_limit(project: Project) -> Iterator[Report]:
    """More reserved than allowed: the engine refuses to make a container whose reservation is above its limit."""
    for service in project.services.values():
        limit, reserved = service.memory_limit, service.memory_reservation
        if limit is None or reserved is None:
            continue
        most, wanted = limit.amount, reserved.amount
        if isinstance(most, ByteSize) and isinstance(wanted, ByteSize) and wanted > most:
            message = f'reserves "{wanted.text}", more than its limit "{most.text}"; lower it'
            yield reserved.place, f'service "{service.name}" {message}'


@rule(
    "compose/limit-of-a-few-bytes",
    Severity.ERROR,
    bad="""
        services:
          db:
            mem_limit: 512  # <-
          app:
            deploy: {resources: {limits: {memory: "2048"}}}  # <-
    """,
    good="""
        services:
          db:
            mem_limit: 512m
          app:
            mem_limit: 536870912
          off:
            mem_limit: 0
    """,
    source=_LIMITS + "#limit-a-containers-access-to-memory",
)
def limit_of_a_few_bytes(project: Project) -> Iterator[Report]:
    """A memory limit without a unit, which is in bytes: the engine refuses less than 6 MB."""
    for service in project.services.values():
        limit = service.memory_limit
        if limit is not None and isinstance(limit.amount, ByteSize) and 0 < limit.amount.bytes < _LEAST_BYTES:
            message = f'memory limit "{limit.amount.text}" is {limit.amount.bytes} bytes; '
            yield limit.place, message + f'write a unit, such as "{limit.amount.bytes}m"'


@rule(
    "compose/more-workers-than-cpus",
    Severity.WARNING,
    bad=(
        """
        services:
          app:
            cpus: 1
            command: [gunicorn, --workers, "9", --bind, "0.0.0.0:8000", "app:app"]  # <-
        """,
        """
        services:
          app:
            cpus: 1
            command: gunicorn --workers 9 --bind 0.0.0.0:8000 app:app  # <-
          api:
            cpus: 0.5
            command: [uvicorn, "app:app", --workers=4]  # <-
        """,
    ),
    fixed="""
        services:
          app:
            cpus: 1
            command: [gunicorn, --workers, "3", --bind, "0.0.0.0:8000", "app:app"]
    """,
    unsafe=True,
    good="""
        services:
          app:
            cpus: 2
            command: gunicorn -w 5 app:app
          api:
            command: gunicorn -w 64 app:app
          queue:
            cpus: 1
            command: celery -A app worker -c 20
    """,
    source="https://github.com/benoitc/gunicorn/issues/2028",
)
def more_workers_than_cpus(project: Project, policy: Policy) -> Iterator[Report]:
    """
    More worker processes than the service's share of the processors can run.

    They wait for each other, each with its own memory, and health checks time out under load. `2 * cpus + 1` is
    what gunicorn advises; `policy.services.max_processes_per_cpu` is the limit here.
    """
    for service in project.services.values():
        workers, cpus = _workers(service), service.cpu_limit
        if service.command is None or not workers or cpus is None or not isinstance(cpus.amount, int | float):
            continue
        if workers > max(1, cpus.amount) * policy.services.max_processes_per_cpu or workers > 2 * cpus.amount + 2:
            message = f'service "{service.name}" starts {workers} workers on {cpus.amount:g} cpus; '
            yield (
                service.command.place,
                message + "start fewer, or raise the limit",
                _fewer(service, int(2 * cpus.amount + 1)),
            )


def _fewer(service: Service, workers: int) -> tuple[Edit, ...]:
    """As many workers as gunicorn advises, where the number is written in a list of words."""
    value = service.get("command")
    entries = list(value.entries()) if value is not None else []
    for before, entry in pairwise(entries):
        if before.text in ("-w", "--workers") and entry.text.isdigit():
            return (Edit(entry.place, f'"{workers}"', safe=False),)
    return ()


def _workers(service: Service) -> int:
    words = service.command.words if service.command else ()
    texts = ["" if isinstance(word, Unknown) else word for word in words]
    if not any(text.rsplit("/", 1)[-1] in ("gunicorn", "uvicorn", "granian", "hypercorn") for text in texts):
        return 0
    for index, text in enumerate(texts):
        if text in ("-w", "--workers") and index + 1 < len(texts) and texts[index + 1].isdigit():
            return int(texts[index + 1])
        if text.startswith("--workers=") and text.partition("=")[2].isdigit():
            return int(text.partition("=")[2])
    return 0


_BROWSERS = ("selenium", "chrome", "chromium", "browserless", "puppeteer", "playwright", "standalone-chrome")


@rule(
    "compose/small-shared-memory",
    Severity.INFO,
    bad="""
        services:
          chrome:  # <-
            image: selenium/standalone-chrome:138.0
    """,
    fixed="""
        services:
          chrome:
            image: selenium/standalone-chrome:138.0
            shm_size: 1gb
    """,
    unsafe=True,
    good="""
        services:
          chrome:
            image: selenium/standalone-chrome:138.0
            shm_size: 1gb
          other:
            image: selenium/standalone-chrome:138.0
            volumes: [/dev/shm:/dev/shm]
          db:
            image: postgres:17.5
    """,
    source="https://github.com/SeleniumHQ/docker-selenium#--shm-size2g",
    preset="strict",
    lacks=True,
)
def small_shared_memory(project: Project) -> Iterator[Report]:
    """A browser with the engine's 64 MB of shared memory, where tabs of larger pages crash."""
    for service in lasting_services(project):
        name = service.image.name.basename if service.image else ""
        is_browser = isinstance(name, str) and any(word in name for word in _BROWSERS)
        has_mount = any(mount.target == "/dev/shm" for mount in service.mounts)  # noqa: S108 - no file is made there
        has_tmpfs = any(str(entry.data).startswith("/dev/shm") for entry in service.tmpfs)  # noqa: S108 - the same
        if is_browser and not (service.get("shm_size") or service.get("ipc") or has_mount or has_tmpfs):
            message = f'service "{service.name}" runs a browser with 64 MB of shared memory; add "shm_size"'
            yield service.place, message, some(added(service.value, "shm_size: 1gb", safe=False))


@rule(
    "compose/limits-above-host-memory",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              db:
                image: mysql:9.7.4
                mem_limit: 3g  # <-
              app:
                image: acme/app:1.2.3
                mem_limit: 512m
                deploy: {replicas: 4}
        """,
        "fairlead.yaml": "policy:\n  services:\n    host_memory_mb: 4096\n",
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  db:
                    image: mysql:9.7.4
                    mem_limit: 3g
                  app:
                    image: acme/app:1.2.3
                    mem_limit: 512m
                  backup:
                    image: acme/backup:1.2.3
                    mem_limit: 2g
                    profiles: [backup]
            """,
            "fairlead.yaml": "policy:\n  services:\n    host_memory_mb: 4096\n",
        },
        {"docker-compose.yml": "services:\n  db:\n    image: mysql:9.7.4\n    mem_limit: 900g\n"},
    ),
    source=_LIMITS,
)
def limits_above_host_memory(project: Project, policy: Policy) -> Iterator[Report]:
    """
    Memory limits that together are more than the host has.

    Each service alone keeps to its limit, and all of them together do not fit: the kernel then kills whichever it
    likes, often the database. `policy.services.host_memory_mb` says how much the host has; 0 is not known. Reported at
    the largest limit.
    """
    most = policy.services.host_memory_mb * 1024 * 1024
    limits = [
        (limit.amount.bytes * service.replicas, limit)
        for service in (project.services.values() if most else ())
        if not service.profiles and isinstance(service.replicas, int)
        if (limit := service.memory_limit) is not None and isinstance(limit.amount, ByteSize)
    ]
    total = sum(size for size, _ in limits)
    if most and total > most:
        _, largest = max(limits, key=lambda pair: pair[0])
        message = f"the memory limits of all services are {total / 1024**2:.0f} MB together, the host has "
        yield largest.place, message + f"{policy.services.host_memory_mb} MB; lower some of them"
