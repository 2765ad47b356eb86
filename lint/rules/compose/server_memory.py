"""What database servers plan to keep in memory, against what their container may take."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import ByteSize, Project
from ...finding import Edit, Severity
from ...policy import Policy
from ...record import dataclass
from ...regex import regex
from ...rule import Report, rule
from .server_files import Option
from .server_values import value_replaced
from .servers import Server, servers

_CACHES = {
    "mysql": "innodb-buffer-pool-size",
    "mariadb": "innodb-buffer-pool-size",
    "postgres": "shared_buffers",
    "redis": "maxmemory",
    "valkey": "maxmemory",
}
_SIZE = regex(r"(\d+) ?([a-zA-Z]*)")
_POWERS = {"": 0, "b": 0, "k": 1, "kb": 1, "m": 2, "mb": 2, "g": 3, "gb": 3, "t": 4, "tb": 4}
_PAGE = 8192
"""PostgreSQL counts buffers in pages when no unit is given."""


@dataclass(frozen=True, eq=False)
class _Plan:
    """How much of its limit a server plans with."""

    server: Server
    option: Option
    size: str
    limit: str
    share: float


def _bytes(kind: str, value: str) -> int | None:
    """What *value* means to the server: Redis counts 1k as 1000 and 1kb as 1024, the others both as 1024."""
    match = _SIZE.fullmatch(value.strip())
    if match is None or match[2].lower() not in _POWERS:
        return None
    unit = match[2].lower()
    is_decimal = kind in ("redis", "valkey") and unit in ("k", "m", "g")
    number: int = int(match[1]) * (1000 if is_decimal else 1024) ** _POWERS[unit]
    return number * _PAGE if kind == "postgres" and not unit else number


def _plans(project: Project) -> Iterator[_Plan]:
    for server in servers(project):
        limit = server.service.memory_limit
        option = server.option(_CACHES[server.kind])
        if option is None or not isinstance(option.value, str) or limit is None:
            continue
        size = _bytes(server.kind, option.value)
        if size and isinstance(limit.amount, ByteSize) and limit.amount.bytes > 0:
            yield _Plan(server, option, option.value, limit.amount.text, size / limit.amount.bytes)


def _most(server: Server, policy: Policy) -> float:
    is_cache = server.kind in ("redis", "valkey")
    return policy.databases.max_redis_memory_share if is_cache else policy.databases.max_buffer_pool_share


@rule(
    "compose/cache-above-memory-limit",
    Severity.ERROR,
    bad=(
        """
        services:
          db:
            image: mysql:9.7.4
            mem_limit: 1g
            command: [--innodb-buffer-pool-size=2G]  # <-
          cache:
            image: redis:8.0.6
            mem_limit: 256m
            command: redis-server --maxmemory 256mb  # <-
          pg:
            image: postgres:17.5
            deploy: {resources: {limits: {memory: 512M}}}
            command: postgres -c shared_buffers=1GB  # <-
        """,
        {
            "docker-compose.yml": """
                services:
                  cache:
                    image: valkey/valkey:8.1.3
                    mem_limit: 100m
                    command: valkey-server /etc/valkey.conf
                    volumes: ["./valkey.conf:/etc/valkey.conf:ro"]
            """,
            "valkey.conf": """
                maxmemory-policy allkeys-lru
                maxmemory 1gb  # <-
            """,
        },
    ),
    fixed="""
        services:
          db:
            image: mysql:9.7.4
            mem_limit: 1g
            command: [--innodb-buffer-pool-size=768M]
          cache:
            image: redis:8.0.6
            mem_limit: 256m
            command: redis-server --maxmemory 204mb
          pg:
            image: postgres:17.5
            deploy: {resources: {limits: {memory: 512M}}}
            command: postgres -c shared_buffers=384MB
    """,
    unsafe=True,
    good="""
        services:
          db:
            image: mysql:9.7.4
            mem_limit: 2g
            command: [--innodb-buffer-pool-size=1G]
          cache:
            image: redis:8.0.6
            mem_limit: 256m
            command: redis-server --maxmemory 128mb --maxmemory-policy noeviction
          other:
            image: mysql:9.7.4
            mem_limit: 1g
            command: ["--innodb-buffer-pool-size=${POOL}"]
          pg:
            image: postgres:17.5
            mem_limit: 1g
            command: postgres -c shared_buffers=16384
    """,
    source="https://github.com/docker-library/mysql/issues/82",
)
def cache_above_memory_limit(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A database that plans to keep as much in memory as its whole container may take, or more.

    It fills the cache under load, and then the kernel kills it in the middle of its work, again and again.
    """
    for plan in _plans(project):
        if plan.share >= 1:
            message = f'"{plan.option.name}" is {plan.size}, the memory limit {plan.limit}; '
            yield plan.option.place, message + "lower the one or raise the other", _lowered(project, plan, policy)


_UNITS = {"mysql": "M", "mariadb": "M", "postgres": "MB", "redis": "mb", "valkey": "mb"}


def _lowered(project: Project, plan: _Plan, policy: Policy) -> tuple[Edit, ...]:
    """The largest share that the policy allows, in whole megabytes."""
    share = policy.databases.max_buffer_pool_share if plan.server.kind == "postgres" else _most(plan.server, policy)
    limit = plan.server.service.memory_limit
    amount = limit.amount.bytes if limit is not None and isinstance(limit.amount, ByteSize) else 0
    size = int(amount * share) // 1024**2
    return value_replaced(project, plan.option, f"{size}{_UNITS[plan.server.kind]}", safe=False) if size else ()


@rule(
    "compose/cache-near-memory-limit",
    Severity.WARNING,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            mem_limit: 1g
            command: [--innodb-buffer-pool-size=900M]  # <-
          cache:
            image: redis:8.0.6
            mem_limit: 1g
            command: [redis-server, --maxmemory, 900mb, --maxmemory-policy, allkeys-lru]  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            mem_limit: 1g
            command: [--innodb-buffer-pool-size=700M]
          cache:
            image: redis:8.0.6
            mem_limit: 1g
            command: [redis-server, --maxmemory, 800mb, --maxmemory-policy, allkeys-lru]
    """,
    source="https://github.com/OT-CONTAINER-KIT/redis-operator/issues/769",
)
def cache_near_memory_limit(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A database whose cache leaves its container no room for anything else.

    Beside the cache there are connections, sort buffers and, when Redis writes to disk, pages that changed meanwhile.
    `policy.databases` holds the largest shares.
    """
    for plan in _plans(project):
        most = _most(plan.server, policy)
        if most < plan.share < 1:
            message = f'"{plan.option.name}" is {plan.size}, {plan.share:.0%} of the memory limit {plan.limit}; '
            yield plan.option.place, message + f"stay below {most:.0%}"


@rule(
    "compose/eviction-without-maxmemory",
    Severity.WARNING,
    bad="""
        services:
          cache:
            image: redis:8.0.6
            command: redis-server --maxmemory-policy allkeys-lru  # <-
          zero:
            image: valkey/valkey:8.1.3
            command: [valkey-server, --maxmemory, "0", --maxmemory-policy, volatile-ttl]  # <-
    """,
    good="""
        services:
          cache:
            image: redis:8.0.6
            command: redis-server --maxmemory-policy allkeys-lru --maxmemory 100mb
          queue:
            image: redis:8.0.6
            command: redis-server --maxmemory-policy noeviction
          other:
            image: redis:8.0.6
            command: [redis-server, --maxmemory-policy, allkeys-lru, --maxmemory, "${MAX}"]
    """,
    source="https://redis.io/docs/latest/develop/reference/eviction/",
)
def eviction_without_maxmemory(project: Project) -> Iterator[Report]:
    """
    A rule for what Redis drops when its memory is full, and no size at which it is full.

    Without `maxmemory` it never drops anything and grows until the kernel kills it.
    """
    for server in servers(project, "redis", "valkey"):
        policy, most = server.option("maxmemory-policy"), server.value("maxmemory")
        is_evicting = policy is not None and isinstance(policy.value, str) and policy.value != "noeviction"
        if policy is not None and is_evicting and server.is_known and most in (None, "0"):
            yield policy.place, f'"maxmemory-policy {policy.value}" does nothing without a size; add "maxmemory"'


@rule(
    "compose/cache-without-maxmemory",
    Severity.INFO,
    bad="""
        services:
          cache:  # <-
            image: redis:8.0.6
            mem_limit: 256m
          other:  # <-
            image: valkey/valkey:8.1.3
            mem_limit: 1g
            command: [valkey-server, --appendonly, "yes"]
    """,
    good="""
        services:
          cache:
            image: redis:8.0.6
            mem_limit: 256m
            command: [redis-server, --maxmemory, 128mb]
          free:
            image: redis:8.0.6
          own:
            image: redis:8.0.6
            mem_limit: 256m
            command: [sh, -c, exec redis-server /tmp/made.conf]
    """,
    source="https://redis.io/docs/latest/develop/reference/eviction/",
    preset="strict",
    lacks=True,
)
def cache_without_maxmemory(project: Project) -> Iterator[Report]:
    """
    A Redis whose container has a memory limit and that knows nothing of it.

    At the limit the kernel kills it and all keys since the last save are gone; with `maxmemory` it drops old keys or
    answers writes with an error instead.
    """
    for server in servers(project, "redis", "valkey"):
        limit, policy = server.service.memory_limit, server.option("maxmemory-policy")
        if policy is not None and policy.value != "noeviction":
            continue  # compose/eviction-without-maxmemory says so
        if limit is not None and server.is_known and server.option("maxmemory") is None:
            message = f'service "{server.service.name}" has a memory limit and does not know it; add "maxmemory"'
            yield server.service.place, message
