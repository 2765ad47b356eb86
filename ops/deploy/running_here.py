"""Runs what happens on this machine before the agent's work: building, and sending to a host."""

from __future__ import annotations

from ..errors import UnreachableError
from ..execute import Event, execute
from ..host import LocalHost
from ..plan import Plan
from ..step import Step
from .events import progress


def run_here(plan: Plan, host: str, serves: str = "") -> None:
    """
    Runs *plan*; nothing is taken back, since the next run goes on from there.

    Args:
        host: The name of the host that it is for.
        serves: What serves there; empty before the first release.

    Raises:
        FairleadError: of the step that failed.
        UnreachableError: the host is gone; with the step, and what serves there.
    """
    local, titles = LocalHost(), [""]
    with progress() as shown:

        def record(event: Event, name: str, step: Step, text: str) -> None:
            titles[0] = step.title
            shown(event, name, step, text)

        try:
            execute(plan, {local.name: local}, record, take_back=False)
        except UnreachableError as error:
            said = str(error).removeprefix(f"{host}: ")
            raise UnreachableError(
                f"{host}: {titles[0]}: {said}; {serves or 'nothing'} serves there as before; "
                "run it again once it is reachable, what has arrived is not sent again",
                error.details,
            ) from error
