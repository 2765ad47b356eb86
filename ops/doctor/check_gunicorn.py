"""gunicorn's master and all of its workers are really there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

from ..command import Command
from .check_engine import USABLE
from .check_settings import COMPOSE
from .patient import ASK_S, Patient
from .seen import Seen
from .verdict import Check, Verdict, ok, skipped, unseen, wrong

FLAG = re.compile(r"(?:--workers[= ]|-w ?)(\d+)")
ZOMBIE = "Z"


def checks(patient: Patient) -> Iterator[Check]:
    """One check for each service that runs gunicorn."""
    services = patient.kind("gunicorn")
    for service in services:
        yield Check(f"gunicorn.{service}", service, _looking(patient, service), (*USABLE, COMPOSE))
    if not services:
        yield Check("gunicorn.none", "workers", lambda: skipped("no service runs gunicorn"), (*USABLE, COMPOSE))


def wanted_workers(container: Seen) -> int | None:
    """How many workers its arguments or variables ask for; None where its configuration file decides."""
    flags = FLAG.findall(" ".join((container.environment.get("GUNICORN_CMD_ARGS", ""), *container.words)))
    text = flags[-1] if flags else container.environment.get("WEB_CONCURRENCY", "")
    return int(text) if text.isdigit() else None


def workers(table: Sequence[str]) -> int | None:
    """How many live workers a process table has, lines of ``pid ppid state arguments``; None without a master."""
    parents = dict(_alive(table))
    masters = {pid for pid, parent in parents.items() if parent not in parents}
    return len([parent for parent in parents.values() if parent in masters]) if masters else None


def _alive(table: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in table:
        pid, parent, state, *words = line.split()
        if is_gunicorn(words) and not state.startswith(ZOMBIE):
            yield pid, parent


def is_gunicorn(words: Sequence[str]) -> bool:
    """Whether a command line is gunicorn's own, not that of a shell or an init that started it."""
    first, second, third = (*(PurePosixPath(word).name for word in words[:3]), "", "", "")[:3]
    if first.startswith("python"):
        return second == "gunicorn" or (second, third) == ("-m", "gunicorn")
    return first.rstrip(":") == "gunicorn"


def _looking(patient: Patient, service: str) -> Callable[[], Verdict]:
    def look() -> Verdict:
        running = [container for container in patient.of(service) if container.running]
        if not running:
            return skipped(f"{service} does not run")
        verdicts = [_counted(patient, container) for container in running]
        return next((verdict for verdict in verdicts if verdict.word != "ok"), verdicts[0])

    return look


def _counted(patient: Patient, container: Seen) -> Verdict:
    listed = patient.host.run(
        Command((patient.client, "top", container.name, "-eo", "pid,ppid,stat,args")), timeout_s=ASK_S
    )
    if not listed.ok:
        return unseen(f"docker top {container.name}: {listed.reason}")
    there, wanted = workers(listed.out.splitlines()[1:]), wanted_workers(container)
    logs = f"inv logs --service {container.service} says why; docker restart {container.name} begins anew"
    if there is None:
        return wrong(f"{container.name} has no gunicorn master process", logs)
    if there == 0 or (wanted is not None and there < wanted):
        of = f" of {wanted}" if wanted is not None else ""
        return wrong(f"{container.name} has a master and {there}{of} workers", logs)
    return ok(f"master and {there} workers")
