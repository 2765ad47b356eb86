"""`inv provision`: shows what hosts need, asks once, gives it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ..command import Command
from ..elevated import elevated
from ..errors import FairleadError, InterruptedRunError, SettingsError
from ..execute import execute
from ..host import Host
from ..hosts import open_hosts
from ..plan import Plan, plan_for
from ..progress import Progress
from ..ssh import RemoteHost
from .need import Need
from .needs import needs

YES = "yes"


def provision(names: Iterable[str], *, check: bool = False, yes: bool = False, dry: bool = False) -> None:
    """
    Gives the hosts what they need; with *check* only says it, and exits with 1 where something is missing.

    Raises:
        SettingsError: no such host; nobody is there to ask, or the answer is not yes.
        FairleadError: a host cannot be reached, or a step failed; the next run goes on from there.
    """
    with open_hosts(names) as hosts:
        found = [_examined(opened.host) for opened in hosts]
        for host, wanted in found:
            print(_table(host, wanted), flush=True)
        missing = [need for _, wanted in found for need in wanted if not need.ok]
        if check:
            sys.exit(FairleadError.exit_code if missing else 0)
        plans = [(host, _plan(host, wanted)) for host, wanted in found]
        plans = [(host, plan) for host, plan in plans if plan]
        for _, plan in plans:
            print(f"\nas root:\n{plan}", flush=True)
        if plans and not dry:
            _confirm(yes=yes)
            _carry_out(plans)
        if any(need.blocked for need in missing):
            raise FairleadError("something is left that only a person can do: see above")


def _examined(host: RemoteHost) -> tuple[Host, list[Need]]:
    user = host.run(Command(("id", "-un"))).out.strip()
    root = elevated(host)
    return root, needs(root, host.entry, user)


def _table(host: Host, wanted: Iterable[Need]) -> str:
    rows = [f"  {'has ' if need.ok else 'LACKS'} {need.title}: {need.says}" for need in wanted]
    return "\n".join([f"{host.name}:", *(row.replace("has  ", "has   ") for row in rows)])


def _plan(host: Host, wanted: Iterable[Need]) -> Plan:
    return plan_for(host.name, *(step for need in wanted for step in need.steps))


def _confirm(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError("provision: nobody is here to ask; say --yes as well, or run the commands above")
    if input("\nRun this? Type yes to go on: ").strip() != YES:
        raise SettingsError("nothing was done")


def _carry_out(plans: Iterable[tuple[Host, Plan]]) -> None:
    for host, plan in plans:
        print(f"\n{host.name}:", flush=True)
        try:
            with Progress() as progress:
                execute(plan, {host.name: host}, progress, take_back=False)
        except KeyboardInterrupt:
            raise InterruptedRunError(
                f"{host.name}: inv provision: interrupted; run it again, it goes on from where it was"
            ) from None
