"""The secrets of which two values are valid here; the old one ends with the last release that knows no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..host import Host
from ..rotation import NOTED, Place, Rotation, end_old, rotations_of, text_of
from .bundle import load
from .record import Records, write_durably
from .switch import project

FILE = NOTED
Tell = Callable[..., None]


def rotations_in(folder: Path) -> dict[str, Rotation]:
    """Those that the state folder names."""
    path = folder / FILE
    return rotations_of(path.read_text(encoding="utf-8") if path.exists() else "")


def write_rotations(folder: Path, rotations: dict[str, Rotation]) -> None:
    """Keeps them in the state folder."""
    write_durably(folder / FILE, text_of(rotations))


def end_unused(root: str, host: Host, records: Records, who: str, tell: Tell) -> None:
    """
    Ends the old value of each secret whose releases are all gone.

    Raises:
        StepFailedError: a database does not take it; both values stay valid, and the next run tries again.
    """
    there = {path.name for path in (Path(root) / "releases").iterdir()}
    known = rotations_in(records.folder)
    for name, rotation in known.items():
        if there.isdisjoint(rotation.releases):
            end_old(_place(root, host, records.state().current), rotation)
            left = {other: each for other, each in rotations_in(records.folder).items() if other != name}
            write_rotations(records.folder, left)
            records.audit(who=who, what=f"the old value of {name} is no longer valid")
            tell("ended", secret=name)


def _place(root: str, host: Host, serving: str) -> Place:
    layout = load(root, serving).layout
    return Place(host, project(layout.base_project, Path(layout.base) / "compose.yaml"), f"{layout.base}/secrets")
