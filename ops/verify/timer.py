"""`inv verify.install-timer`: every night this machine, or a host, looks at what serves there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .. import timers
from ..execute import execute
from ..plan import plan_for
from ..progress import Progress
from ..stack import Stack, open_stack
from ..timers import MARK, Schedule

NIGHTLY = "verify.nightly"


def install(names: Sequence[str], *, ca: str = "", dry: bool = False) -> None:
    """
    `inv verify.install-timer`.

    Raises:
        SettingsError: neither systemd nor cron is there.
    """
    if names:
        from ..keeper.verify import install as install_there  # noqa: PLC0415 - fabric takes 400 ms

        install_there(names, ca=ca, dry=dry)
        return
    stack = open_stack()
    words = (NIGHTLY, *(("--ca", str(Path(ca).absolute())) if ca else ()))
    schedule = _schedule(stack, (*timers.own_program(stack.settings.root), *words))
    plan = plan_for(stack.host.name, *timers.steps(stack.host, schedule, "let something run inv verify.nightly"))
    if dry:
        print(plan)
        return
    with Progress() as progress:
        execute(plan, {stack.host.name: stack.host}, progress)
    found = timers.state(stack.host, schedule.unit)
    print(f"{stack.settings.name}: verified by {found.kind}, next {found.next or 'in the night'}")
    variable = stack.settings.outward.webhook
    if variable and os.environ.get(variable):
        print(f"note: the timer has {variable} from {stack.settings.env.file} alone, not from this shell")


def unit_of(stack: str) -> str:
    """The name of the timer's units."""
    return f"{MARK}-{stack}-verify"


def schedule_for(stack: str, command: tuple[str, ...], folder: str, path: str, says: str) -> Schedule:
    """
    Once a night.

    Args:
        says: What stands in the journal where it ends with another code than 0.
    """
    return Schedule(
        unit=unit_of(stack),
        does=f"Verify what {stack} promises",
        when="every night",
        command=command,
        failed=timers.journalled(says),
        fails=f"{stack} does not keep a promise, or could not be looked at",
        folder=folder,
        path=path,
        calendar="*-*-* 03:00:00",
        jitter="1h",
        hours=24,
        limit="20min",
        first=2,
    )


def _schedule(stack: Stack, command: tuple[str, ...]) -> Schedule:
    name, root = stack.settings.name, str(stack.settings.root)
    says = f"{name}: inv verify found something; inv verify --all in {root} says what"
    return schedule_for(name, command, root, timers.own_path(), says)
