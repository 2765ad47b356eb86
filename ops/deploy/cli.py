"""`inv deploy`, `inv rollback`, `inv releases`: build, ship, hand over to the agent, follow it."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from ..agent.bundle import FILE
from ..base_cache import cache_folder
from ..engine import require_engine
from ..errors import InterruptedRunError, SettingsError
from ..hooks import Hooks, Moment
from ..host import LocalHost
from ..hosts import Opened, open_hosts
from ..kept_json import kept_on
from ..lock import in_turn, locked, user_name
from ..person import person
from ..plan import Plan, plan_for
from ..ssh import RemoteHost
from ..stack import Stack, open_stack
from ..up import LOCAL_REGISTRY, REGISTRY, plan_up
from .agent_image import AGENT
from .agreeing import Wish, agreed
from .building import HERE, ON_HOST, built_for, send_bases
from .consent import ask_once
from .events import json_events
from .first_look import first_look, refuse_without_roles
from .following import Agent
from .going_back import doubts
from .going_on import go_on, refuse_contradictions
from .handing import fails_only, hand_over
from .holding import refuse_if_frozen
from .layers import blob_store
from .linted import lint_step
from .naming import mentions
from .planning import Planner
from .ready import ports_step, say_clock
from .reserving import reserved
from .room import disks_to_build, refuse_without
from .running_here import run_here
from .sending import Sending, for_host
from .split import APP
from .target import Target, TargetError, examine
from .tier_cli import change_tier
from .tier_handing import refuse_half_done_tier


def deploy(
    names: Iterable[str],
    wish: Wish,
    *,
    resume: bool = False,
    abort: bool = False,
    local_bases: bool = False,
    build_on: str = HERE,
    dry: bool = False,
    as_json: bool = False,
) -> None:
    """
    `inv deploy`.

    Raises:
        FairleadError: what went wrong, and what serves now.
    """
    refuse_contradictions(wish, resume=resume, abort=abort, build_on=build_on)
    with json_events(as_json), open_hosts(names, one=True) as (opened,):
        if resume or abort:
            go_on(opened, abort=abort, dry=dry)
            return
        refuse_without_roles(opened.host.entry)
        if wish.tier != APP:
            change_tier(opened, wish, local_bases=local_bases, dry=dry)
            return
        if build_on == ON_HOST and not dry:
            _prepare_building(opened, local_bases=local_bases)
        with built_for(opened.host, build_on):
            _deploy(opened, wish, local_bases=local_bases, dry=dry)


def _prepare_building(opened: Opened, *, local_bases: bool) -> None:
    """Before anything is built on the host itself: it has the room, and what it builds on."""
    host, target = opened.host, examine(opened.host, opened.layout)
    current = target.state.current
    manifest = kept_on(host, f"{opened.layout.release(current)}/{FILE}") if current else {}
    images = [name for name in manifest.get("images", {}) if mentions(name, current)]
    refuse_without(host.name, disks_to_build(host, target.client, images))
    if local_bases:
        send_bases(host, blob_store())


def rollback(
    names: Iterable[str], *, to: str = "", yes: bool = False, dry: bool = False, as_json: bool = False
) -> None:
    """
    `inv rollback`.

    Raises:
        FairleadError: there is no such release, it never served, or the switch failed.
    """
    with json_events(as_json), open_hosts(names, one=True) as (opened,):
        target = examine(opened.host, opened.layout)
        refuse_if_frozen(opened)
        refuse_half_done_tier(opened)
        wanted = _wanted(opened.host, target, to)
        if dry:
            print(f"{opened.host.name}: {target.state.current} -> {wanted}")
            return
        reasons = doubts(opened.host, opened.host.entry, target, opened.layout, wanted)
        ask_once(opened.host.name, reasons, yes=yes, ask=person())
        hand_over(opened, target, "rollback", wanted)


def _deploy(opened: Opened, wish: Wish, *, local_bases: bool, dry: bool) -> None:
    host, layout, local = opened.host, opened.layout, LocalHost()
    client = str(require_engine(local).client)
    stack = open_stack(client=client)
    target = examine(host, layout)
    _refuse_unready(opened, target)
    say_clock(host)
    name = target.next_release
    stack = for_host(stack, host, layout, name)
    if stack.values.get(REGISTRY) == LOCAL_REGISTRY and not local_bases:
        raise SettingsError(
            "BASE_REGISTRY is fairlead/: base images of our own are for trying out; set it to a registry, or say "
            "--allow-local-bases"
        )
    agent = AGENT.name(_registry(stack))
    hooks = Hooks(stack.settings.outward, stack.settings.root)
    revision = stack.project.environment.get("GIT_REVISION", "")
    at = partial(hooks.steps, moment=Moment(host.name, name, target.state.current, revision))
    building = [
        lint_step(stack),
        *at("before-build"),
        first_look(stack, host, target, layout, name),
        *(step for _, step in plan_up(stack, start=False).steps),
        *AGENT.steps(local, client, _registry(stack), agent),
        *at("after-build"),
    ]
    sending = Sending(host, target, layout, name, client, agent)
    shipping = [*ports_step(sending), *at("before-ship"), *sending.steps(), *at("after-ship"), *at("before-switch")]
    plans = [plan_for(local.name, *steps) for steps in (building, shipping)]
    if dry:
        print(*plans, sep="\n")
        return
    about = {"event": "deploy", "host": host.name, "release": name, "revision": revision}
    with nullcontext() if wish.only_plan else reserved(host, layout, name):
        if _built_and_sent(stack, sending, plans, wish, about):
            hand_over(opened, target, "switch", name, agent)


def _built_and_sent(stack: Stack, sending: Sending, plans: Sequence[Plan], wish: Wish, about: dict[str, Any]) -> bool:
    """Whether the release is on the host: only where its plan is agreed to."""
    host, serves = sending.host.name, sending.target.state.current
    planner = Planner(sending, tuple(step.title for plan in plans for _, step in plan.steps), _who())
    building, shipping = plans
    try:
        with (
            locked(stack.settings.state / "lock", f"inv deploy of {sending.name} to {host}"),
            in_turn(*_tags(stack)),
            fails_only(stack, about),
        ):
            run_here(building, host, serves)
            if not agreed(planner, wish):
                return False
            run_here(shipping, host, serves)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"inv deploy: interrupted; {host} serves what it served") from None
    return True


def _refuse_unready(opened: Opened, target: Target) -> None:
    """Something that has begun is ended first, and a freeze is a freeze."""
    _agent(opened, target).refuse_at_work()
    if target.state.pending:
        raise TargetError(
            f"{opened.host.name}: a switch to {target.state.pending} has begun and not ended; "
            "inv deploy --resume goes on with it, --abort takes it back"
        )
    refuse_if_frozen(opened)
    refuse_half_done_tier(opened)


def _tags(stack: Stack) -> tuple[Path, str]:
    """
    The lock on the names of the stack's images, and what is said by who waits for it.

    Two checkouts, or a rehearsal, give one name to different images: what was built here must be what is sent.
    """
    name = stack.settings.name
    return cache_folder() / "building" / f"{name}.lock", f"  another deploy of {name} is building here; this one waits"


def _registry(stack: Stack) -> str:
    return stack.values.get(REGISTRY, "")


def _agent(opened: Opened, target: Target) -> Agent:
    return Agent(opened.host, target, opened.layout)


def _wanted(host: RemoteHost, target: Target, to: str) -> str:
    """The release to go back to: *to*, or the last one that served before the one that serves."""
    if to and to not in target.served:
        said = "never served here" if to in target.releases else "no such release here"
        said = "serves already" if to == target.state.current else said
        there = ", ".join(target.served) or "none"
        raise SettingsError(f"--to {to}: {said}; to go back to there are on {host.name}: {there}")
    earlier = [name for name in target.served if int(name[1:]) < int(target.state.current[1:])]
    if not (to or earlier):
        raise SettingsError(f"{host.name}: no release served before {target.state.current or 'the first one'}")
    return to or earlier[0]


def _who() -> str:
    return f"{user_name()}@{socket.gethostname()}"
