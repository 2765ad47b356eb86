"""`inv lock`: who is at work on a host or has frozen it; freezes it and thaws it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..agent.freezing import FILE, Freeze, freeze_of, refuse_frozen
from ..errors import SettingsError
from ..hosts import Opened, open_hosts
from ..lock import operator
from ..notify import announced
from ..settings import find_settings, load_settings
from .following import Agent
from .reserving import holder
from .target import Target, examine
from .telling import Teller


def lock(names: Sequence[str], *, on: bool, off: bool, reason: str, dry: bool) -> None:
    """
    `inv lock`.

    Raises:
        LockedError: it is frozen already, or somebody is at work there.
    """
    if on and off:
        raise SettingsError("lock: --on and --off contradict each other; say one")
    if on != bool(reason.strip()):
        raise SettingsError('lock: --on and --reason go together: --on --reason "stock-taking until Monday"')
    with open_hosts(names) as hosts:
        for opened in hosts:
            target = examine(opened.host, opened.layout)
            if not (on or off):
                print("\n".join(f"{opened.host.name}: {line}" for line in _held(opened, target)))
            elif dry:
                print(f"{opened.host.name}: {f'freeze: {reason}' if on else 'thaw'}")
            else:
                words = f"frozen: {reason.strip()}" if on else "thawed"
                event = {"event": "freeze", "host": opened.host.name, "on": on, "text": words}
                with announced(load_settings(find_settings(Path.cwd())), event):
                    _order(opened, target, reason)


def frozen(opened: Opened) -> Freeze | None:
    """The freeze that a host has."""
    return freeze_of(opened.host.read(f"{opened.layout.state}/{FILE}"))


def refuse_if_frozen(opened: Opened) -> None:
    """
    Before a deploy or a rollback does anything.

    Raises:
        LockedError: the host is frozen; the message says by whom, since when and why.
    """
    refuse_frozen(frozen(opened), opened.host.name)


def _held(opened: Opened, target: Target) -> Iterator[str]:
    """Who holds it, line by line."""
    work = _at_work(opened, target)
    if work:
        yield work
    freeze = frozen(opened)
    if freeze is not None:
        yield f"{freeze}; inv lock --off --host {opened.host.name} thaws it"
    elif not work:
        yield f"free; {target.state.current or 'no release'} serves"


def _at_work(opened: Opened, target: Target) -> str:
    """What has begun there and not ended; empty where nothing has."""
    agent, pending = Agent(opened.host, target, opened.layout), target.state.pending
    if agent.runs():
        return f"{agent.holder()}; inv deploy --resume --host {opened.host.name} follows it"
    if sends := holder(opened.host, opened.layout):
        return f"{sends} has the host"
    if pending:
        return f"a switch to {pending} has begun and not ended, and nobody is at work on it; see inv deploy -h"
    return ""


def _order(opened: Opened, target: Target, reason: str) -> None:
    agent = Agent(opened.host, target, opened.layout)
    words = ("freeze", "--root", opened.layout.root, "--who", operator(), "--reason", reason.strip())
    with Teller() as teller:
        agent.run(agent.image(), words, teller)
    print(f"{opened.host.name}: {frozen(opened) or 'not frozen'}")
