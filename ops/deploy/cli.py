"""`inv deploy`, `inv rollback`, `inv releases`: build, ship, hand over to the agent, follow it."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterable

from ..agent.gc import old_releases
from ..agent.record import chain_break
from ..command import Command
from ..engine import require_engine
from ..errors import FairleadError, InterruptedRunError, SettingsError
from ..execute import execute
from ..host import Host, LocalHost
from ..hosts import Opened, open_hosts
from ..lock import locked, user_name
from ..plan import Plan, plan_for
from ..progress import Progress
from ..ssh import RemoteHost
from ..stack import Stack, open_stack
from ..step import Do, Say, Step
from ..up import LOCAL_REGISTRY, REGISTRY, plan_up
from .agent_image import agent_image, agent_steps
from .agreeing import Wish, agreed
from .building import HERE, ON_HOST, built_for, send_bases
from .consent import ask_once, person
from .drift import drift
from .following import Agent
from .going_back import doubts
from .planning import Planner
from .rotating import EndTeller, ending
from .sending import Sending, blob_store, for_host
from .target import Target, TargetError, examine
from .telling import Teller

AUDITED = ("time", "release", "what", "before_release", "who")


def deploy(
    names: Iterable[str],
    wish: Wish,
    *,
    resume: bool = False,
    abort: bool = False,
    local_bases: bool = False,
    build_on: str = HERE,
    dry: bool = False,
) -> None:
    """
    `inv deploy`.

    Raises:
        FairleadError: what went wrong, and what serves now.
    """
    with open_hosts(names, one=True) as (opened,):
        if resume or abort:
            _go_on(opened, abort=abort)
            return
        if build_on == ON_HOST and local_bases and not dry:
            send_bases(opened.host, blob_store())
        with built_for(opened.host, build_on):
            _deploy(opened, wish, local_bases=local_bases, dry=dry)


def rollback(names: Iterable[str], *, to: str = "", yes: bool = False, dry: bool = False) -> None:
    """
    `inv rollback`.

    Raises:
        FairleadError: there is no such release, it never served, or the switch failed.
    """
    with open_hosts(names, one=True) as (opened,):
        target = examine(opened.host, opened.layout)
        wanted = _wanted(opened.host, target, to)
        if dry:
            print(f"{opened.host.name}: {target.state.current} -> {wanted}")
            return
        reasons = doubts(opened.host, opened.host.entry, target, opened.layout, wanted)
        ask_once(opened.host.name, reasons, yes=yes, ask=person())
        _hand_over(_agent(opened, target), "rollback", wanted)


def releases(names: Iterable[str]) -> None:
    """`inv releases`."""
    with open_hosts(names) as hosts:
        for opened in hosts:
            target = examine(opened.host, opened.layout)
            for name in reversed(target.releases):
                print(f"{opened.host.name}  {name}  {_what_it_is(target, name)}")


def collect(names: Iterable[str], *, keep: int, dry: bool = False) -> None:
    """`inv gc`."""
    if keep < 1:
        raise SettingsError(f"--keep {keep}: at least the release that serves stays; say 1 or more")
    with open_hosts(names) as hosts:
        for opened in hosts:
            target = examine(opened.host, opened.layout)
            old = old_releases(target.releases, target.state, keep)
            stays = set(target.releases) - set(old)
            if dry or not (old or ending(opened, stays)):
                print(f"{opened.host.name}: {', '.join(old) or 'nothing'} to remove")
                continue
            words = ("gc", "--root", opened.layout.root, "--keep", str(keep), "--who", _who())
            agent = _agent(opened, target)
            with EndTeller() as teller:
                agent.run(agent.image(), words, teller)


def audit(names: Iterable[str]) -> None:
    """`inv audit`; exits with 1 where a line was changed or removed."""
    broken = False
    with open_hosts(names) as hosts:
        for opened in hosts:
            text = opened.host.read(f"{opened.layout.state}/audit.jsonl") or ""
            number = chain_break(text)
            broken = broken or number > 0
            for line in text.splitlines():
                print(f"{opened.host.name}  {_audited(line)}")
            if number:
                print(f"{opened.host.name}: line {number} does not fit the one before: the audit was changed by hand")
    if broken:
        sys.exit(FairleadError.exit_code)


def differences(names: Iterable[str]) -> None:
    """`inv drift`; exits with 1 where something differs."""
    found = False
    with open_hosts(names) as hosts:
        for opened in hosts:
            target = examine(opened.host, opened.layout)
            current = target.state.current
            lines = drift(opened.host, target, opened.layout) if current else []
            found = found or bool(lines)
            well = f"as {current} says" if current else "no release serves"
            print("\n".join(f"{opened.host.name}: {line}" for line in lines or [well]))
    if found:
        sys.exit(FairleadError.exit_code)


def _audited(line: str) -> str:
    """A line of the audit for people; as it stands where it is none of ours."""
    try:
        data = json.loads(line)
        return "  ".join(str(data[key]) for key in AUDITED if data.get(key))
    except (ValueError, TypeError, AttributeError):
        return line


def _what_it_is(target: Target, name: str) -> str:
    if name == target.state.pending:
        return "a switch to it has not ended"
    if name == target.state.current:
        return "serves"
    return "served before" if name in target.served else "never served"


def _deploy(opened: Opened, wish: Wish, *, local_bases: bool, dry: bool) -> None:
    host, layout, local = opened.host, opened.layout, LocalHost()
    client = str(require_engine(local).client)
    stack = open_stack(client=client)
    target = examine(host, layout)
    if target.state.pending:
        raise TargetError(
            f"{host.name}: a switch to {target.state.pending} has begun and not ended; "
            "inv deploy --resume goes on with it, --abort takes it back"
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
        _lint_step(stack),
        *(step for _, step in plan_up(stack, start=False).steps),
        *agent_steps(local, client, _registry(stack), agent),
    ]
    sending = Sending(host, target, layout, name, client, agent)
    plans = [plan_for(local.name, *steps) for steps in (building, sending.steps())]
    if dry:
        print(*plans, sep="\n")
        return
    planner = Planner(sending, tuple(step.title for plan in plans for _, step in plan.steps), _who())
    try:
        with locked(stack.settings.state / "lock", "inv deploy"):
            _run(plans[0], local)
            if not agreed(planner, wish):
                return
            _run(plans[1], local)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"inv deploy: interrupted; {host.name} serves what it served") from None
    _hand_over(_agent(opened, target), "switch", name, agent)


def _run(plan: Plan, local: LocalHost) -> None:
    with Progress() as progress:
        execute(plan, {local.name: local}, progress, take_back=False)


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


def _go_on(opened: Opened, *, abort: bool) -> None:
    target = examine(opened.host, opened.layout)
    agent = _agent(opened, target)
    if agent.runs():
        with Teller() as teller:
            agent.follow(teller)
        target = examine(opened.host, opened.layout)
    state = target.state
    if not state.pending:
        print(f"{opened.host.name}: {state.current or 'no release'} serves; nothing is left to do")
        return
    _hand_over(_agent(opened, target), "abort" if abort else "switch", state.pending)


def _agent(opened: Opened, target: Target) -> Agent:
    return Agent(opened.host, target, opened.layout)


def _hand_over(agent: Agent, command: str, release: str, image: str = "") -> None:
    words = (command, "--root", agent.layout.root, "--release", release, "--who", _who())
    with Teller() as teller:
        agent.run(image or agent.image(), words, teller)
    serves = examine(agent.host, agent.layout).state.current
    print(f"{agent.host.name}: {serves or 'no release'} serves")


def _wanted(host: RemoteHost, target: Target, to: str) -> str:
    """The release to go back to: *to*, or the last one that served before the one that serves."""
    if to and to not in target.served:
        said = "never served here" if to in target.releases else "no such release here"
        there = ", ".join(target.served) or "none"
        raise SettingsError(f"--to {to}: {said}; to go back to there are on {host.name}: {there}")
    earlier = [name for name in target.served if int(name[1:]) < int(target.state.current[1:])]
    if not (to or earlier):
        raise SettingsError(f"{host.name}: no release served before {target.state.current or 'the first one'}")
    return to or earlier[0]


def _who() -> str:
    return f"{user_name()}@{socket.gethostname()}"
