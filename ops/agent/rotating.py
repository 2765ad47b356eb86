"""Notes that two values of a secret are about to be valid, and which releases know only the old one."""

from __future__ import annotations

from pathlib import Path

from ..lock import locked
from ..maintenance.order import now
from ..rotation import begun, rotations_of
from .forgetting import rotations_in, write_rotations
from .freezing import freeze_in, refuse_frozen
from .running import LOCK, ended, records_in, tell
from .tier import refuse_half_done


def rotated(root: str, about: str, who: str) -> int:
    """
    Notes the rotation *about*, see `rotations_of`, before anything is told of its new value.

    One that is noted already is left as it is.
    """
    return ended(root, lambda: _rotated(root, about, who))


def _rotated(root: str, about: str, who: str) -> None:
    (rotation,) = rotations_of(about).values()
    records = records_in(root)
    with locked(Path(root) / LOCK, f"rotation of {rotation.name}", who):
        known = rotations_in(records.folder)
        if rotation.name in known:
            tell("note", text=f"{rotation.name}: noted before")
            return
        records.state().refuse_pending("secrets.rotate")
        refuse_half_done(records)
        refuse_frozen(freeze_in(records.folder))
        releases = [path.name for path in (Path(root) / "releases").iterdir()]
        write_rotations(records.folder, {**known, rotation.name: begun(rotation, releases, who, now())})
        records.audit(who=who, what=f"a second value of {rotation.name} becomes valid")
