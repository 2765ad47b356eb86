"""Who waits for whom, and for what."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service
from ...finding import Edit, Severity
from ...place import Place
from ...rule import Report, rule
from .judging import runs_migration

_ORDER = "https://docs.docker.com/compose/how-tos/startup-order/"


@rule(
    "compose/dependency-only-started",
    Severity.WARNING,
    bad="""
        services:
          app:
            depends_on:
              - db  # <-
          other:
            depends_on:
              db: {condition: service_started}  # <-
          db:
            healthcheck: {test: [CMD, mysqladmin, ping]}
    """,
    fixed="""
        services:
          app:
            depends_on:
              db: {condition: service_healthy}
          other:
            depends_on:
              db: {condition: service_healthy}
          db:
            healthcheck: {test: [CMD, mysqladmin, ping]}
    """,
    good="""
        services:
          app:
            depends_on:
              db: {condition: service_healthy}
              cache: {condition: service_started}
              web: {condition: service_healthy}
          web:
            healthcheck: {test: [CMD, curl, -f, http://localhost]}
          cache:
            restart: unless-stopped
          db:
            healthcheck: {test: [CMD, mysqladmin, ping]}
    """,
    unsafe=True,
    source=_ORDER,
)
def dependency_only_started(project: Project) -> Iterator[Report]:
    """
    A service that waits only until another is started, although that one's health is checked.

    MySQL accepts connections ten to sixty seconds after its container started; until then the first queries fail,
    and a program that does not try again ends. `condition: service_healthy` waits for the check.
    """
    for service in project.services.values():
        for name, dependency in service.depends_on.items():
            other = project.services.get(name)
            if dependency.condition != "service_started" or other is None or not _has_own_check(other):
                continue
            value = service.get("depends_on", name, "condition")
            written = None if value is None or value.place == dependency.place else value
            message = f'service "{service.name}" does not wait until "{name}" is healthy; write the condition '
            place = written.place if written else dependency.place
            yield place, message + '"service_healthy"', _waiting(service, name, place, is_list=written is None)


def _has_own_check(service: Service) -> bool:
    check = service.healthcheck
    return check is not None and not check.disabled and bool(check.words)


def _waiting(service: Service, name: str, place: Place, *, is_list: bool) -> tuple[Edit, ...]:
    """In a map the condition; a list becomes a map when all of its entries do, each on a line of its own."""
    if not is_list:
        return (Edit(place, "service_healthy", safe=False),)
    entry = service.get("depends_on", name)
    if entry is None or entry.key is None:
        return ()
    body, key = entry.key.source.body, entry.key.start
    line = body[body.rfind("\n", 0, key) + 1 : key]
    start = line.rfind("-")
    is_block = line[:start].strip() == "" and line[start + 1 :].strip() in ("", "'", '"')
    others = [service.project.services.get(each) for each in service.depends_on]
    if start < 0 or not is_block or not all(other is not None and _has_own_check(other) for other in others):
        return ()
    whole = Place(place.path, place.line, start + 1, place.end_line, place.end_column)
    return (Edit(whole, f"{name}: {{condition: service_healthy}}", safe=False),)


@rule(
    "compose/migration-not-awaited",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              - migrate  # <-
          migrate:
            image: acme/app:1.2.3
            command: alembic upgrade head
            restart: "no"
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on:
              migrate: {condition: service_completed_successfully}
          migrate:
            image: acme/app:1.2.3
            command: alembic upgrade head
            restart: "no"
    """,
    source=_ORDER,
)
def migration_not_awaited(project: Project) -> Iterator[Report]:
    """
    A service that starts while the migration it depends on still runs.

    Its first queries meet the tables of the release before. `condition: service_completed_successfully` waits until
    the migration has ended well, and starts nothing when it has not.
    """
    for service in project.services.values():
        for name, dependency in service.depends_on.items():
            other = project.services.get(name)
            if other is None or dependency.condition == "service_completed_successfully":
                continue
            if isinstance(dependency.condition, str) and runs_migration(other):
                message = f'service "{service.name}" does not wait until "{name}" is done; write the condition '
                yield dependency.place, message + '"service_completed_successfully"'
