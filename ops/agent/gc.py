"""Removes releases that nobody goes back to any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..command import Command
from ..errors import SettingsError
from ..step import Run, Step
from .bundle import load
from .record import State
from .switch import project


def old_releases(names: Iterable[str], state: State, keep: int) -> list[str]:
    """
    Those of *names* beyond the newest *keep*, oldest first; never the one that serves, nor one of a switch.

    Args:
        keep: How many stay, the one that serves among them.
    """
    known = sorted((name for name in names if name[1:].isdigit()), key=lambda name: int(name[1:]))
    others = [name for name in known if name not in (state.current, state.pending)]
    return others[: max(0, len(known) - keep)]


def removal(root: str, name: str) -> Iterator[Step]:
    """Its containers, its images and its folder."""
    try:
        bundle = load(root, name)
    except SettingsError:
        images: list[str] = []  # what a cut-off upload left: a folder and no more
    else:
        file = bundle.folder / "compose.yaml"
        yield Run(f"remove the containers of {name}", project(bundle.layout.project(name), file).command("down"))
        images = [reference for reference in bundle.images if reference.endswith(f":{name}")]
    for image in images:
        # one that another release shares is only untagged
        yield Run(f"remove {image}", Command(("docker", "image", "rm", "--no-prune", image)))
    yield Run(f"remove the folder of {name}", Command(("rm", "-rf", "--", f"{root}/releases/{name}")))
