"""The engine and Compose: installed, allowed, running, new enough."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..engine import MINIMUM_COMPOSE, MINIMUM_ENGINE, EngineForbiddenError, EngineMissingError, version_of
from .patient import Patient
from .verdict import UNREACHABLE, Check, Verdict, ok, unseen, wrong

FIX = "./inv doctor --fix installs it from the distribution's packages"
RUNNING = "engine.running"
USABLE = ("engine.version", "compose.version")
"""What everything that asks the engine needs."""


def checks(patient: Patient) -> Iterator[Check]:
    """The checks of both groups."""
    yield Check("engine.installed", "installed", lambda: _installed(patient))
    yield Check("engine.allowed", "allowed", lambda: _allowed(patient), ("engine.installed",))
    yield Check(RUNNING, "running", lambda: _running(patient), ("engine.allowed",))
    yield Check("engine.version", "version", lambda: _engine_version(patient), (RUNNING,))
    yield Check("compose.version", "version", lambda: _compose_version(patient), ("engine.installed",))


def _installed(patient: Patient) -> Verdict:
    if patient.engine.client is None:
        says = str(patient.engine.problem or EngineMissingError("no docker")).partition(";")[0]
        return wrong(says, FIX, exit_code=UNREACHABLE)
    return ok(patient.engine.client)


def _allowed(patient: Patient) -> Verdict:
    problem = patient.engine.problem
    if isinstance(problem, EngineForbiddenError):
        says, _, todo = str(problem).partition("; ")
        return wrong(says, todo, exit_code=UNREACHABLE)
    return ok()


def _running(patient: Patient) -> Verdict:
    engine = patient.engine
    if not engine.running:
        says = f"the engine does not answer: {engine.trouble or 'no word from it'}"
        elsewhere = os.environ.get("DOCKER_HOST")
        todo = f"start it at {elsewhere}, or unset DOCKER_HOST" if elsewhere else "./inv doctor --fix starts it"
        return wrong(says, todo, exit_code=UNREACHABLE)
    return ok(str(patient.machine.get("OperatingSystem", "")))


def _engine_version(patient: Patient) -> Verdict:
    return _new_enough("the engine", patient.engine.server, MINIMUM_ENGINE)


def _compose_version(patient: Patient) -> Verdict:
    return _new_enough("Compose", patient.engine.compose, MINIMUM_COMPOSE)


def _new_enough(what: str, version: str, minimum: tuple[int, ...]) -> Verdict:
    if not version_of(version):
        return unseen(f"{what} does not say which version it is")
    wanted = ".".join(map(str, minimum))
    if version_of(version) < minimum:
        return wrong(f"{what} is {version}, at least {wanted} is needed", FIX, exit_code=UNREACHABLE)
    return ok(f"{version}, at least {wanted}")
