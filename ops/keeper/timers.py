"""Timers of a host: its own systemd or cron runs the keeper, so that no laptop is needed."""

from __future__ import annotations

from collections.abc import Sequence

from .. import timers
from ..certbot.timer import RENEW
from ..deploy.building import HERE, built_for
from ..errors import FairleadError
from ..execute import execute
from ..hosts import open_hosts
from ..plan import plan_for
from ..progress import Progress
from ..timers import Schedule
from .certbot import Work, prepare
from .noting import note, others_there, unit
from .running import PATH

BY_HAND = "install cron or systemd there"


def install_certbot(names: Sequence[str], *, yes: bool = False, dry: bool = False) -> None:
    """
    `inv certbot.install-timer --host`.

    Raises:
        FairleadError: somebody else renews there, or nothing runs at times.
    """
    with open_hosts(names) as hosts:
        for opened in hosts:
            work = Work(opened)
            host, keeper = opened.host, work.keeper
            others = others_there(keeper)
            if others and not yes:
                raise FairleadError(
                    f"{host.name}: certificates are renewed there already by {others[0]}; end it, or say --yes"
                )
            schedule = _certbot(work)
            plan = plan_for(host.name, *timers.steps(host, schedule, BY_HAND))
            with built_for(host, HERE):
                if dry:
                    print(f"{plan_for(host.name, *work.steps())}\n{plan}")
                    continue
                prepare(work)
            with Progress() as progress:
                execute(plan, {host.name: host}, progress)
            found = note(keeper)
            print(f"{host.name}: renewed by {found.kind}, next {found.next or 'in at most six hours'}")


def _certbot(work: Work) -> Schedule:
    keeper, name = work.keeper, work.keeper.layout.stack
    told = f"{name}: the certificate was not renewed; inv certbot.status --host {keeper.host.name} says more"
    return Schedule(
        unit=unit(keeper),
        does=f"Renew the certificate of {name} where it is due",
        when="four times a day",
        command=keeper.command(*RENEW, named="timed").argv,
        failed=work.stack.settings.acme.notify or timers.journalled(told),
        fails=f"the certificate of {name} was not renewed",
        folder=keeper.folder,
        path=PATH,
        calendar="*-*-* 00/6:00:00",
        jitter="1h",
        hours=6,
        limit="50min",
    )
