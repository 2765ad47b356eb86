"""Runs a change of the edge or the data tier under the lock; what was cut off is gone on with, or taken back."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import FairleadError, SettingsError, TakeBackError
from ..lock import locked
from .bundle import load
from .freezing import freeze_in, refuse_frozen
from .patient import PatientHost
from .record import Records, write_durably
from .running import LOCK, carry_out, ended, records_in, tell, undo_steps
from .tier import KEPT, MARK, TierWork, change_in, half_done, refuse_half_done


def change_tier(root: str, folder: str, who: str) -> int:
    """Makes the change that was handed over in *folder*; without it, goes on with the one that was cut off."""
    return ended(lambda: _change(Path(root), folder, who))


def abort_tier(root: str, who: str) -> int:
    """Takes back the change that was cut off."""
    return ended(lambda: _abort(Path(root), who))


def _change(root: Path, folder: str, who: str) -> None:
    records = records_in(str(root))
    with locked(root / LOCK, "a change of a tier", who):
        begun = half_done(records)
        if begun and folder and begun != folder:
            refuse_half_done(records)
        if not begun:
            refuse_frozen(freeze_in(records.folder))
        folder = begun or folder
        work = _work(root, records, folder)
        write_durably(records.folder / MARK, folder + "\n")
        what = f"{work.change.tier} tier"
        records.audit(who=who, what=f"{what} changes", release=work.bundle.name, services=list(work.change.services))
        try:
            carry_out(work.host, records, f"base-{work.change.tier}", work.plan())
        except TakeBackError:
            records.audit(who=who, what=f"{what}: failed, not taken back", release=work.bundle.name)
            raise
        except FairleadError:
            _end(root, records, folder)
            records.audit(who=who, what=f"{what}: taken back", release=work.bundle.name)
            raise
        _end(root, records, folder)
        records.audit(who=who, what=f"{what} changed", release=work.bundle.name)


def _abort(root: Path, who: str) -> None:
    records = records_in(str(root))
    with locked(root / LOCK, "abort of a change of a tier", who):
        folder = half_done(records)
        if not folder:
            tell("note", text="no change of a tier has begun; nothing to take back")
            return
        work = _work(root, records, folder)
        if (root / KEPT).exists():
            undo_steps(work.host, records, f"base-{work.change.tier}", [step for _, step in work.plan().steps])
        _end(root, records, folder)
        records.audit(who=who, what=f"{work.change.tier} tier: taken back", release=work.bundle.name)


def _work(root: Path, records: Records, folder: str) -> TierWork:
    state = records.state()
    if state.pending or not state.current:
        raise SettingsError("no release serves, or a switch has not ended; end that first")
    bundle = load(str(root), state.current)
    return TierWork(PatientHost(), bundle, records, root / folder, change_in(root / folder), note=_note)


def _note(text: str) -> None:
    tell("note", text=text)


def _end(root: Path, records: Records, folder: str) -> None:
    (records.folder / MARK).unlink(missing_ok=True)
    shutil.rmtree(root / folder, ignore_errors=True)
    shutil.rmtree(root / KEPT, ignore_errors=True)
