"""`inv down`: stops the stack; data stays unless a person says otherwise."""

from __future__ import annotations

import sys

from .command import Command
from .compose import model
from .errors import SettingsError
from .plan import Plan, plan_for
from .stack import Stack
from .step import Run


def plan_down(stack: Stack, *, volumes: bool = False, prune: bool = False) -> Plan:
    """Stops and removes the containers; with *volumes* the data, with *prune* what builds of this stack left."""
    arguments = ("--progress", "plain", "down", "--remove-orphans", *(("--volumes",) if volumes else ()))
    steps = [Run("stop the services", stack.project.command(*arguments))]
    if prune:
        label = f"label=com.docker.compose.project={stack.project.name}"
        command = Command((stack.project.client, "image", "prune", "--force", "--filter", label))
        steps.append(Run("remove images that builds replaced", command))
        steps.append(Run("empty the build cache", Command((stack.project.client, "builder", "prune", "--force"))))
    return plan_for(stack.host.name, *steps)


def volumes_lost(stack: Stack) -> list[str]:
    """The volumes that exist on this machine and that ``down --volumes`` deletes."""
    declared = (model(stack.host, stack.project).get("volumes") or {}).values()
    wanted = {volume["name"] for volume in declared if not volume.get("external")}
    listed = stack.host.run(Command((stack.project.client, "volume", "ls", "--format", "{{.Name}}")), timeout_s=30)
    return sorted(wanted & set(listed.out.split()))


def confirm_loss(volumes: list[str], *, yes: bool) -> None:
    """
    Asks a person before *volumes* are deleted for good.

    Raises:
        SettingsError: nobody is there to ask, or the answer is not yes.
    """
    if yes or not volumes:
        return
    named = ", ".join(volumes)
    if not sys.stdin.isatty():
        raise SettingsError(f"down --volumes deletes {named} for good; nobody is here to ask, so say --yes as well")
    if input(f"This deletes {named} for good. Type yes to go on: ").strip() != "yes":
        raise SettingsError(f"nothing was done; {named} stays")
