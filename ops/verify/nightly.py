"""`inv verify.nightly`: looks at everything, tells who wants to know that it changed, and leaves numbers behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ..errors import FairleadError
from ..lock import locked
from ..notify import notify
from ..settings import Settings, find_settings, load_settings
from . import metrics, watching
from .options import Options
from .record import Record
from .verify import looked
from .watching import Watched

FOLDER = "verify"
LAST = "last.json"


def nightly(names: Sequence[str], *, ca: str = "", dry: bool = False) -> None:
    """
    `inv verify.nightly`; exits as `inv verify --all` does: what becomes of the telling changes nothing about that.

    Raises:
        FairleadError: nothing could be looked at.
    """
    settings = load_settings(find_settings(Path.cwd()))
    hosts = ",".join(names)
    if dry:
        print(f"{settings.name}: verify --all{f' --host {hosts}' if hosts else ''}; {_after(settings)}")
        return
    with locked(settings.state / FOLDER / "lock", "inv verify.nightly"):
        record, error = _looked(names, ca)
        found = watching.of_record(record, hosts) if record else None
        if error is not None:
            found = watching.of_error(error, settings.name, hosts)
        if found is not None:
            _tell(settings, replace(found, site=settings.name), record)
    if error is not None:
        raise error
    if record is not None:
        from .report import terminal  # noqa: PLC0415 - rich takes 100 ms

        terminal.show(record)
        sys.exit(record.exit_code)


def _looked(names: Sequence[str], ca: str) -> tuple[Record | None, FairleadError | None]:
    try:
        return looked(Options(hosts=tuple(names), ca=ca, everything=True)), None
    except FairleadError as error:
        return None, error


def _tell(settings: Settings, now: Watched, record: Record | None) -> None:
    path = settings.state / FOLDER / LAST
    before = watching.read(path)
    if watching.is_news(before, now):
        now = replace(now, told=notify(settings, watching.event_of(before, now)))
    _written(path, "what this run found", partial(watching.write, path, now))
    textfile = settings.verify.textfile
    if textfile is not None:
        text = metrics.text_of(now, record, datetime.now(UTC))
        _written(textfile, "the metrics of this run", partial(metrics.write, textfile, text))


def _written(path: Path, what: str, write: Callable[[], None]) -> None:
    """A file that cannot be written is told, and is no reason to hide what was found."""
    try:
        write()
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        print(f"{path}: {reason}; {what} is not there", file=sys.stderr, flush=True)


def _after(settings: Settings) -> str:
    told = f"tell {settings.outward.webhook} where that changed" if settings.outward.webhook else "tell nobody"
    return f"{told}; write {settings.verify.textfile or 'no metrics'}"
