"""`inv deploy --tier edge|data`: what the edge or the data shall be, and nothing of the app."""

from __future__ import annotations

from ..agent.tier import MARK
from ..engine import require_engine
from ..errors import InterruptedRunError, SettingsError
from ..execute import execute
from ..host import LocalHost
from ..hosts import Opened
from ..lock import locked, operator
from ..plan import Plan, plan_for
from ..stack import open_stack
from ..up import LOCAL_REGISTRY, REGISTRY, plan_up
from .agent_image import AGENT
from .agreeing import Wish, agreed
from .events import progress
from .following import Agent
from .holding import refuse_if_frozen
from .linted import lint_step
from .sending import for_host
from .target import Target, TargetError, examine
from .telling import Teller
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
    files = [step for _, step in plan_up(stack, build=False, start=False).steps]
    images = [*tier_images(stack, wish.tier), *AGENT.steps(local, client, registry, agent)]
    sending = TierSending(host, target, opened.layout, target.next_release, client, agent, wish.tier)
    plans = [plan_for(local.name, *steps) for steps in ((lint_step(stack), *files, *images), sending.steps())]
    if dry:
        print(*plans, sep="\n")
        return
    planner = TierPlanner(sending, tuple(step.title for plan in plans for _, step in plan.steps), operator())
    try:
        with locked(stack.settings.state / "lock", "inv deploy"):
            _run(plans[0], local)
            if sending.needless:
                print(f"{host.name}: {sending.needless}")
                return
            if not agreed(planner, wish):
                return
            _run(plans[1], local)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"inv deploy: interrupted; {host.name} runs what it ran") from None
    hand_over_tier(opened, target, "tier", "--folder", sending.folder, image=agent)


def hand_over_tier(opened: Opened, target: Target, *words: str, image: str = "") -> None:
    """
    Has the agent change a tier, go on with a change that was cut off, or take it back, and follows it.

    Raises:
        FairleadError: see `Agent.run`.
    """
    agent = Agent(opened.host, target, opened.layout)
    with Teller() as teller:
        agent.run(image or agent.image(), (*words, "--root", opened.layout.root, "--who", operator()), teller)


def refuse_half_done_tier(opened: Opened) -> None:
    """
    Refuses a host on which a change of edge or data has begun and not ended.

    Raises:
        TargetError: one has.
    """
    if opened.host.read(f"{opened.layout.state}/{MARK}"):
        raise TargetError(
            f"{opened.host.name}: a change of the edge or the data has begun and not ended; "
            "inv deploy --resume goes on with it, --abort takes it back"
        )


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


def _run(plan: Plan, local: LocalHost) -> None:
    with progress() as shown:
        execute(plan, {local.name: local}, shown, take_back=False)
