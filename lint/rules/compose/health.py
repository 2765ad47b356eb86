"""Whether a service is known to work, and who waits for that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service
from ...dockerfile import Dockerfile
from ...finding import Edit, Severity
from ...place import Place
from ...policy import Policy
from ...rule import Report, rule
from .judging import dockerfile_of, is_official, lasting_services

_HEALTH = "https://docs.docker.com/reference/compose-file/services/#healthcheck"
_ORDER = "https://docs.docker.com/compose/how-tos/startup-order/"


def _is_checked(service: Service) -> bool | None:
    """
    Whether a health check runs: its own, or its image's. None where the image cannot be seen.

    No image of Docker's own library has one.
    """
    check = service.healthcheck
    if check is not None and check.disabled:
        return False
    if check is not None and (check.words or service.data("healthcheck.test") is not None):
        return True
    if service.build is None:
        return False if is_official(service) else None
    dockerfile = dockerfile_of(service)
    return None if dockerfile is None else _of_dockerfile(dockerfile, service)


def _of_dockerfile(dockerfile: Dockerfile, service: Service) -> bool | None:
    target = service.build.target if service.build else None
    stage = dockerfile.stage(target) if isinstance(target, str) else dockerfile.final_stage
    if stage is None or (target is not None and not isinstance(target, str)):
        return None
    if stage.healthcheck is not None:
        return not stage.healthcheck.text.upper().endswith("NONE")
    image = stage.root_image
    is_from_library = stage.root.is_scratch or (image is not None and "/" not in str(image.repository or "/"))
    return False if is_from_library else None


@rule(
    "compose/no-healthcheck",
    Severity.WARNING,
    bad=(
        """
        services:
          db:  # <-
            image: mysql:9.4.0
          app:  # <-
            build: ./app
          cache:
            image: redis:8.2.1
            healthcheck:
              disable: true  # <-
          web:
            image: nginx:1.29.4
            healthcheck:
              test: [NONE]  # <-
        """,
        {
            "docker-compose.yml": "services:\n  app:  # <-\n    build: .\n",
            "Dockerfile": "FROM python:3.13.5\nUSER 1000\n",
        },
    ),
    good=(
        """
        services:
          db:
            image: mysql:9.4.0
            healthcheck: {test: [CMD, mysqladmin, ping]}
          other:
            image: ghcr.io/acme/app:1.2.3
          migrate:
            image: python:3.13.5
            restart: "no"
        """,
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n",
            "Dockerfile": "FROM python:3.13.5\nUSER 1000\nHEALTHCHECK CMD python -m app.health\n",
        },
    ),
    source=_HEALTH,
    covers=("kics:healthcheck_not_set", "docksec:missing-healthcheck"),
    lacks=True,
)
def no_healthcheck(project: Project) -> Iterator[Report]:
    """
    A service without a health check in the Compose file and in its Dockerfile.

    A program that hangs looks as well as one that works: nothing waits for it, and no deployment notices. The images
    of Docker's own library bring none; whether another image brings one cannot be seen here, so those are not
    reported.
    """
    for service in lasting_services(project):
        is_checked = _is_checked(service)
        if is_checked or (is_checked is None and (service.build is None or dockerfile_of(service) is not None)):
            continue
        if service.healthcheck is not None and service.healthcheck.disabled:
            place = _place_of_switch(service)
            yield place, f'the health check of service "{service.name}" is switched off; write one that fits'
        else:
            where = "here or in a Dockerfile" if service.build else "and its image brings none"
            yield service.place, f'service "{service.name}" has no health check {where}; add "healthcheck"'


def _place_of_switch(service: Service) -> Place:
    value = service.get("healthcheck.disable") or service.get("healthcheck.test")
    return value.place if value is not None else service.place


@rule(
    "compose/healthcheck-left-to-image",
    Severity.INFO,
    bad="""
        services:
          app:  # <-
            image: ghcr.io/acme/app:1.2.3
    """,
    good="""
        services:
          app:
            image: ghcr.io/acme/app:1.2.3
            healthcheck: {test: [CMD, /app, health]}
          db:
            image: mysql:9.4.0
    """,
    source=_HEALTH,
    covers=("kics:healthcheck_not_set", "docksec:missing-healthcheck"),
    preset="strict",
    lacks=True,
)
def healthcheck_left_to_image(project: Project) -> Iterator[Report]:
    """A service that is checked only if its image happens to bring a check, which no file of the stack says."""
    for service in lasting_services(project):
        if service.build is None and service.image is not None and _is_checked(service) is None:
            yield service.place, f'service "{service.name}" has no health check of its own; add "healthcheck"'


@rule(
    "compose/waiting-for-no-healthcheck",
    Severity.ERROR,
    bad="""
        services:
          app:
            depends_on:
              db:
                condition: service_healthy  # <-
          db:
            image: mysql:9.4.0
          off:
            healthcheck: {disable: true}
          other:
            depends_on:
              off: {condition: service_healthy}  # <-
    """,
    good="""
        services:
          app:
            depends_on:
              db: {condition: service_healthy}
              other: {condition: service_healthy}
              gone: {condition: service_healthy, required: false}
          db:
            image: mysql:9.4.0
            healthcheck: {test: [CMD, mysqladmin, ping]}
          other:
            image: ghcr.io/acme/app:1.2.3
    """,
    source="https://github.com/docker/compose/issues/9591",
)
def waiting_for_no_healthcheck(project: Project) -> Iterator[Report]:
    """
    A service that waits for another to be healthy, which has no health check.

    Compose gives up with "container has no healthcheck configured", and the service is never started.
    """
    for service in project.services.values():
        for name, dependency in service.depends_on.items():
            other = project.services.get(name)
            if dependency.condition != "service_healthy" or other is None or not project.complete:
                continue
            if _is_checked(other) is False:
                value = service.get("depends_on", name, "condition")
                message = f'service "{name}" has no health check, so "{service.name}" never starts; '
                yield value.place if value else dependency.place, message + f'give "{name}" one'


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
    line = service.project.files[place.path].split("\n")[place.line - 1]
    start = line.rfind("-", 0, place.column)
    is_block = line[:start].strip() == "" and line[start + 1 : place.column - 1].strip() == ""
    others = [service.project.services.get(each) for each in service.depends_on]
    if start < 0 or not is_block or not all(other is not None and _has_own_check(other) for other in others):
        return ()
    whole = Place(place.path, place.line, start + 1, place.end_line, place.end_column)
    return (Edit(whole, f"{name}: {{condition: service_healthy}}", safe=False),)


_NEVER_FAILS = re.compile(r"(?:\|\|\s*(?:true|:|exit\s+0)|;\s*(?:true|exit\s+0))\s*$")
_CURL = re.compile(r"(?:^|[\s;&|(/])curl\s")
_CURL_FAILS = re.compile(r"\s(?:-[a-zA-Z]*f[a-zA-Z]*|--fail(?:-with-body)?)(?=\s|$)")
_COMPARED = re.compile(r"\bgrep\b|\btest\b|\[|\bjq\b|http_code|\bawk\b|\bcase\b")


@rule(
    "compose/healthcheck-cannot-fail",
    Severity.ERROR,
    bad="""
        services:
          app:
            healthcheck:
              test: curl http://localhost:8000/health  # <-
          web:
            healthcheck:
              test: [CMD, curl, http://localhost/]  # <-
          db:
            healthcheck:
              test: ["CMD-SHELL", "mysqladmin ping || true"]  # <-
    """,
    good="""
        services:
          app:
            healthcheck: {test: "curl -fsS http://localhost:8000/health || exit 1"}
          web:
            healthcheck: {test: [CMD, curl, --fail, http://localhost/]}
          search:
            healthcheck: {test: "curl -s http://localhost:9200/_cluster/health | grep -q green"}
          tcp:
            healthcheck: {test: [CMD, curl, "telnet://localhost:25"]}
    """,
    source="https://curl.se/docs/manpage.html#-f",
)
def healthcheck_cannot_fail(project: Project) -> Iterator[Report]:
    """
    A health check that says yes to everything.

    `curl` without `--fail` is content with an error 500, and what ends in `|| true` is always 0. Such a service is
    healthy while all its answers are errors.
    """
    for service in project.services.values():
        check, value = service.healthcheck, service.get("healthcheck.test")
        if check is None or value is None or check.disabled:
            continue
        line = " ".join(word for word in check.words if isinstance(word, str))
        if len(line.split()) and any(not isinstance(word, str) for word in check.words):
            continue
        if _NEVER_FAILS.search(line):
            yield value.place, f'the health check of service "{service.name}" cannot fail; remove what ends it with 0'
        elif _CURL.search(line) and "http" in line and not _CURL_FAILS.search(line) and not _COMPARED.search(line):
            message = f'the health check of service "{service.name}" takes an error 500 for health; '
            yield value.place, message + "add --fail to curl"


@rule(
    "compose/slow-healthcheck",
    Severity.INFO,
    bad="""
        services:
          app:
            healthcheck:
              test: [CMD, /app, health]
              interval: 10m  # <-
          other:
            healthcheck:
              test: [CMD, /app, health]
              interval: 5s
              timeout: 30s  # <-
    """,
    good="""
        services:
          app:
            healthcheck: {test: [CMD, /app, health], interval: 30s, timeout: 5s}
          other:
            healthcheck: {test: [CMD, /app, health], interval: "${INTERVAL}"}
    """,
    source=_HEALTH,
    preset="strict",
)
def slow_healthcheck(project: Project, policy: Policy) -> Iterator[Report]:
    """A health check that notices a failure late: it is seldom made, or given more time than lies between two."""
    for service in project.services.values():
        check = service.healthcheck
        if check is None or check.interval is None:
            continue
        interval, timeout = service.get("healthcheck.interval"), service.get("healthcheck.timeout")
        if interval and check.interval.seconds > policy.services.max_healthcheck_interval_s:
            yield interval.place, f'a failure is noticed only after "{interval.text}"; check more often'
        elif timeout and check.timeout and check.timeout > check.interval:
            yield timeout.place, f'timeout "{timeout.text}" is longer than the interval; shorten it'
