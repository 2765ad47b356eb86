"""The logs of each service, searched for errors that are known, and explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..command import Command, without
from .check_engine import USABLE
from .check_settings import COMPOSE
from .known_errors import KNOWN_ERRORS, KnownError
from .patient import ASK_S, Patient, is_job
from .seen import Seen
from .verdict import Check, Verdict, ok, skipped, unseen, wrong

RECENT = timedelta(minutes=10)
"""How far back a service that is well is asked."""

LONGEST_LOG = 5000
SHOWN_WIDTH = 160
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")


@dataclass(frozen=True)
class Explained:
    """A known error, how often it was seen, and the last line of it."""

    error: KnownError
    count: int
    line: str


def checks(patient: Patient) -> Iterator[Check]:
    """One check for each service."""
    for service in sorted(patient.services):
        yield Check(f"logs.{service}", service, _looking(patient, service), (*USABLE, COMPOSE))
    if not patient.services:
        yield Check("logs.all", "all", lambda: unseen("there is no model"), (*USABLE, COMPOSE))


def explained(lines: Iterable[str], kinds: frozenset[str], *, lasting_only: bool) -> list[Explained]:
    """The known errors among *lines*, in the order they were first seen."""
    counted: dict[KnownError, Explained] = {}
    for line in lines:
        error = _known(line, kinds)
        if error is None or (lasting_only and not error.lasting):
            continue
        before = counted[error].count if error in counted else 0
        counted[error] = Explained(error, before + 1, line)
    return list(counted.values())


def log_since(started_at: str, now: datetime, *, calm: bool) -> str:
    """From when on a log is read: never before the last start, since what was before is over."""
    recent = (now - RECENT).strftime("%Y-%m-%dT%H:%M:%SZ")
    return max(recent, started_at) if calm else started_at


def _known(line: str, kinds: frozenset[str]) -> KnownError | None:
    fitting = (error for error in KNOWN_ERRORS if not error.kinds or error.kinds & kinds)
    return next((error for error in fitting if error.pattern.search(line)), None)


def _looking(patient: Patient, service: str) -> Callable[[], Verdict]:
    def look() -> Verdict:
        containers = patient.of(service)
        if not containers:
            return skipped(f"{service} has no container")
        found = [_of_container(patient, container) for container in containers]
        failed = next((one for one in found if isinstance(one, str)), None)
        if failed is not None:
            return unseen(failed)
        return _verdict([error for one in found if not isinstance(one, str) for error in one])

    return look


def _of_container(patient: Patient, container: Seen) -> list[Explained] | str:
    """What its log holds since its last start; of a service that is well only what is recent and matters."""
    calm = patient.all_is_well
    since = log_since(container.started_at, datetime.now(UTC), calm=calm)
    flags = ("--tail", str(LONGEST_LOG), "--since", since)
    log = patient.host.run(Command((patient.client, "logs", *flags, container.name)), timeout_s=ASK_S)
    if not log.ok:
        return f"docker logs {container.name}: {log.reason}"
    lines = (without(CONTROL.sub("", line), patient.secrets) for line in (log.out + log.err).splitlines())
    job = is_job(patient.services[container.service])
    kinds = container.kinds | ({"gunicorn"} if job or not container.kinds else set())
    return explained(lines, frozenset(kinds), lasting_only=calm)


def _verdict(found: list[Explained]) -> Verdict:
    if not found:
        return ok("no known error")
    first = found[0].error
    details = [f"{one.count} x {one.line.strip()[:SHOWN_WIDTH]}" for one in found]
    more = [f"also: {one.error.means}; {one.error.todo}" for one in found[1:]]
    return wrong(first.means, first.todo, *details, *more)
