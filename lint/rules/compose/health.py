"""Whether a service is known to work, and who waits for that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...compose import Project, Service
from ...finding import Severity
from ...place import Place
from ...rule import Report, rule
from .judging import dockerfile_of, is_official, lacks_files, lasting_services

if TYPE_CHECKING:
    from ...dockerfile import Dockerfile

_HEALTH = "https://docs.docker.com/reference/compose-file/services/#healthcheck"


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
    covers=(
        "kics:healthcheck_not_set",
        "docksec:compose-missing-healthcheck",
        "kics:healthcheck_instruction_missing",
        "checkov:CKV_DOCKER_2",
        "trivy:DS-0026",
        "hadolint:DL3057",
    ),
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
    covers=("kics:healthcheck_not_set", "docksec:compose-missing-healthcheck"),
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
              plain: {condition: service_healthy, required: false}
          plain:
            image: redis:8.2.1
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
    if not project.complete or lacks_files(project):
        return
    for service in project.services.values():
        for name, dependency in service.depends_on.items():
            other = project.services.get(name)
            if dependency.condition != "service_healthy" or other is None or not dependency.required:
                continue
            if _is_checked(other) is False:
                value = service.get("depends_on", name, "condition")
                message = f'service "{name}" has no health check, so "{service.name}" never starts; '
                yield value.place if value else dependency.place, message + f'give "{name}" one'
