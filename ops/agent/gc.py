"""Removes releases that nobody goes back to any more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..command import Command
from ..deploy.naming import mentions
from ..errors import SettingsError, StepFailedError
from ..host import Host
from ..step import Do, Run, Say, Step
from .bundle import Bundle, load, stand_in
from .leftovers import remove
from .record import State
from .switch import project

HALF = re.compile(r"(r\d+|base(\.next-[0-9a-f]+)?)\.part\.[A-Za-z0-9]{6}")
"""A folder into which the laptop unpacks, until it is whole and gets its name."""

HALF_S = 3600.0


def old_releases(names: Iterable[str], state: State, keep: int) -> list[str]:
    """
    Those of *names* that nobody needs, oldest first: those that never served, and those that served longest ago.

    Args:
        keep: How many stay, the one that serves among them; one of a switch that has not ended stays too.
    """
    there = {name for name in names if name[1:].isdigit()}
    before = [name for name in state.previous if name in there]  # one that is gone takes nobody's place
    kept = {state.current, state.pending, *before[: keep - 1]}
    return sorted(there - kept, key=lambda name: int(name[1:]))


def half_sent(root: Path, now: float) -> list[Path]:
    """
    The folders below *root* in which something was unpacked that never arrived whole, with the secrets in them.

    Args:
        now: Seconds since the epoch; what is younger than an hour may be on its way.
    """
    found = (
        path for folder in (root, root / "releases") for path in folder.glob("*.part.*") if HALF.fullmatch(path.name)
    )
    return sorted(path for path in found if path.is_dir() and now - path.stat().st_mtime > HALF_S)


def removal(root: str, name: str, others: Iterable[str] = ()) -> Iterator[Step]:
    """Its containers, its images and its folder; *others* stand in for what its own file does not say any more."""
    bundle = None
    with suppress(SettingsError):
        bundle = _known(root, name, others)
    if bundle is not None:
        left, title = (
            project(bundle.layout.project(name), bundle.folder / "compose.yaml"),
            f"remove the containers of {name}",
        )
        yield Do(title, str(left.command("down")), lambda host, _: remove(host, left, title))
        for image in [each for each in bundle.images if "@" not in each and mentions(each, name)]:
            yield Do(f"remove {image}", f"docker image rm {image}", partial(_remove_image, image))
    yield Run(f"remove the folder of {name}", Command(("rm", "-rf", "--", f"{root}/releases/{name}")))


def _known(root: str, name: str, others: Iterable[str]) -> Bundle:
    try:
        return load(root, name)
    except SettingsError:  # edited, or what a cut-off upload left: a folder and no more
        return stand_in(root, name, [other for other in others if other != name])


def _remove_image(image: str, host: Host, _: Say) -> None:
    """Only its name goes where another release shares it; one that an earlier run removed is no fault."""
    if not host.run(Command(("docker", "image", "inspect", "--format", "{{.Id}}", image)), timeout_s=60).ok:
        return
    result = host.run(Command(("docker", "image", "rm", "--no-prune", image)), timeout_s=60)
    if not result.ok:
        raise StepFailedError(host.name, f"remove {image}", result.reason)
