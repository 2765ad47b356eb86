"""`inv deploy`, `inv rollback`, `inv releases`: build, ship, hand over to the agent, follow it."""

from __future__ import annotations

import getpass
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

from ..agent.gc import old_releases
from ..agent.record import State, chain_break
from ..command import Command
from ..engine import require_engine
from ..errors import FairleadError, SettingsError
from ..execute import execute
from ..host import Host, LocalHost
from ..inventory import HostEntry
from ..lock import locked
from ..plan import plan_for
from ..progress import Progress
from ..settings import Settings, find_settings, load_settings
from ..ssh import RemoteHost
from ..stack import Stack, open_stack
from ..step import Do, Say, Step
from ..up import LOCAL_REGISTRY, REGISTRY, plan_up
from .agent_image import agent_image, agent_steps
from .drift import drift
from .following import Agent
from .layout import Layout
from .sending import Sending, for_host
from .target import Target, TargetError, examine
from .telling import Teller

AUDITED = ("time", "release", "what", "before_release", "who")


def deploy(
    names: Iterable[str], *, resume: bool = False, abort: bool = False, local_bases: bool = False, dry: bool = False
) -> None:
    """
    `inv deploy`.

    Raises:
        FairleadError: what went wrong, and what serves now.
    """
    settings = load_settings(find_settings(Path.cwd()))
    with ExitStack() as opened:
        for entry in _one(settings, names):
            host = opened.enter_context(RemoteHost(entry, input if sys.stdin.isatty() else None))
            if resume or abort:
                _go_on(host, Layout(settings.name, entry.folder), abort=abort)
            else:
                _deploy(host, entry, local_bases=local_bases, dry=dry)


def rollback(names: Iterable[str], *, to: str = "", dry: bool = False) -> None:
    """
    `inv rollback`.

    Raises:
        FairleadError: there is no such release, or the switch failed.
    """
    settings = load_settings(find_settings(Path.cwd()))
    with ExitStack() as opened:
        for entry in _one(settings, names):
            host = opened.enter_context(RemoteHost(entry, input if sys.stdin.isatty() else None))
            layout = Layout(settings.name, entry.folder)
            target = examine(host, layout)
            wanted = to or _before(host, target)
            if wanted not in target.releases:
                raise SettingsError(
                    f"--to {wanted}: no such release on {host.name}; there are {', '.join(target.releases)}"
                )
            if dry:
                print(f"{host.name}: {target.current} -> {wanted}")
                return
            _hand_over(Agent(host, target, layout), "rollback", wanted)


def releases(names: Iterable[str]) -> None:
    """`inv releases`."""
    settings = load_settings(find_settings(Path.cwd()))
    with ExitStack() as opened:
        for entry in _one(settings, names):
            host = opened.enter_context(RemoteHost(entry, input if sys.stdin.isatty() else None))
            target = examine(host, Layout(settings.name, entry.folder))
            for name in reversed(target.releases):
                print(f"{host.name}  {name}{'  serves' if name == target.current else ''}")


def collect(names: Iterable[str], *, keep: int, dry: bool = False) -> None:
    """`inv gc`."""
    if keep < 1:
        raise SettingsError(f"--keep {keep}: at least the release that serves stays; say 1 or more")
    with ExitStack() as opened:
        for host, target, layout in _each(opened, names):
            old = old_releases(target.releases, State(target.current, pending=target.pending), keep)
            if dry or not old:
                print(f"{host.name}: {', '.join(old) or 'nothing'} to remove")
                continue
            words = ("gc", "--root", layout.root, "--keep", str(keep), "--who", _who())
            agent = Agent(host, target, layout)
            with Teller() as teller:
                agent.run(agent.image(), words, teller)


def audit(names: Iterable[str]) -> None:
    """`inv audit`; exits with 1 where a line was changed or removed."""
    broken = False
    with ExitStack() as opened:
        for host, _, layout in _each(opened, names):
            text = host.read(f"{layout.state}/audit.jsonl") or ""
            for line in map(json.loads, text.splitlines()):
                print("  ".join((host.name, *(str(line[key]) for key in AUDITED if line.get(key)))))
            if number := chain_break(text):
                print(f"{host.name}: line {number} does not fit the line before it: the audit was changed by hand")
                broken = True
    if broken:
        sys.exit(FairleadError.exit_code)


def differences(names: Iterable[str]) -> None:
    """`inv drift`; exits with 1 where something differs."""
    found = False
    with ExitStack() as opened:
        for host, target, layout in _each(opened, names):
            if not target.current:
                print(f"{host.name}: no release serves")
                continue
            lines = drift(host, target, layout)
            found = found or bool(lines)
            print("\n".join(f"{host.name}: {line}" for line in lines or [f"as {target.current} says"]))
    if found:
        sys.exit(FairleadError.exit_code)


def _each(opened: ExitStack, names: Iterable[str]) -> Iterator[tuple[RemoteHost, Target, Layout]]:
    settings = load_settings(find_settings(Path.cwd()))
    for entry in settings.inventory.chosen(names):
        host = opened.enter_context(RemoteHost(entry, input if sys.stdin.isatty() else None))
        layout = Layout(settings.name, entry.folder)
        yield host, examine(host, layout), layout


def _one(settings: Settings, names: Iterable[str]) -> tuple[HostEntry, ...]:
    chosen = settings.inventory.chosen(names)
    if len(chosen) > 1:
        raise SettingsError(f"one host at a time for now: {', '.join(entry.name for entry in chosen)}")
    return chosen


def _deploy(host: RemoteHost, entry: HostEntry, *, local_bases: bool, dry: bool) -> None:
    local = LocalHost()
    client = str(require_engine(local).client)
    stack = open_stack(client=client)
    layout = Layout(stack.settings.name, entry.folder)
    target = examine(host, layout)
    if target.pending:
        raise TargetError(
            f"{host.name}: a switch to {target.pending} has begun and not ended; inv deploy --resume goes on with it, "
            "--abort takes it back"
        )
    name = target.next_release
    stack = for_host(stack, host, layout, name)
    if stack.values.get(REGISTRY) == LOCAL_REGISTRY and not local_bases:
        raise SettingsError(
            "BASE_REGISTRY is fairlead/: base images of our own are for trying out; set it to a registry, or say "
            "--allow-local-bases"
        )
    agent = agent_image(_registry(stack))
    building = [
        *(step for _, step in plan_up(stack, start=False).steps),
        *agent_steps(local, client, _registry(stack), agent),
    ]
    sending = Sending(host, target, layout, name, client, agent)
    plan = plan_for(local.name, _lint_step(stack), *building, *sending.steps())
    if dry:
        print(plan)
        return
    with locked(stack.settings.state / "lock", "inv deploy"), Progress() as progress:
        execute(plan, {local.name: local}, progress, take_back=False)
    _hand_over(Agent(host, target, layout), "switch", name, agent)


def _registry(stack: Stack) -> str:
    return stack.values.get(REGISTRY, "")


def _lint_step(stack: Stack) -> Step:
    """Files with errors are not deployed; warnings are the business of `inv lint`."""
    command = Command((sys.executable, "-m", "fairlead.lint", "--fail-on", "error"), directory=str(stack.settings.root))

    def lint(host: Host, _: Say) -> None:
        result = host.run(command)
        if not result.ok:
            raise SettingsError("inv lint finds errors; mend them first, nothing was changed", result.out + result.err)

    return Do("lint the files", str(command), lint)


def _go_on(host: RemoteHost, layout: Layout, *, abort: bool) -> None:
    target = examine(host, layout)
    agent = Agent(host, target, layout)
    if agent.runs():
        with Teller() as teller:
            agent.follow(teller)
        target = examine(host, layout)
    if not target.pending:
        print(f"{host.name}: {target.current or 'no release'} serves; nothing is left to do")
        return
    _hand_over(Agent(host, target, layout), "abort" if abort else "switch", target.pending)


def _hand_over(agent: Agent, command: str, release: str, image: str = "") -> None:
    words = (command, "--root", agent.layout.root, "--release", release, "--who", _who())
    with Teller() as teller:
        agent.run(image or agent.image(), words, teller)
    serves = examine(agent.host, agent.layout).current
    print(f"{agent.host.name}: {serves or 'no release'} serves")


def _before(host: RemoteHost, target: Target) -> str:
    earlier = [name for name in target.releases if name != target.current]
    before = [name for name in earlier if int(name[1:]) < int(target.current[1:] or 0)] if target.current else earlier
    if not before:
        raise SettingsError(f"{host.name}: no release before {target.current or 'the first'}")
    return before[-1]


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"
    return f"{user}@{socket.gethostname()}"
