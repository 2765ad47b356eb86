"""`inv deploy --tier edge|data`: what the edge or the data shall be, and nothing of the app."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

from ..engine import require_engine
from ..errors import InterruptedRunError, SettingsError
from ..hooks import Hooks, Moment
from ..host import LocalHost
from ..hosts import Opened
from ..lock import locked, operator
from ..plan import Plan, plan_for
from ..stack import Stack, open_stack
from ..up import LOCAL_REGISTRY, REGISTRY, plan_up
from .agent_image import AGENT
from .agreeing import Wish, agreed
from .first_look import first_look
from .handing import fails_only
from .holding import refuse_if_frozen
from .linted import lint_step
from .ready import ports_step
from .reserving import reserved
from .running_here import run_here
from .sending import for_host
from .target import Target, TargetError, examine
from .tier_handing import CHANGE, hand_over_tier, refuse_half_done_tier, tier_event, tier_moment
from .tier_planning import TierPlanner
from .tiers import TierSending, tier_images


def change_tier(opened: Opened, wish: Wish, *, local_bases: bool, dry: bool) -> None:
    """
    Replaces what differs of one tier.

    Raises:
        FairleadError: what went wrong, and what runs now.
    """
    host, local = opened.host, LocalHost()
    target = _ready(opened)
    client = str(require_engine(local).client)
    stack = for_host(open_stack(client=client), host, opened.layout, target.next_release)
    registry = stack.values.get(REGISTRY, "")
    if registry == LOCAL_REGISTRY and not local_bases:
        raise SettingsError("BASE_REGISTRY is fairlead/: set it to a registry, or say --allow-local-bases")
    agent = AGENT.name(registry)
    moment = tier_moment(opened, target, wish.tier)
    at = partial(Hooks(stack.settings.outward, stack.settings.root).steps, moment=moment)
    building = [
        lint_step(stack),
        *at("before-build"),
        first_look(stack, host, target, opened.layout, target.next_release),
        *(step for _, step in plan_up(stack, build=False, start=False).steps),
        *tier_images(stack, wish.tier),
        *AGENT.steps(local, client, registry, agent),
        *at("after-build"),
    ]
    sending = TierSending(host, target, opened.layout, target.next_release, client, agent, wish.tier, wish.backup)
    ports = ports_step(sending, again=True)
    shipping = [*ports, *at("before-ship"), *sending.steps(), *at("after-ship"), *at("before-switch")]
    plans = [plan_for(local.name, *steps) for steps in (building, shipping)]
    if dry:
        print(*plans, sep="\n")
        return
    what = f"deploy of the {wish.tier} tier"
    with nullcontext() if wish.only_plan else reserved(host, opened.layout, target.next_release, what):
        if _built_and_sent(stack, sending, plans, wish, moment):
            hand_over_tier(opened, target, CHANGE, wish.tier, folder=sending.folder, image=agent)


def _built_and_sent(stack: Stack, sending: TierSending, plans: Sequence[Plan], wish: Wish, moment: Moment) -> bool:
    """Whether it is on the host: only where something differs and its plan is agreed to."""
    host, serves, (building, shipping) = sending.host.name, sending.target.state.current, plans
    planner = TierPlanner(sending, tuple(step.title for plan in plans for _, step in plan.steps), operator())
    what = f"inv deploy --tier {wish.tier} to {host}"
    try:
        with locked(stack.settings.state / "lock", what), fails_only(stack, tier_event(moment)):
            run_here(building, host, serves)
            if sending.needless:
                print(f"{host}: {sending.needless}")
                return False
            if not agreed(planner, wish):
                return False
            run_here(shipping, host, serves)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"inv deploy: interrupted; {host} runs what it ran") from None
    return True


def _ready(opened: Opened) -> Target:
    target = examine(opened.host, opened.layout)
    refuse_if_frozen(opened)
    refuse_half_done_tier(opened)
    if target.state.pending:
        raise TargetError(
            f"{opened.host.name}: a switch to {target.state.pending} has begun and not ended; "
            "inv deploy --resume goes on with it, --abort takes it back"
        )
    if target.base is None or not target.state.current:
        raise TargetError(f"{opened.host.name}: no release serves there yet; inv deploy brings edge and data too")
    return target
