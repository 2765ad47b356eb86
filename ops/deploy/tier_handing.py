"""Hands a change of edge or data over to the agent and follows it: hooks, the audit's reader told, what serves now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..agent.tier import FILE, HOOKS, MARK
from ..hooks import Moment
from ..hosts import Opened
from ..kept_json import kept_on
from ..lock import operator
from ..notify import announced
from ..outward import FINISHED, SERVING
from ..settings import Settings, find_settings, load_settings
from .following import Agent
from .handing import LateHooks, moment_of, telling
from .target import Target, TargetError
from .telling import Teller

CHANGE, ABORT = "tier", "tier-abort"
"""The agent's commands."""


def tier_moment(opened: Opened, target: Target, tier: str) -> Moment:
    """What hooks are told about a change of *tier*: no release comes or goes by it."""
    serves = moment_of(opened, target, target.state.current)
    return Moment(serves.host, serves.release, serves.release, serves.revision, tier=tier)


def tier_event(moment: Moment, event: str = "deploy") -> dict[str, Any]:
    """What a webhook is told of it."""
    return {
        "event": event,
        "tier": moment.tier,
        "host": moment.host,
        "release": moment.release,
        "revision": moment.revision,
    }


def begun_tier(opened: Opened) -> str:
    """The tier of which a change has begun and not ended; empty where none has."""
    folder = (opened.host.read(f"{opened.layout.state}/{MARK}") or "").strip()
    if not folder:
        return ""
    return str(kept_on(opened.host, f"{opened.layout.root}/{folder}/{FILE}").get("tier", "changed"))


def refuse_half_done_tier(opened: Opened) -> None:
    """
    Refuses a host on which a change of edge or data has begun and not ended.

    Raises:
        TargetError: one has.
    """
    if begun_tier(opened):
        raise TargetError(
            f"{opened.host.name}: a change of the edge or the data has begun and not ended; "
            "inv deploy --resume goes on with it, --abort takes it back"
        )


def hand_over_tier(
    opened: Opened, target: Target, command: str, tier: str, *, folder: str = "", image: str = ""
) -> None:
    """
    Has the agent change *tier*, go on with a change that was cut off, or take it back, and follows it.

    Args:
        folder: What was handed over; without it, what was cut off, whose hooks are known on the host.

    Raises:
        FairleadError: it failed, see `Agent.run`; or a hook did, once all answered again.
    """
    settings = load_settings(find_settings(Path.cwd()))
    moment = tier_moment(opened, target, tier)
    hooks = _hooks(opened, settings, moment)
    agent = Agent(opened.host, target, opened.layout)
    words = (command, *(("--folder", folder) if folder else ()), "--root", opened.layout.root, "--who", operator())
    with announced(settings, tier_event(moment, "abort" if command == ABORT else "deploy")) as event:
        if folder:
            hooks.owe()
        with Teller() as teller:
            agent.run(image or agent.image(), words, telling(teller, hooks), again=True)
        print(f"{opened.host.name}: {moment.release} serves")
        hooks.run((*SERVING, *FINISHED))
        if hooks.failed:
            event["text"] = f"the {tier} tier is changed; {'; '.join(hooks.failed)}"
    hooks.complain()


def follow_tier(opened: Opened, target: Target, tier: str) -> None:
    """
    Follows an agent that changes *tier* already, to its end.

    Raises:
        FairleadError: as `hand_over_tier`.
    """
    hooks = _hooks(opened, load_settings(find_settings(Path.cwd())), tier_moment(opened, target, tier))
    with Teller() as teller:
        Agent(opened.host, target, opened.layout).follow(telling(teller, hooks))
    if not begun_tier(opened):
        hooks.run((*SERVING, *FINISHED))
    hooks.complain()


def run_owed_of_tier(opened: Opened, target: Target) -> None:
    """
    Runs what hooks the last change of a tier still owes; one that was taken back owes none.

    Raises:
        LateHookError: one of them failed.
    """
    told = kept_on(opened.host, f"{opened.layout.state}/{HOOKS}").get("tier")
    if not (told and target.state.current):
        return
    settings = load_settings(find_settings(Path.cwd()))
    hooks = _hooks(opened, settings, tier_moment(opened, target, str(told)))
    hooks.run((*SERVING, *FINISHED))
    hooks.complain()


def _hooks(opened: Opened, settings: Settings, moment: Moment) -> LateHooks:
    return LateHooks(opened, settings, moment, f"{opened.layout.state}/{HOOKS}")
