"""A run over the stack of fairlead.yaml, on this machine: its site from outside, and all that is promised inside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from ...lint.policy import Policy, policy_from
from ...lint.settings import settings_for
from ..certificates.site import site_of as names_of
from ..doctor.patient import Patient, patient
from ..doctor.seen import seen_containers
from ..errors import SettingsError, UnreachableError
from .budget import OWN_RATE, Budget
from .inside import checks as inside
from .inside.installation import Installation, every_nginx, inspect
from .inside.picture import facts_of_stack
from .options import Options
from .outside import checks as outside
from .outside.site import Site
from .promises.running import Running
from .promises.witness import Listener, listeners
from .readiness import PAUSE_S
from .runner import Job
from .selection import selected
from .session import Session
from .web import Trust, Web


class NotRunningError(UnreachableError):
    """The stack has no containers, so there is nothing to look at."""


def open_stack_session(options: Options) -> Session:
    """
    The stack of the fairlead.yaml of the current folder or one above it.

    Raises:
        SettingsError: there is none, or it is wrong.
        EngineError: no engine answers.
        NotRunningError: no container of it runs.
    """
    stack = installation(options, started(patient(changing=options.changing), options.wait_s))
    checks = selected([*outside.CHECKS, *inside.CHECKS, *inside.ALONE], options.only, everything=options.everything)
    from_outside, alone = {id(check) for check in outside.CHECKS}, {id(check) for check in inside.ALONE}
    jobs = [Job(check, stack.site if id(check) in from_outside else stack) for check in checks]
    together = [job for job in jobs if id(job.check) not in alone]
    last = [job for job in jobs if id(job.check) in alone]
    return Session(stack.patient.settings.name, "stack", stack.site, together, last, lambda: facts_of_stack(stack))


def installation(options: Options, found: Patient) -> Installation:
    """The stack of *found*, with its site as the edge's own configuration has it."""
    if found.engine.problem is not None:
        raise found.engine.problem
    if found.stack is None or found.merged is None:
        raise SettingsError(found.trouble or "the compose files cannot be read; inv doctor says why")
    if not any(container.running for container in found.containers or ()):
        raise NotRunningError(f"{found.settings.name}: no container runs; inv up starts it")
    inspected = inspect(found)
    nginxes, troubles = every_nginx(found, inspected)
    site = site_of(options, found, nginxes)
    return Installation(found, inspected, nginxes, site, options.everything, troubles)


def started(
    found: Patient,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Patient:
    """*found* when no container is starting any more, or the time is over."""
    ends_at = clock() + seconds
    while found.stack and any(each.health == "starting" for each in found.containers or ()) and clock() < ends_at:
        wait(PAUSE_S)
        there = [each for project in found.projects for each in seen_containers(found.host, project)]
        found = replace(found, containers=tuple(there))
    return found


def site_of(options: Options, found: Patient, nginxes: tuple[Running, ...]) -> Site:
    """
    The site that the edge publishes: its first listener with TLS, or the address of the page in fairlead.yaml.

    Raises:
        SettingsError: there is neither.
    """
    known = [listener for nginx in nginxes if nginx.published for listener in listeners(nginx)]
    best = next((each for each in known if each.outside.startswith("https:")), None)
    base = f"{best.outside}/" if best else found.address("page") or (f"{known[0].outside}/" if known else "")
    if not base:
        raise SettingsError("fairlead.yaml: addresses.page is not set, and no nginx of this stack is published here")
    trust = Trust(options.ca)
    trust.context()
    web = Web(Budget(OWN_RATE), {each.key: each.connect for each in known})
    api = (found.doctor.api,) if found.doctor.api else ()
    site = Site(base, web, datetime.now(UTC), trust, _policy(), plain=_plain(known, best), api=api, is_ours=True)
    own = names_of(found.stack) if found.stack and found.settings.tls else None
    site.has_domains = own is not None and not own.is_local
    site.names = own.names if own and site.has_domains else ()
    return site


def _plain(known: list[Listener], best: Listener | None) -> str:
    """The listener of the same server's names that speaks no TLS and stands on port 80 inside."""
    if best is None:
        return ""
    fits = (each for each in known if each.name == best.name and each.inside.endswith(":80"))
    return next((f"{each.outside}/" for each in fits), "")


def _policy() -> Policy:
    """The policy of this project: production's, with what its fairlead.yaml has of its own."""
    settings = settings_for(".")
    return Policy(policy_from(settings.policy, settings.path or "fairlead.yaml")) if settings.policy else Policy()
