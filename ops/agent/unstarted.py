"""Containers that Compose has made to take the place of others, and that it was not alive to start."""

from __future__ import annotations

from collections import defaultdict

from ..command import Command
from ..compose import ComposeProject
from ..errors import StepFailedError
from ..host import Host
from ..step import Run, Say

FORM = '{{.ID}} {{.State}} {{.Label "com.docker.compose.service"}}'
CREATED = "created"
ASK_S = 60.0
TAKEN = "The container name"
"""With this the engine begins its complaint about a name that is in use."""


def recreate(host: Host, project: ComposeProject, up: Run, say: Say) -> None:
    """
    Runs *up*, which replaces containers, where an earlier run of it, or the engine under it, may have been cut off.

    Raises:
        StepFailedError: it failed.
    """
    remove_unstarted(host, project, up.title)
    try:
        up.run(host, say)
    except StepFailedError as error:
        if TAKEN not in error.reason:
            raise
        remove_unstarted(host, project, up.title)
        up.run(host, say)


def remove_unstarted(host: Host, project: ComposeProject, step: str) -> None:
    """
    Removes those that stand beside the one whose place they were to take: Compose would trip over them.

    One that is all that is left of its service stays: it has that one's volumes.

    Raises:
        StepFailedError: the engine does not remove one.
    """
    label = f"label=com.docker.compose.project={project.name}"
    listed = host.run(
        Command((project.client, "ps", "--all", "--no-trunc", "--filter", label, "--format", FORM)), ASK_S
    )
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in (line.split() for line in listed.out.splitlines()):
        if len(row) == 3:  # noqa: PLR2004 - id, state, service
            found[row[2]].append((row[0], row[1]))
    for containers in found.values():
        unstarted = [name for name, state in containers if state == CREATED]
        if unstarted and len(unstarted) < len(containers):
            removed = host.run(Command((project.client, "rm", *unstarted)), ASK_S)
            if not removed.ok:
                raise StepFailedError(host.name, step, removed.reason)
