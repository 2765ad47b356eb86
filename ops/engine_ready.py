"""Before the stack comes up: an engine that only has to be started is started, one that is missing is offered."""

from __future__ import annotations

import os
import sys

from .engine import engine_facts
from .engine_install import fix_plan
from .execute import execute
from .host import Host
from .progress import Progress

YES = ("y", "yes")


def ready_engine(host: Host) -> None:
    """
    Makes the engine usable, asking a person before anything is installed.

    Raises:
        EngineError: it is not usable, and nobody is there to ask, or the answer is no.
    """
    problem = engine_facts(host).problem
    if problem is None:
        return
    if os.environ.get("DOCKER_HOST"):  # another machine's, or started in a way of its own
        raise problem
    plan = fix_plan(host)
    installs = len(plan.steps) > 1
    if installs and not (sys.stdin.isatty() and _agreed(f"{problem}\n\n{plan}\n\nRun these commands? [y/N] ")):
        raise problem
    with Progress() as progress:
        execute(plan, {host.name: host}, progress, take_back=False)


def _agreed(question: str) -> bool:
    return input(question).strip().lower() in YES
