"""Makes another release serve, and takes back what was cut off: under the lock, and in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from .. import edge
from ..errors import FairleadError, SettingsError, TakeBackError
from ..host import Host
from ..lock import locked
from ..settings import EdgeSettings
from .bundle import Bundle, load, stand_in
from .freezing import freeze_in, refuse_frozen
from .patient import PatientHost
from .record import Records, State
from .running import LOCK, carry_out, ended, note, records_in, tell, undo_steps, words
from .switch import Switch
from .tier import refuse_half_done


class LateError(FairleadError):
    """What fails when the outcome is certain already."""


def switch(root: str, release: str, who: str, *, jobs: bool) -> int:
    """Makes *release* serve; on failure the release before serves as it did."""
    return ended(root, lambda: switch_on(PatientHost(), root, release, who, jobs=jobs))


def abort(root: str, release: str, who: str) -> int:
    """Takes back a switch that has begun and not ended; the release before serves as it did."""
    return ended(root, lambda: abort_on(PatientHost(), root, release, who))


def switch_on(host: Host, root: str, release: str, who: str, *, jobs: bool) -> None:
    """
    See `switch`; one that was cut off when *release* served already is only tidied up: nothing of it is asked again.

    Raises:
        FairleadError: its exit code says whether all was taken back.
    """
    records = records_in(root)
    with locked(Path(root) / LOCK, f"{'deploy' if jobs else 'rollback'} of {release}", who):
        refuse_half_done(records)
        before = records.state()
        if before.pending != release:
            before.refuse_pending(f"switch to {release}")
        if before.pending:
            jobs = before.jobs
        else:  # what has begun may be ended
            refuse_frozen(freeze_in(records.folder))
        is_over = before.pending == before.current == release
        bundle = known(root, release, before) if is_over else load(root, release)
        if before.current and not before.pending:  # a cut-off order of maintenance has its link, and no state yet
            before = replace(before, generation=edge.live_generation(_edge(bundle)) or before.generation)
        before = replace(before, pending=release, jobs=jobs)
        records.audit(who=who, what="switch", release=release, before_release=before.current)
        records.write_state(before)  # after the audit: where that fails nothing has begun
        work = Switch(host, bundle, records, before, jobs=jobs, note=note)
        if not is_over:
            _prove(host, records, work, before, who)
        with _after(f"{release} serves, and not all is tidied up", "--resume"):
            carry_out(host, records, release, work.after(), take_back=False)
            records.write_state(records.state().ended())
            records.audit(who=who, what="serves", release=release)


def abort_on(host: Host, root: str, release: str, who: str) -> None:
    """
    See `abort`.

    Raises:
        SettingsError: the release serves already.
        TakeBackError: not all could be taken back.
    """
    records = records_in(root)
    with locked(Path(root) / LOCK, f"abort of {release or 'a switch'}", who):
        before = records.state()
        release = release or before.pending
        if not release:
            tell("note", text="no switch has begun; nothing to take back")
            return
        if release == before.current:
            raise SettingsError(f"{release} serves already; inv deploy --resume tidies up, inv rollback goes back")
        work = Switch(host, known(root, release, before), records, before)
        records.audit(who=who, what="abort", release=release)
        undo_steps(host, records, release, [step for _, step in work.until_serving().steps])
        records.write_state(before.ended())
        records.audit(who=who, what="taken back", release=release)


def known(root: str, release: str, state: State) -> Bundle:
    """*release*, or what stands in for it where its folder is gone or edited: no host may stay like that for ever."""
    try:
        return load(root, release)
    except SettingsError as error:
        note(f"{error}; going by what the engine has of it")
        return stand_in(root, release, (state.current, *state.previous))


def _edge(bundle: Bundle) -> EdgeSettings:
    return EdgeSettings(bundle.edge, Path(bundle.layout.edge), bundle.mount, ())


def _prove(host: Host, records: Records, work: Switch, before: State, who: str) -> None:
    release = work.bundle.name
    try:
        carry_out(host, records, release, work.until_serving())
    except TakeBackError:
        with suppress(FairleadError):  # what could not be taken back is the worse news
            records.audit(who=who, what="failed, not taken back", release=release)
        raise
    except FairleadError as error:
        with _after(f"{words(error)}; everything was taken back", "--abort", exit_code=FairleadError.exit_code):
            records.write_state(before.ended())
            records.audit(who=who, what="taken back", release=release)
        raise


@contextmanager
def _after(happened: str, flag: str, exit_code: int = TakeBackError.exit_code) -> Iterator[None]:
    """What fails from now on does not change what happened, and is gone on with by `inv deploy` with *flag*."""
    try:
        yield
    except FairleadError as error:
        late = LateError(f"{happened}; {words(error)}; mend that, then inv deploy {flag}", error.details)
        late.exit_code = exit_code
        raise late from error
