"""What happens when a service ends."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service, Value
from ...compose.edits import added, replaced
from ...finding import Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .judging import awaited_jobs, is_for_swarm, lasting_services, runs_migration, some

_RESTART = "https://docs.docker.com/engine/containers/start-containers-automatically/"


@rule(
    "compose/no-restart-policy",
    Severity.WARNING,
    bad="""
        services:
          app:  # <-
            image: python:3.13.5
    """,
    fixed="""
        services:
          app:
            image: python:3.13.5
            restart: unless-stopped
    """,
    good="""
        services:
          app:
            image: python:3.13.5
            restart: unless-stopped
          other:
            image: python:3.13.5
            deploy: {restart_policy: {condition: on-failure}}
          migrate:
            image: python:3.13.5
            restart: "no"
          unknown:
            image: python:3.13.5
            restart: ${RESTART}
          tools:
            image: python:3.13.5
            profiles: [tools]
    """,
    unsafe=True,
    source=_RESTART,
    lacks=True,
)
def no_restart_policy(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A service that stays down after a crash or a restart of the host.

    Without `restart` the engine starts it once. `unless-stopped` brings it back, and leaves alone what somebody
    stopped. A job that is to end says `restart: "no"`; services with a profile are started by hand.
    """
    for service in lasting_services(project) if not is_for_swarm(project) else ():
        has_policy = service.restart is not None or service.get("deploy.restart_policy") is not None
        if has_policy:
            continue
        wanted = next(iter(policy.services.restart), "unless-stopped")
        message = f'service "{service.name}" stays down after a crash; add "restart: {wanted}", or "no" for a job'
        yield service.place, message, some(added(service.value, f"restart: {wanted}", safe=False))


_POLICIES = ("no", "always", "unless-stopped", "on-failure")
_POLICY = regex(r"no|always|unless-stopped|on-failure(?::\d+)?|")


@rule(
    "compose/unknown-restart-policy",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: python:3.13.5
            restart: unless_stopped  # <-
          other:
            image: python:3.13.5
            restart: "always:3"  # <-
    """,
    fixed="""
        services:
          app:
            image: python:3.13.5
            restart: unless-stopped
          other:
            image: python:3.13.5
            restart: unless-stopped
    """,
    unsafe=True,
    good="""
        services:
          app:
            image: python:3.13.5
            restart: on-failure:3
          other:
            image: python:3.13.5
            restart: ${RESTART}
          job:
            image: python:3.13.5
            restart: "no"
    """,
    source=_RESTART,
)
def unknown_restart_policy(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A restart policy that the engine does not know: it makes no container, and `docker compose up` ends there.

    `docker compose config` takes any text, so it is found only on the host.
    """
    for service in project.services.values():
        value = service.get("restart")
        if value is None or not isinstance(value.data, str) or _POLICY.fullmatch(value.data):
            continue
        import difflib  # noqa: PLC0415 - only a fault needs it

        near = difflib.get_close_matches(value.data, _POLICIES, 1, 0.6)
        hint = f'did you mean "{near[0]}"?' if near else 'write "unless-stopped", "on-failure" or "no"'
        wanted = "no" if not near else next(iter(policy.services.restart), near[0]) if near[0] == "always" else near[0]
        edits = (replaced(value, wanted, safe=False),) if wanted != "no" and value.is_literal else ()
        yield value.place, f'the engine knows no restart policy "{value.text}"; {hint}', edits


@rule(
    "compose/always-restart-revives-old-release",
    Severity.WARNING,
    bad="""
        services:
          app:
            restart: always  # <-
          db:
            restart: "always"  # <-
    """,
    fixed="""
        services:
          app:
            restart: unless-stopped
          db:
            restart: unless-stopped
    """,
    good="""
        services:
          app:
            restart: unless-stopped
          db:
            restart: on-failure:3
          other:
            restart: ${RESTART}
    """,
    source=_RESTART,
)
def always_restart_revives_old_release(project: Project, policy: Policy) -> Iterator[Report]:
    """
    `restart: always`, which starts what somebody stopped.

    When the engine starts again, after an update or a crash, `always` also brings back the containers that were
    stopped by hand: the release before this one, or the service taken down for a repair, beside the new one.
    `unless-stopped` is the same in every other respect.
    """
    if "always" in policy.services.restart:
        return
    for service in project.services.values():
        value = service.restart
        if value is not None and value.data == "always":
            message = f'service "{service.name}" comes back after it was stopped by hand; write "unless-stopped"'
            yield value.place, message, (replaced(value, "unless-stopped"),) if value.is_literal else ()


@rule(
    "compose/restarting-job",
    Severity.WARNING,
    bad="""
        services:
          migrate:
            command: python manage.py migrate
            restart: unless-stopped  # <-
          app:
            depends_on:
              prepare: {condition: service_completed_successfully}
          prepare:
            restart: always  # <-
          loader:
            command: [alembic, upgrade, head]
            deploy:
              restart_policy: {condition: any}  # <-
    """,
    fixed="""
        services:
          migrate:
            command: python manage.py migrate
            restart: on-failure
          app:
            depends_on:
              prepare: {condition: service_completed_successfully}
          prepare:
            restart: on-failure
          loader:
            command: [alembic, upgrade, head]
            deploy:
              restart_policy: {condition: on-failure}
    """,
    unsafe=True,
    good="""
        services:
          migrate:
            command: python manage.py migrate
            restart: "no"
          prepare:
            command: alembic upgrade head
            restart: on-failure
          web:
            command: sh -c "python manage.py migrate && gunicorn app:app"
            restart: unless-stopped
    """,
    source="https://docs.docker.com/reference/compose-file/services/#restart",
)
def restarting_job(project: Project) -> Iterator[Report]:
    """
    A job that is started again each time it ends well.

    A migration under `always` or `unless-stopped` runs for ever, one after the other, and what waits for
    `service_completed_successfully` may never start. Write `restart: "no"`, or `on-failure` for another try.
    """
    awaited = awaited_jobs(project)
    for service in project.services.values():
        value = _restart(service)
        if value is None or value.data not in ("always", "unless-stopped", "any"):
            continue
        if service.name in awaited or runs_migration(service):
            message = f'service "{service.name}" is a job and would run for ever; write "no" or "on-failure"'
            yield value.place, message, (replaced(value, "on-failure", safe=False),)


def _restart(service: Service) -> Value | None:
    return service.restart or service.get("deploy.restart_policy.condition")
