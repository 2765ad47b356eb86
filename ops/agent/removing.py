"""Removes what nobody needs any more on this host: releases, dumps, assets, and what was cut off half-way."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

from ..host import Host
from ..lock import locked
from ..plan import plan_for
from .dump import half_dumps, old_dumps
from .forgetting import end_unused
from .gc import half_sent, old_releases, removal
from .patient import PatientHost
from .record import Records
from .running import LOCK, carry_out, ended, note, records_in, tell
from .sweeping import sweep_steps


def gc(root: str, keep: int, who: str) -> int:
    """Removes all but the newest *keep* releases."""
    return ended(root, lambda: gc_on(PatientHost(), root, keep, who))


def gc_on(host: Host, root: str, keep: int, who: str) -> None:
    """
    See `gc`.

    Raises:
        FairleadError: something could not be removed; the next run goes on.
    """
    records = records_in(root)
    with locked(Path(root) / LOCK, "gc", who):
        names = [path.name for path in (Path(root) / "releases").iterdir()]
        for name in old_releases(names, records.state(), keep):
            records.audit(who=who, what="removed", release=name)
            steps = removal(root, name, sorted(names))
            carry_out(host, records, name, plan_for(host.name, *steps), take_back=False)
            previous = tuple(each for each in records.state().previous if each != name)
            records.write_state(replace(records.state(), previous=previous))
        _remove_dumps(Path(root), keep)
        for path in half_sent(Path(root), time.time()):
            shutil.rmtree(path)
            note(f"{path.name}: removed; it never arrived whole")
        end_unused(root, host, records, who, tell)
        remove_assets(root, host, records)


def remove_assets(root: str, host: Host, records: Records) -> None:
    """Removes from the volume of assets what no release that is still below *root* lists."""
    current = records.state().current
    steps = [*sweep_steps(root, current, note)]
    if steps:
        carry_out(host, records, current, plan_for(host.name, *steps), take_back=False)


def _remove_dumps(root: Path, keep: int) -> None:
    """As many dumps stay as releases; of those that were cut off, and nobody writes under the lock, none."""
    folder = root / "shared" / "backups"
    names = [path.name for path in folder.glob("*")]
    for name in (*old_dumps(names, keep), *half_dumps(names)):
        (folder / name).unlink()
        note(f"{name}: removed")
