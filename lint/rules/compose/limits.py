"""How much of the host a container may take."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service, Value, byte_size
from ...compose.edits import added, replaced
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import is_database, is_for_swarm, lasting_services, some

_LIMITS = "https://docs.docker.com/engine/containers/resource_constraints/"


def _is_wanted(policy: Policy, name: str) -> bool:
    return name in policy.services.required_limits or name in policy.services.strict_limits


def _limited(service: Service, policy: Policy, name: str, key: str) -> tuple[Edit, ...]:
    """The limit that the policy recommends, where the service has its others; Swarm looks at those of deploy alone."""
    amount = policy.recommended_limits.get(name)
    if not amount or service.get(f"deploy.resources.reservations.{name}") is not None:
        return ()
    text = f'"{amount}"' if name == "cpus" else amount
    limits = service.get("deploy.resources.limits")
    if limits is not None:
        return some(added(limits, f"{name}: {text}", safe=False))
    return () if is_for_swarm(service.project) else some(added(service.value, f"{key}: {text}", safe=False))


@rule(
    "compose/no-memory-limit",
    Severity.WARNING,
    bad=(
        """
        services:
          app:  # <-
            image: python:3.13.5
          web:  # <-
            image: python:3.13.5
            deploy:
              resources:
                limits: {cpus: "1"}
        """,
        """
        services:
          db:  # <-
            image: mysql:9.4.0
            deploy:
              resources:
                reservations: {memory: 512m}
        """,
    ),
    fixed="""
        services:
          app:
            image: python:3.13.5
            mem_limit: 512m
          web:
            image: python:3.13.5
            deploy:
              resources:
                limits: {cpus: "1", memory: 512m}
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: python:3.13.5
            mem_limit: 512m
          db:
            image: mysql:9.4.0
            deploy: {resources: {limits: {memory: "${MYSQL_MEMORY}"}}}
          migrate:
            image: python:3.13.5
            restart: "no"
    """,
    source=_LIMITS + "#memory",
    covers=("kics:memory_not_limited", "docksec:compose-no-resource-limits"),
    lacks=True,
)
def no_memory_limit(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A service that may take all of the host's memory.

    One leak, and the kernel kills whatever is largest: often the database. With a limit it is the service at fault
    that is restarted. Both `mem_limit` and `deploy.resources.limits.memory` work without Swarm.
    """
    if not _is_wanted(policy, "memory"):
        return
    for service in lasting_services(project):
        if service.memory_limit is None:
            message = f'service "{service.name}" has no memory limit; add "mem_limit" or deploy.resources.limits.memory'
            is_own = is_database(service) or service.get("mem_reservation") is not None
            yield service.place, message, () if is_own else _limited(service, policy, "memory", "mem_limit")


@rule(
    "compose/no-cpu-limit",
    Severity.INFO,
    bad="""
        services:
          app:  # <-
            image: python:3.13.5
    """,
    fixed="""
        services:
          app:
            image: python:3.13.5
            cpus: "1"
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: python:3.13.5
            cpus: 1.5
          db:
            image: mysql:9.4.0
            cpu_quota: 50000
          web:
            image: nginx:1.29.4
            deploy: {resources: {limits: {cpus: "0.5"}}}
    """,
    source=_LIMITS + "#cpu",
    covers=("kics:cpus_not_limited", "docksec:compose-no-resource-limits"),
    preset="strict",
    lacks=True,
)
def no_cpu_limit(project: Project, policy: Policy) -> Iterator[Report]:
    """A service that may take every processor of the host, so that the others answer late."""
    if not _is_wanted(policy, "cpus"):
        return
    for service in lasting_services(project):
        has_other = any(service.data(key) for key in ("cpu_quota", "cpuset", "cpu_count", "cpu_percent"))
        if service.cpu_limit is None and not has_other:
            message = f'service "{service.name}" has no cpu limit; add "cpus"'
            yield service.place, message, _limited(service, policy, "cpus", "cpus")


@rule(
    "compose/no-pids-limit",
    Severity.INFO,
    bad="""
        services:
          app:  # <-
            image: python:3.13.5
          db:  # <-
            image: mysql:9.4.0
            pids_limit: -1
    """,
    fixed="""
        services:
          app:
            image: python:3.13.5
            pids_limit: 512
          db:
            image: mysql:9.4.0
            pids_limit: 512
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: python:3.13.5
            pids_limit: 100
          web:
            image: nginx:1.29.4
            deploy: {resources: {limits: {pids: 64}}}
    """,
    source="https://docs.docker.com/reference/compose-file/services/#pids_limit",
    covers=("kics:pids_limit_not_set",),
    preset="strict",
    lacks=True,
)
def no_pids_limit(project: Project, policy: Policy) -> Iterator[Report]:
    """A service that may start processes until the host can start none, as a fork bomb does."""
    if not _is_wanted(policy, "pids"):
        return
    for service in lasting_services(project):
        limit = service.pids_limit
        if limit is not None and not (isinstance(limit.amount, int | float) and limit.amount <= 0):
            continue
        message = f'service "{service.name}" has no limit of processes; add "pids_limit"'
        wanted, off = policy.recommended_limits.get("pids"), service.get("pids_limit")
        if limit is None:
            yield service.place, message, _limited(service, policy, "pids", "pids_limit")
        else:
            yield service.place, message, (replaced(off, str(wanted), safe=False),) if off and wanted else ()


_PAIRS = (
    ("mem_limit", "deploy.resources.limits.memory"),
    ("cpus", "deploy.resources.limits.cpus"),
    ("pids_limit", "deploy.resources.limits.pids"),
    ("mem_reservation", "deploy.resources.reservations.memory"),
)


@rule(
    "compose/conflicting-limits",
    Severity.ERROR,
    bad="""
        services:
          app:
            mem_limit: 512m  # <-
            pids_limit: 100  # <-
            deploy:
              resources:
                limits: {memory: 1g, pids: 64}
    """,
    good="""
        services:
          app:
            mem_limit: 1024m
            cpus: "1.0"
            deploy:
              resources:
                limits: {memory: 1g, cpus: "1"}
    """,
    source="https://github.com/compose-spec/compose-go/blob/main/loader/validate.go",
)
def conflicting_limits(project: Project) -> Iterator[Report]:
    """The same limit with two values, once by each of its keys: Compose refuses to start anything."""
    for service in project.services.values():
        for key, other in _PAIRS:
            one, two = service.get(key), service.get(other)
            if one is None or two is None or one.is_unknown or two.is_unknown:
                continue
            if _amount(one) and _amount(two) and _amount(one) != _amount(two):
                yield one.place, f'"{key}: {one.text}" and "{other}: {two.text}" differ; keep one of them'


def _amount(value: Value) -> float | None:
    data = value.data
    size = byte_size(data) if isinstance(data, int | str) and not isinstance(data, bool) else None
    if size is not None and isinstance(data, str) and not data.replace(".", "", 1).isdigit():
        return size.bytes
    try:
        return float(data)
    except (TypeError, ValueError):
        return None
