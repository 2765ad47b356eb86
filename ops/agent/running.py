"""Runs what the agent is asked for: under the lock, every step in the journal before it begins, told line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..errors import FairleadError, SettingsError, StepFailedError, TakeBackError
from ..execute import Event, execute
from ..host import Host
from ..lock import locked
from ..plan import Plan, plan_for
from ..step import Step
from .bundle import load
from .dump import old_dumps
from .forgetting import end_unused
from .freezing import freeze_in, refuse_frozen
from .gc import old_releases, removal
from .patient import PatientHost
from .record import RecordError, Records
from .sweeping import sweep_steps
from .switch import Switch
from .tier import refuse_half_done

LOCK = "state/lock"


def switch(root: str, release: str, who: str, *, jobs: bool) -> int:
    """Makes *release* serve; on failure the release before serves as it did."""
    return ended(lambda: _switch(root, release, who, jobs=jobs))


def abort(root: str, release: str, who: str) -> int:
    """Takes back a switch that has begun and not ended; the release before serves as it did."""
    return ended(lambda: _abort(root, release, who))


def gc(root: str, keep: int, who: str) -> int:
    """Removes all but the newest *keep* releases."""
    return ended(lambda: _gc(root, keep, who))


def show_state(root: str) -> int:
    """Prints the state."""
    return ended(lambda: tell("state", **asdict(records_in(root).state())))


def _switch(root: str, release: str, who: str, *, jobs: bool) -> None:
    host, records = PatientHost(), records_in(root)
    bundle = load(root, release)
    with locked(Path(root) / LOCK, f"{'deploy' if jobs else 'rollback'} of {release}", who):
        refuse_half_done(records)
        before = records.state()
        if before.pending != release:
            before.refuse_pending(f"switch to {release}")
        if before.pending:
            jobs = before.jobs
        else:  # what has begun may be ended
            refuse_frozen(freeze_in(records.folder))
        before = replace(before, pending=release, jobs=jobs)
        records.write_state(before)
        records.audit(who=who, what="switch", release=release, before_release=before.current)
        work = Switch(host, bundle, records, before, jobs=jobs, note=_note)
        try:
            carry_out(host, records, release, work.until_serving())
        except TakeBackError:
            records.audit(who=who, what="failed, not taken back", release=release)
            raise
        except FairleadError as error:
            with _after(f"{words(error)}; everything was taken back", "--abort", exit_code=FairleadError.exit_code):
                records.write_state(before.ended())
                records.audit(who=who, what="taken back", release=release)
            raise
        with _after(f"{release} serves, and not all is tidied up", "--resume"):
            carry_out(host, records, release, work.after(), take_back=False)
            records.write_state(records.state().ended())
            records.audit(who=who, what="serves", release=release)


@contextmanager
def _after(happened: str, flag: str, exit_code: int = TakeBackError.exit_code) -> Iterator[None]:
    """What fails from now on does not change what happened, and is gone on with by `inv deploy` with *flag*."""
    try:
        yield
    except FairleadError as error:
        late = LateError(f"{happened}; {words(error)}; mend that, then inv deploy {flag}", error.details)
        late.exit_code = exit_code
        raise late from error


class LateError(FairleadError):
    """What fails when the outcome is certain already."""


def _abort(root: str, release: str, who: str) -> None:
    host, records = PatientHost(), records_in(root)
    with locked(Path(root) / LOCK, f"abort of {release or 'a switch'}", who):
        before = records.state()
        release = release or before.pending
        if not release:
            tell("note", text="no switch has begun; nothing to take back")
            return
        if release == before.current:
            raise SettingsError(f"{release} serves already; inv deploy --resume tidies up, inv rollback goes back")
        work = Switch(host, load(root, release), records, before)
        records.audit(who=who, what="abort", release=release)
        undo_steps(host, records, release, [step for _, step in work.until_serving().steps])
        records.write_state(before.ended())
        records.audit(who=who, what="taken back", release=release)


def _gc(root: str, keep: int, who: str) -> None:
    host, records = PatientHost(), records_in(root)
    with locked(Path(root) / LOCK, "gc", who):
        names = [path.name for path in (Path(root) / "releases").iterdir()]
        for name in old_releases(names, records.state(), keep):
            records.audit(who=who, what="removed", release=name)
            carry_out(host, records, name, plan_for(host.name, *removal(root, name)), take_back=False)
            previous = tuple(each for each in records.state().previous if each != name)
            records.write_state(replace(records.state(), previous=previous))
        _remove_dumps(Path(root), keep)
        end_unused(root, host, records, who, tell)
        remove_assets(root, host, records)


def remove_assets(root: str, host: Host, records: Records) -> None:
    """Removes from the volume of assets what no release that is still below *root* lists."""
    current = records.state().current
    steps = [*sweep_steps(root, current, _note)]
    if steps:
        carry_out(host, records, current, plan_for(host.name, *steps), take_back=False)


def _remove_dumps(root: Path, keep: int) -> None:
    """As many dumps stay as releases."""
    folder = root / "shared" / "backups"
    for name in old_dumps((path.name for path in folder.glob("*")), keep):
        (folder / name).unlink()
        tell("note", text=f"{name}: removed")


def carry_out(host: Host, records: Records, release: str, plan: Plan, *, take_back: bool = True) -> None:
    """
    Runs *plan*, each step in the journal of *release* before it begins.

    Raises:
        FairleadError: a step failed, and was taken back with all before it where *take_back* says so.
        TakeBackError: that failed too.
    """
    begun: list[Step] = []

    def record(event: Event, _: str, step: Step, text: str) -> None:
        if event == "start":
            begun.append(step)
        if event != "say":
            records.journal(release, event=event, step=step.title, text=text)
        tell(event, step=step.title, text=text)

    try:
        execute(plan, {host.name: host}, record, take_back=False)
    except FairleadError:
        if take_back:
            undo_steps(host, records, release, begun)
        raise


def undo_steps(host: Host, records: Records, release: str, steps: list[Step]) -> None:
    """
    Takes back *steps*, last first.

    Raises:
        TakeBackError: one cannot be taken back.
    """
    for step in reversed(steps):
        try:
            is_undone = step.undo(host)
        except (FairleadError, OSError) as error:
            _note_undone(records, release, "not undone", step, str(error))
            raise TakeBackError(
                f"{step.title}: not taken back: {error}; look at the host, then inv deploy --abort"
            ) from error
        if is_undone:
            _note_undone(records, release, "undone", step, "")
    tell("undone", step="everything that was begun", text="")


def _note_undone(records: Records, release: str, event: str, step: Step, text: str) -> None:
    """A full disk is no reason to leave anything half done."""
    with suppress(RecordError):
        records.journal(release, event=event, step=step.title, text=text)


def words(error: FairleadError) -> str:
    """What went wrong, for the one who reads it, who knows the host by another name."""
    return f"{error.step}: {error.reason}" if isinstance(error, StepFailedError) else str(error)


def _note(text: str) -> None:
    tell("note", text=text)


def records_in(root: str) -> Records:
    """What is kept below *root*."""
    return Records(Path(root) / "state")


def tell(event: str, **more: Any) -> None:
    """A line for whoever follows."""
    print(json.dumps({"event": event, **more}), flush=True)


def ended(work: Callable[[], None]) -> int:
    """Does *work*, tells how it ended, and gives its exit code."""
    try:
        work()
    except FairleadError as error:
        tell("end", exit=error.exit_code, text=words(error), details=error.details)
        return error.exit_code
    except OSError as error:
        tell("end", exit=TakeBackError.exit_code, text=f"{error.filename}: {error.strerror}", details="")
        return TakeBackError.exit_code
    tell("end", exit=0, text="", details="")
    return 0
