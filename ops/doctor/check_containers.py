"""Each service of the model: there, running, healthy, not restarting, not killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ..command import without
from .check_engine import USABLE
from .check_settings import COMPOSE
from .patient import Patient, is_job
from .seen import Seen
from .verdict import Check, Verdict, ok, skipped, unseen, wrong

START = "inv up starts it"
LOG = "the logs below, and inv logs --service {}, say why; inv up starts it again"
JUST_NOW_S = 300.0
"""A restart longer ago than this is over."""

EXITS = {
    1: "an error of the program",
    2: "wrong settings or wrong use",
    125: "the engine could not start it",
    126: "its program may not be run",
    127: "its program was not found in the image",
    132: "an instruction that this processor does not have",
    134: "it gave up by itself",
    137: "killed from outside: out of memory, docker kill, or too slow to stop",
    139: "it crashed",
    143: "stopped by SIGTERM",
}


def checks(patient: Patient) -> Iterator[Check]:
    """One check for each service."""
    for service in sorted(patient.services):
        yield Check(f"containers.{service}", service, _looking(patient, service), (*USABLE, COMPOSE))
    if not patient.services:
        yield Check("containers.all", "all", lambda: unseen("there is no model to compare with"), (*USABLE, COMPOSE))


def _looking(patient: Patient, service: str) -> Callable[[], Verdict]:
    def look() -> Verdict:
        containers = patient.of(service)
        if not containers and (patient.services[service].get("deploy") or {}).get("replicas") == 0:
            return skipped("the model wants none")
        if not containers:
            return wrong(f"{service} has no container", START)
        verdicts = [container_verdict(container, job=is_job(patient.services[service])) for container in containers]
        bad = next((verdict for verdict in verdicts if verdict.word != "ok"), None)
        if bad is None:
            return verdicts[0] if len(verdicts) == 1 else ok(f"{len(verdicts)} of them, {verdicts[0].says}")
        return Verdict(
            bad.word, without(bad.says, patient.secrets), bad.todo, _masked(patient, bad.details), bad.exit_code
        )

    return look


def container_verdict(container: Seen, *, job: bool, now: datetime | None = None) -> Verdict:
    """How *container* is, in itself."""
    if job and container.state == "exited" and container.exit_code == 0:
        return ok("done")
    if container.state == "restarting":
        says = f"{container.service} restarts again and again ({container.restarts} times), {_ended(container)}"
        return wrong(says, LOG.format(container.service))
    if not container.running:
        says = f"{container.service} is not running: {container.state}, {_ended(container)}"
        return wrong(says, _todo(container), *filter(None, [container.error]))
    return _running_verdict(container, now)


def _running_verdict(container: Seen, now: datetime | None) -> Verdict:
    if container.health == "unhealthy":
        says = f"{container.service} runs and is unhealthy"
        said = tuple(container.health_output.splitlines()[-3:])
        return wrong(says, f"inv logs --service {container.service}", *(f"its health check: {line}" for line in said))
    if container.health == "starting":
        return wrong(f"{container.service} is still starting", "wait a moment and ask again; inv status shows it")
    if container.restarts and _age_s(container, now) < JUST_NOW_S:
        says = f"{container.service} was restarted {container.restarts} times, last {_age_s(container, now):.0f} s ago"
        return wrong(says, LOG.format(container.service))
    return ok(container.health or "running")


def _todo(container: Seen) -> str:
    if container.oom_killed:
        return f"raise {container.service}'s memory limit, or lower what it is told to use; then inv up"
    return START if container.exit_code in (0, 143) else LOG.format(container.service)


def _ended(container: Seen) -> str:
    if container.oom_killed:
        return "killed for want of memory"
    meaning = EXITS.get(container.exit_code)
    return f"exit {container.exit_code}" + (f" ({meaning})" if meaning else "")


def _age_s(container: Seen, now: datetime | None) -> float:
    started = datetime.fromisoformat(container.started_at[:19] + "+00:00")
    return ((now or datetime.now(UTC)) - started).total_seconds()


def _masked(patient: Patient, lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(without(line, patient.secrets) for line in lines)
