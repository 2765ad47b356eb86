"""The timer: this machine's own systemd or cron runs `inv certbot.renew` four times a day, and tells when it fails."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from .. import timers
from ..engine import require_engine
from ..environment import env_values
from ..errors import FairleadError
from ..execute import execute
from ..host import LocalHost
from ..lock import locked
from ..plan import plan_for
from ..progress import Progress
from ..settings import FILE_NAME
from ..stack import Stack, open_stack
from ..step import Step
from ..timers import MARK, Schedule, Timer
from .job import open_job
from .renewers import other_renewers

RENEW = ("certbot.renew", "--wait", "30")
"""Another run, such as a deployment, is waited out: it is no reason to tell anybody, nor to miss a turn."""

ONLY_HERE = ("ACME_SERVER", "ACME_CA_BUNDLE", "HTTP_PORT", "HTTPS_PORT", "PUBLIC_ADDRESS", "BASE_REGISTRY")
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")


def install(*, yes: bool = False, dry: bool = False) -> None:
    """`inv certbot.install-timer`."""
    stack = open_stack(client=str(require_engine(LocalHost()).client))
    name = open_job(stack).stack.settings.name
    others = other_renewers(stack.host, stack.project.client, stack.project.name)
    if others and not yes:
        raise FairleadError(f"{name}: certificates are renewed here already by {others[0]}; end it, or say --yes")
    plan = plan_for(stack.host.name, *timer_steps(stack))
    if dry:
        print(plan)
        return
    with locked(stack.settings.state / "lock", "inv certbot.install-timer"), Progress() as progress:
        execute(plan, {stack.host.name: stack.host}, progress)
    found = timer(stack)
    print(f"{name}: renewed by {found.kind}, next {found.next or 'in at most six hours'}")
    if lost := lost_variables(stack, os.environ):
        print(f"note: the timer does not see {', '.join(lost)} of this shell; write them to {stack.settings.env.file}")


def lost_variables(stack: Stack, environment: Mapping[str, str]) -> list[str]:
    """Variables of *environment* that a renewal needs, and which the env file has not."""
    settings, kept = stack.settings, env_values(stack.settings.env, {})
    templates = settings.secrets.templates if settings.secrets else {}
    names = {*ONLY_HERE, *VARIABLE.findall((settings.root / FILE_NAME).read_text(encoding="utf-8"))}
    for secret in (each.challenge.credentials for each in settings.domains if each.challenge.credentials):
        template = templates.get(secret)
        names |= set(VARIABLE.findall(template.read_text(encoding="utf-8"))) if template else {secret.upper()}
    return sorted(name for name in names if environment.get(name, "") not in ("", kept.get(name, "")))


def timer(stack: Stack) -> Timer:
    """The timer of *stack* on its host."""
    return timers.state(stack.host, _unit(stack))


def timer_steps(stack: Stack) -> Iterator[Step]:
    """
    What arms the timer; it can be done again at any time.

    Raises:
        SettingsError: the host has neither systemd nor cron.
    """
    schedule = schedule_of(stack, timers.own_program(stack.settings.root), timers.own_path())
    yield from timers.steps(stack.host, schedule, "in a container let it run: inv certbot.renew --loop")


def schedule_of(stack: Stack, program: Sequence[str], path: str) -> Schedule:
    """
    Four times a day.

    Args:
        program: What `inv` is called by.
        path: PATH for it.
    """
    name, root = stack.settings.name, str(stack.settings.root)
    return Schedule(
        unit=_unit(stack),
        does=f"Renew the certificate of {name} where it is due",
        when="four times a day",
        command=(*program, *RENEW),
        failed=stack.settings.acme.notify
        or timers.journalled(f"{name}: the certificate was not renewed; inv certbot.status in {root}"),
        fails=f"the certificate of {name} was not renewed",
        folder=root,
        path=path,
        calendar="*-*-* 00/6:00:00",
        jitter="1h",
        hours=6,
        limit="50min",
    )


def _unit(stack: Stack) -> str:
    return f"{MARK}-{stack.settings.name}-certbot"
