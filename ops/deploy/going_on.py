"""`inv deploy --resume` and `--abort`: follows what is at work, or goes on with what was cut off, or takes it back."""

from __future__ import annotations

from ..errors import SettingsError
from ..hosts import Opened
from .agreeing import Wish
from .following import Agent
from .handing import follow, hand_over, run_owed
from .split import APP
from .target import Target, examine
from .tier_handing import ABORT, CHANGE, begun_tier, follow_tier, hand_over_tier, run_owed_of_tier


def refuse_contradictions(wish: Wish, *, resume: bool, abort: bool, build_on: str = "") -> None:
    """
    Refuses flags of which one would be ignored.

    Raises:
        SettingsError: there are such.
    """
    if resume and abort:
        raise SettingsError("--resume goes on and --abort takes back; say one of them")
    if build_on and wish.tier != APP:
        raise SettingsError("--build-on is for the images of the app; those of edge and data are built here")
    given = {
        "--build-on": bool(build_on),
        "--apply": wish.given is not None,
        "--plan-out": bool(wish.out),
        "--plan": wish.show,
        "--tier": wish.tier != APP,
    }
    other = next((flag for flag, is_given in given.items() if is_given), "")
    if other and (resume or abort):
        flag = "--resume" if resume else "--abort"
        raise SettingsError(
            f"{flag} is for what has begun on the host, and {other} for what has not; say one of them "
            f"(inv --dry deploy {flag} shows what it would do)"
        )


def go_on(opened: Opened, *, abort: bool, dry: bool) -> None:
    """
    Ends what has begun on a host.

    Raises:
        FairleadError: as `hand_over`.
    """
    target, tier = examine(opened.host, opened.layout), begun_tier(opened)
    if dry:
        print(f"{opened.host.name}: {_would(opened, target, tier, abort=abort)}")
        return
    if Agent(opened.host, target, opened.layout).runs():
        if tier:
            follow_tier(opened, target, tier)
        else:
            follow(opened, target)
        target, tier = examine(opened.host, opened.layout), begun_tier(opened)
    if tier:
        hand_over_tier(opened, target, ABORT if abort else CHANGE, tier)
        return
    state = target.state
    if not state.pending:
        print(f"{opened.host.name}: {_nothing(target)}")
        run_owed(opened, target)
        run_owed_of_tier(opened, target)
        return
    hand_over(opened, target, "abort" if abort else "switch", state.pending, new=False)


def _would(opened: Opened, target: Target, tier: str, *, abort: bool) -> str:
    """What is done without --dry."""
    agent = Agent(opened.host, target, opened.layout)
    if agent.runs():
        return f"{agent.holder()}; it would be followed"
    what = f"the change of the {tier} tier" if tier else f"the switch to {target.state.pending}"
    if tier or target.state.pending:
        return f"would take back {what}" if abort else f"would go on with {what}"
    return f"{_nothing(target)} but hooks that it owes"


def _nothing(target: Target) -> str:
    return f"{target.state.current or 'no release'} serves; nothing is left to do"
