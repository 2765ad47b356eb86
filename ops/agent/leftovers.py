"""
What the engine has of a compose project, found by its labels: its files on the host may be gone, or edited.

Compose goes first, since it knows in which order; what it leaves, such as containers of `compose run`, is found.
"""

from __future__ import annotations

import time

from ..command import Command
from ..compose import ComposeProject
from ..errors import StepFailedError
from ..host import Host
from ..step import Say

LABEL = "com.docker.compose"
ASK_S, END_S = 60.0, 600.0
GONE_S, PAUSE_S = 20.0, 0.2
GRACE = ("--timeout", "40")
"""What is taken back has this long to end, in seconds: it served nobody, or serves nobody any more."""


def stop(host: Host, project: ComposeProject, step: str, say: Say) -> None:
    """
    Stops all containers of *project*; they stay.

    Raises:
        StepFailedError: one still runs.
    """
    said = host.stream(project.command("stop"), say)
    found = containers_of(host, project.name, step)
    if found:
        said = host.run(Command(("docker", "stop", *found)), END_S)
        found = containers_of(host, project.name, step)
    if found:
        raise StepFailedError(host.name, step, f"{project.name}: {said.reason}; {_names(found)} still run")


def remove(host: Host, project: ComposeProject, step: str) -> None:
    """
    Removes all containers and networks of *project*.

    Raises:
        StepFailedError: a container is still there.
    """
    said = host.run(project.command("down", *GRACE), END_S)
    found = containers_of(host, project.name, step, "--all")
    if found:
        host.run(Command(("docker", "stop", "--time", GRACE[1], *found)), END_S)
        said = host.run(Command(("docker", "rm", "--force", "--volumes", *found)), END_S)
        found = _left(host, project.name, step)
    if found:
        raise StepFailedError(host.name, step, f"{project.name}: {said.reason}; {_names(found)} are still there")
    if not said.ok:
        _remove_networks(host, project.name)


def containers_of(host: Host, project: str, step: str, *flags: str, labels: tuple[str, ...] = ()) -> list[str]:
    """
    The ids of the containers of *project*, those that run where *flags* do not say otherwise.

    Args:
        labels: What else they are labelled with, in Compose's own labels, such as ``oneoff=True``.

    Raises:
        StepFailedError: the engine does not say.
    """
    filters = [word for each in (f"project={project}", *labels) for word in ("--filter", f"label={LABEL}.{each}")]
    found = host.run(Command(("docker", "ps", "--quiet", "--no-trunc", *flags, *filters)), ASK_S)
    if not found.ok:
        raise StepFailedError(host.name, step, f"docker ps: {found.reason}")
    return found.out.split()


def _left(host: Host, project: str, step: str) -> list[str]:
    """What is there for good: the engine itself removes what `docker run --rm` made, in its own time."""
    until = time.monotonic() + GONE_S
    while (found := containers_of(host, project, step, "--all")) and time.monotonic() < until:
        time.sleep(PAUSE_S)
    return found


def _remove_networks(host: Host, project: str) -> None:
    """What Compose would have removed: a network that nobody uses costs a subnet."""
    listed = Command(("docker", "network", "ls", "--quiet", "--filter", f"label={LABEL}.project={project}"))
    for network in host.run(listed, ASK_S).out.split():
        host.run(Command(("docker", "network", "rm", network)), ASK_S)


def _names(found: list[str]) -> str:
    return ", ".join(each[:12] for each in found)
