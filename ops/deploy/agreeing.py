"""Between the build and the first byte sent: the plan is made, shown, held to the one that was given, and agreed to."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import SettingsError
from ..execute import execute
from ..host import LocalHost
from ..person import person
from ..plan import plan_for
from ..step import Do
from .consent import ask_once
from .events import JsonLines, progress
from .forecast import Forecast, read, refuse_stale, written
from .room import refuse_without
from .showing import shown
from .split import APP, DATA, EDGE

PRIVATE = 0o600
CHANGED = (APP, EDGE, DATA)


class Plans(Protocol):
    """What makes a plan."""

    def forecast(self, salt: str = "") -> Forecast:
        """The plan; *salt* is that of one to compare it with."""


@dataclass(frozen=True)
class Wish:
    """
    What the operator wants of the plan.

    Attributes:
        show: Only the plan.
        out: The file to write it to, and no more.
        given: The plan that has to be the one that is made now; None where any will do.
        yes: Do not ask.
        tier: What is changed: ``app``, ``edge`` or ``data``.
        backup: Whether data is copied before its tier changes.
    """

    show: bool = False
    out: str = ""
    given: Forecast | None = None
    yes: bool = False
    tier: str = APP
    backup: bool = True

    @property
    def hosts(self) -> list[str]:
        """The host that the given plan is for."""
        return [self.given.host] if self.given else []

    @property
    def only_plan(self) -> bool:
        """Whether nothing is to be sent."""
        return self.show or bool(self.out)


def wish_of(*, plan: bool, plan_out: str, apply: str, yes: bool, tier: str = "", backup: bool = True) -> Wish:
    """
    The wish that the flags of a task make.

    Raises:
        SettingsError: flags that do not go together, or a file that is no plan.
    """
    if apply and (plan or plan_out):
        raise SettingsError("--apply runs a plan and --plan makes one; say one of them")
    if tier and tier not in CHANGED:
        raise SettingsError(f"--tier {tier}: one of {', '.join(CHANGED)}")
    given = read(Path(apply)) if apply else None
    tier = tier or (given.tier if given else APP)
    if not backup and tier != DATA:
        raise SettingsError(
            "--no-backup goes with --tier data; whether migrations are dumped before is said in fairlead.yaml"
        )
    return Wish(plan, plan_out, given, yes, tier, backup)


def agreed(planner: Plans, wish: Wish) -> bool:
    """
    Shows the plan, and gives whether to go on with it.

    Raises:
        SettingsError: the given plan is stale, or nobody is there to ask.
        FairleadError: the host lacks room, or a person said no.
    """
    plan = _made(planner, wish.given.salt if wish.given else "")
    if wish.given is not None:
        refuse_stale(wish.given, plan)
    _tell(plan, runs_now=not (wish.only_plan or plan.asks))
    refuse_without(plan.host, plan.rooms)
    if wish.out:
        try:
            LocalHost().put(wish.out, written(plan), PRIVATE)
        except OSError as error:
            raise SettingsError(f"--plan-out {wish.out}: {(error.strerror or 'cannot be written').lower()}") from error
        print(f"written to {wish.out}; inv deploy --apply {wish.out} runs exactly this")
    if wish.only_plan:
        return False
    ask_once(plan.host, plan.asks, yes=wish.yes, ask=person())
    return True


def _made(planner: Plans, salt: str) -> Forecast:
    """Reading images of a gigabyte from the engine takes its time, so it is shown as a step."""
    local, made = LocalHost(), list[Forecast]()
    step = Do(
        "make the plan", "what is new to the host, and what it needs", lambda _, __: made.append(planner.forecast(salt))
    )
    with progress() as telling:
        execute(plan_for(local.name, step), {local.name: local}, telling, take_back=False)
    return made[0]


def _tell(plan: Forecast, *, runs_now: bool) -> None:
    """For people, or with --json as one event."""
    if isinstance(sys.stdout, JsonLines):
        sys.stdout.event("plan", plan=json.loads(written(plan)))
        return
    print(shown(plan, runs_now=runs_now), flush=True)
