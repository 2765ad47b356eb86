"""Runs a change of the edge or the data tier under the lock; what was cut off is gone on with, or taken back."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from ..errors import FairleadError, SettingsError, TakeBackError
from ..lock import locked
from .bundle import load
from .freezing import freeze_in, refuse_frozen
from .patient import PatientHost
from .record import Records, write_durably
from .running import LOCK, carry_out, ended, records_in, tell, undo_steps
from .tier import HOOKS, MARK, TierWork, change_in, half_done, refuse_half_done


def change_tier(root: str, folder: str, who: str) -> int:
    """
    Makes the change that was handed over in *folder*; without it, goes on with the one that was cut off.

    Gives 0 once it has told how it ended: with any other exit code the engine starts the agent again.
    """
    ended(root, lambda: _change(Path(root), folder, who))
    return 0


def abort_tier(root: str, who: str) -> int:
    """Takes back the change that was cut off; gives 0 as `change_tier` does."""
    ended(root, lambda: _abort(Path(root), who))
    return 0


def _change(root: Path, folder: str, who: str) -> None:
    records = records_in(str(root))
    with locked(root / LOCK, "a change of a tier", who):
        begun = half_done(records)
        if begun and folder and begun != folder:
            refuse_half_done(records)
        if not (begun or (root / folder).exists()):
            raise SettingsError(f"{folder}: changed or taken back before; inv audit says which")
        if not begun:
            refuse_frozen(freeze_in(records.folder))
        work = _work(root, records, begun or folder)
        if not begun:
            work.forget()  # what one that was cut off at its very end has left
        what, services = f"{work.change.tier} tier", list(work.change.services)
        now = "goes on" if begun else "changes"
        records.audit(who=who, what=f"{what} {now}", release=_serves(work), services=services)
        write_durably(records.folder / MARK, work.folder.name + "\n")  # after it: where that fails nothing has begun
        if not work.is_over:
            _make(work, who)
        records.audit(who=who, what=f"{what} changed", release=_serves(work))
        _end(records, work)


def _make(work: TierWork, who: str) -> None:
    """All of it, or what was: taken back is also what an earlier run that was cut off has done."""
    records, what, plan = work.records, f"{work.change.tier} tier", work.plan()
    try:
        carry_out(work.host, records, work.journal, plan, take_back=False)
    except FairleadError:
        try:
            undo_steps(work.host, records, work.journal, [step for _, step in plan.steps])
        except TakeBackError:
            with suppress(FairleadError):  # what could not be taken back is the worse news
                records.audit(who=who, what=f"{what}: failed, not taken back", release=_serves(work))
            raise
        _taken_back(work, who)
        raise


def _abort(root: Path, who: str) -> None:
    records = records_in(str(root))
    with locked(root / LOCK, "abort of a change of a tier", who):
        folder = half_done(records)
        if not folder:
            tell("note", text="no change of a tier has begun; nothing to take back")
            return
        work = _work(root, records, folder)
        if work.is_over:
            tell("note", text=f"the {work.change.tier} tier was changed and proven before; it is not taken back")
            records.audit(who=who, what=f"{work.change.tier} tier changed", release=_serves(work))
            _end(records, work)
            return
        undo_steps(work.host, records, work.journal, [step for _, step in work.plan().steps])
        _taken_back(work, who)


def _taken_back(work: TierWork, who: str) -> None:
    """What runs once it is changed is owed no more."""
    (work.records.folder / HOOKS).unlink(missing_ok=True)
    work.records.audit(who=who, what=f"{work.change.tier} tier: taken back", release=_serves(work))
    _end(work.records, work)


def _serves(work: TierWork) -> str:
    return work.bundle.name


def _work(root: Path, records: Records, folder: str) -> TierWork:
    state = records.state()
    if state.pending or not state.current:
        raise SettingsError("no release serves, or a switch has not ended; end that first")
    bundle = load(str(root), state.current)
    return TierWork(PatientHost(), bundle, records, root / folder, change_in(root / folder), note=_note)


def _note(text: str) -> None:
    tell("note", text=text)


def _end(records: Records, work: TierWork) -> None:
    """The mark first: from then on nothing of this is gone on with or taken back."""
    (records.folder / MARK).unlink(missing_ok=True)
    work.forget()
    shutil.rmtree(work.folder, ignore_errors=True)
