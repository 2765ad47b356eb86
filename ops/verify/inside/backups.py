"""Backups as fairlead.yaml promises them: young, of a usual size, whole, somewhere else too, and tried."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import PurePosixPath
from statistics import median

from ...backups import CERTBOT, BackupSettings
from ...command import Command
from ..verdict import Check, Look, Verdict, check, failed, passed, skipped, unseen, warned
from .installation import Installation

GROUP = "backups"
ASK_S, SUM_S = 20.0, 40.0
HOUR_S, DAY_S = 3600.0, 86_400.0
MOST_COMPARED = 10
SMALLER, LARGER = 0.5, 4.0
"""Parts of the usual size beyond which a backup is another thing than those before."""

SUM = ".sha256"
TESTS = {".gz": "gzip", ".zst": "zstd", ".xz": "xz", ".bz2": "bzip2"}
"""What tells whether a compressed file is whole."""


@dataclass(frozen=True)
class File:
    """One file of a backup."""

    path: str
    time: float
    size: int
    device: str

    @property
    def name(self) -> str:
        """Without its folder."""
        return PurePosixPath(self.path).name


LookAtOne = Callable[[Installation, BackupSettings, Sequence[File]], Iterator[Verdict]]


def files(stack: Installation, pattern: str) -> list[File]:
    """The files that fit *pattern*, the newest first; sums beside them are left out."""
    parts = pattern.partition("*")[0].rpartition("/")[0] or "/"
    command = ("find", "-L", parts, "-type", "f", "-path", pattern, "-printf", "%T@ %s %D %p\\n")
    told = stack.patient.host.run(Command(command), timeout_s=ASK_S)
    rows = (line.split(" ", 3) for line in told.out.splitlines() if line.count(" ") >= 3)  # noqa: PLR2004
    found = [File(path, float(when), int(size), device) for when, size, device, path in rows]
    return sorted((each for each in found if not each.path.endswith(SUM)), key=lambda each: -each.time)


def each(name: str = "") -> Callable[[LookAtOne], Look[Installation]]:
    """Makes a look at every backup of fairlead.yaml, or at that called *name*, of a look at one that has files."""

    def made(look: LookAtOne) -> Look[Installation]:
        @wraps(look)
        def looked(stack: Installation) -> Iterator[Verdict]:
            wanted = [backup for backup in stack.patient.settings.backups if name in ("", backup.name)]
            if not wanted:
                yield skipped(f"fairlead.yaml has no backup called {name}" if name else "fairlead.yaml has no backups")
            for backup in wanted:
                found = files(stack, backup.files)
                if found:
                    yield from look(stack, backup, found)
                else:
                    yield failed("a backup", f"no file fits {backup.files}", backup.name, "see what makes it")

        return looked

    return made


def _young(backup: BackupSettings, newest: File) -> Verdict:
    hours = (time.time() - newest.time) / HOUR_S
    promised, observed = f"at most {backup.max_age_h:g} hours old", f"{newest.name}, {hours:.1f} hours old"
    if hours > backup.max_age_h:
        return failed(promised, observed, backup.name, "see what makes it: its timer and its log")
    return passed(promised, observed, backup.name)


@check("BK1", GROUP, "error", "the last backup is young enough")
@each()
def young(stack: Installation, backup: BackupSettings, found: Sequence[File]) -> Iterator[Verdict]:
    """By the time of its file."""
    yield _young(backup, found[0])


@check("RN7", "renewal", "error", "the state of the CA is backed up")
@each(CERTBOT)
def state(stack: Installation, backup: BackupSettings, found: Sequence[File]) -> Iterator[Verdict]:
    """Without it every certificate has to be asked for anew, which the CA allows five times a week."""
    yield _young(backup, found[0])


@check("BK2", GROUP, "error", "the last backup has its usual size")
@each()
def usual(stack: Installation, backup: BackupSettings, found: Sequence[File]) -> Iterator[Verdict]:
    """Beside those before; a dump that broke off is smaller, and one of nothing is empty."""
    newest, before = found[0], [each.size for each in found[1 : MOST_COMPARED + 1]]
    if not newest.size:
        yield failed("not empty", f"{newest.name}, 0 bytes", backup.name, "see what makes it")
        return
    if not before:
        yield skipped(f"there is no earlier one to compare {newest.name} with", backup.name)
        return
    middle = median(before)
    promised, observed = f"about {middle:.0f} bytes, as those before", f"{newest.name}, {newest.size} bytes"
    if newest.size < SMALLER * middle:
        yield failed(promised, observed, backup.name, "see whether it broke off")
    elif newest.size > LARGER * middle:
        yield warned(promised, observed, backup.name, "see what has grown")
    else:
        yield passed(promised, observed, backup.name)


@check("BK3", GROUP, "error", "the last backup is whole", quick=False)
@each()
def whole(stack: Installation, backup: BackupSettings, found: Sequence[File]) -> Iterator[Verdict]:
    """By the sum in ``FILE.sha256`` beside it; a compressed file without one by its own."""
    newest, host = found[0], stack.patient.host
    beside = host.read(newest.path + SUM)
    program = TESTS.get(PurePosixPath(newest.path).suffix)
    if beside is None and program is None:
        yield skipped(f"there is no {newest.name}{SUM} beside it", backup.name)
        return
    if beside is None:
        told = host.run(Command((str(program), "--test", newest.path)), timeout_s=SUM_S)
        said, fits = told.reason, told.ok
        promised = f"{program} --test ends well"
    else:
        told = host.run(Command(("sha256sum", newest.path)), timeout_s=SUM_S)
        said, wanted = told.out.partition(" ")[0], (beside.split() or [""])[0]
        promised, fits = f"sha256 {wanted[:16]}", said == wanted
    if fits:
        yield passed(promised, f"{newest.name}: so it is", backup.name)
    elif beside is not None and not told.ok:
        yield unseen(told.reason, backup.name, promised)
    else:
        yield failed(promised, f"{newest.name}: {said[:80]}", backup.name, "make it anew, and see the disk")


@check("BK4", GROUP, "error", "the last backup is somewhere else too")
@each()
def elsewhere(stack: Installation, backup: BackupSettings, found: Sequence[File]) -> Iterator[Verdict]:
    """A copy of the same name and size, on another disk: the machine may be what is lost."""
    if not backup.copies:
        yield skipped("fairlead.yaml names no copies", backup.name)
        return
    newest = found[0]
    copies = files(stack, backup.copies)
    same = next((copy for copy in copies if (copy.name, copy.size) == (newest.name, newest.size)), None)
    promised = f"{newest.name}, {newest.size} bytes, on another disk"
    if same is None:
        last = f"the newest there is {copies[0].name}" if copies else f"no file fits {backup.copies}"
        yield failed(promised, last, backup.name, "see what copies it")
    elif same.device == newest.device:
        yield warned(promised, f"{same.path}, on the same disk", backup.name, "copy it to another machine")
    else:
        yield passed(promised, same.path, backup.name)


@check("BK5", GROUP, "warning", "a restore was tried")
@each()
def tried(stack: Installation, backup: BackupSettings, found: Sequence[File]) -> Iterator[Verdict]:
    """Within the promised time; a backup that nobody has played back is a hope."""
    if not backup.drill:
        yield skipped("fairlead.yaml names no file that a restore writes", backup.name)
        return
    drills = files(stack, backup.drill)
    promised = f"within {backup.drill_max_age_days} days"
    if not drills:
        yield failed(
            promised, f"never: no {backup.drill}", backup.name, "play the newest one back into an empty database"
        )
        return
    days = (time.time() - drills[0].time) / DAY_S
    if days > backup.drill_max_age_days:
        yield failed(promised, f"{days:.0f} days ago", backup.name, "play the newest one back into an empty database")
    else:
        yield passed(promised, f"{days:.0f} days ago", backup.name)


CHECKS: tuple[Check[Installation], ...] = (young, usual, whole, elsewhere, tried)
RENEWAL: tuple[Check[Installation], ...] = (state,)
