"""`inv provision`: shows what hosts need, asks once, gives it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from ..command import Command
from ..elevated import elevated
from ..errors import FairleadError, SettingsError
from ..execute import execute
from ..host import Host
from ..inventory import HostEntry
from ..plan import Plan, plan_for
from ..progress import Progress
from ..settings import find_settings, load_settings
from ..ssh import RemoteHost
from .need import Need
from .needs import needs

Ask = Callable[[str], str]
YES = "yes"


def provision(names: Iterable[str], *, check: bool = False, yes: bool = False, dry: bool = False) -> None:
    """
    Gives the hosts what they need; with *check* only says it, and exits with 1 where something is missing.

    Raises:
        SettingsError: no such host; nobody is there to ask, or the answer is not yes.
        FairleadError: a host cannot be reached, or a step failed; the next run goes on from there.
    """
    ask = input if sys.stdin.isatty() else None
    with ExitStack() as opened:
        found = [_examined(opened.enter_context(RemoteHost(entry, ask)), entry) for entry in _entries(names)]
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
            _confirm(yes=yes, ask=ask)
            _carry_out(plans)
        if any(need.blocked for need in missing):
            raise FairleadError("something is left that only a person can do: see above")


def _entries(names: Iterable[str]) -> tuple[HostEntry, ...]:
    return load_settings(find_settings(Path.cwd())).inventory.chosen(names)


def _examined(host: RemoteHost, entry: HostEntry) -> tuple[Host, list[Need]]:
    user = host.run(Command(("id", "-un"))).out.strip()
    root = elevated(host)
    return root, needs(root, entry, user)


def _table(host: Host, wanted: Iterable[Need]) -> str:
    rows = [f"  {'has ' if need.ok else 'LACKS'} {need.title}: {need.says}" for need in wanted]
    return "\n".join([f"{host.name}:", *(row.replace("has  ", "has   ") for row in rows)])


def _plan(host: Host, wanted: Iterable[Need]) -> Plan:
    return plan_for(host.name, *(step for need in wanted for step in need.steps))


def _confirm(*, yes: bool, ask: Ask | None) -> None:
    if yes:
        return
    if ask is None:
        raise SettingsError("provision: nobody is here to ask; say --yes as well, or run the commands above")
    if ask("\nRun this? Type yes to go on: ").strip() != YES:
        raise SettingsError("nothing was done")


def _carry_out(plans: Iterable[tuple[Host, Plan]]) -> None:
    for host, plan in plans:
        print(f"\n{host.name}:", flush=True)
        with Progress() as progress:
            execute(plan, {host.name: host}, progress, take_back=False)
