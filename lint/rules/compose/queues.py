"""Queues of jobs, and what may become of the jobs."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule
from .servers import servers


@rule(
    "compose/queue-may-be-evicted",
    Severity.WARNING,
    bad="""
        services:
          broker:
            image: redis:8.0.6
            command: [redis-server, --maxmemory, 100mb, --maxmemory-policy, allkeys-lru]  # <-
          worker:
            image: acme/worker:1.2.3
            environment:
              CELERY_BROKER_URL: redis://broker:6379/0
          jobs:
            image: redis:8.0.6
            command: [redis-server, --maxmemory, 100mb, --maxmemory-policy, allkeys-lru]  # <-
          sidekiq:
            image: acme/rails:1.2.3
            command: bundle exec sidekiq -C config/sidekiq.yml
            environment:
              REDIS_URL: redis://jobs:6379/1
    """,
    good="""
        services:
          cache:
            image: redis:8.0.6
            command: [redis-server, --maxmemory, 100mb, --maxmemory-policy, allkeys-lru]
          broker:
            image: redis:8.0.6
            command: [redis-server, --maxmemory, 100mb, --maxmemory-policy, noeviction]
          worker:
            image: acme/worker:1.2.3
            environment:
              CELERY_BROKER_URL: redis://broker:6379/0
              CACHE_URL: redis://cache:6379/0
          sidekiq:
            image: acme/rails:1.2.3
            command: bundle exec sidekiq
            environment:
              REDIS_URL: redis://broker:6379/1
              REDIS_CACHE_URL: redis://cache:6379/1
    """,
    source="https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html#key-eviction",
)
def queue_may_be_evicted(project: Project) -> Iterator[Report]:
    """
    A queue of jobs in a Redis that drops any key when its memory is full.

    Jobs vanish without a trace, and the workers' own records with them. Give the queue a Redis of its own with
    `noeviction`.
    """
    queues = _queues(project)
    for server in servers(project, "redis", "valkey"):
        option, value = server.option("maxmemory-policy"), server.value("maxmemory-policy")
        if option is not None and str(value).startswith("allkeys-") and server.service.name in queues:
            place = option.place
            yield place, f'"{value}" may drop jobs of the queue in "{server.service.name}"; write "noeviction"'


def _queues(project: Project) -> set[str]:
    """The services that a variable for the address of a queue names, and those that workers on Redis alone are told."""
    found = set()
    for service in project.services.values():
        words = service.command.words if service.command else ()
        is_worker = any(
            str(word).rpartition("/")[2] in ("sidekiq", "rq", "resque", "arq", "huey_consumer") for word in words
        )
        for variable in service.own_environment.values():
            name = variable.name.upper()
            is_queue = any(word in name for word in ("BROKER_URL", "QUEUE_URL", "SIDEKIQ_REDIS", "BULL_REDIS"))
            if (
                (is_queue or (is_worker and "CACHE" not in name))
                and isinstance(variable.value, str)
                and variable.value.startswith(("redis://", "valkey://"))
            ):
                found.add(variable.value.partition("://")[2].rpartition("@")[2].partition("/")[0].partition(":")[0])
    return found
