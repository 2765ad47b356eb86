"""Removes releases that nobody goes back to any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from ..command import Command
from ..deploy.naming import mentions
from ..errors import SettingsError, StepFailedError
from ..host import Host
from ..step import Do, Run, Say, Step
from .bundle import load
from .record import State
from .switch import project


def old_releases(names: Iterable[str], state: State, keep: int) -> list[str]:
    """
    Those of *names* that nobody needs, oldest first: those that never served, and those that served longest ago.

    Args:
        keep: How many stay, the one that serves among them; one of a switch that has not ended stays too.
    """
    kept = {state.current, state.pending, *state.previous[: keep - 1]}
    return sorted({name for name in names if name[1:].isdigit()} - kept, key=lambda name: int(name[1:]))


def removal(root: str, name: str) -> Iterator[Step]:
    """Its containers, its images and its folder."""
    try:
        bundle = load(root, name)
    except SettingsError:
        images: list[str] = []  # what a cut-off upload left: a folder and no more
    else:
        file = bundle.folder / "compose.yaml"
        yield Run(f"remove the containers of {name}", project(bundle.layout.project(name), file).command("down"))
        images = [reference for reference in bundle.images if "@" not in reference and mentions(reference, name)]
    for image in images:
        yield Do(f"remove {image}", f"docker image rm {image}", partial(_remove_image, image))
    yield Run(f"remove the folder of {name}", Command(("rm", "-rf", "--", f"{root}/releases/{name}")))


def _remove_image(image: str, host: Host, _: Say) -> None:
    """Only its name goes where another release shares it; one that an earlier run removed is no fault."""
    if not host.run(Command(("docker", "image", "inspect", "--format", "{{.Id}}", image)), timeout_s=60).ok:
        return
    result = host.run(Command(("docker", "image", "rm", "--no-prune", image)), timeout_s=60)
    if not result.ok:
        raise StepFailedError(host.name, f"remove {image}", result.reason)
