"""Runs the agent's plans: every step in the journal before it begins, told line by line; and tells how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import FairleadError, StepFailedError, TakeBackError
from ..execute import Event, execute, unexpected
from ..host import Host
from ..plan import Plan
from ..step import Step, os_words
from .hiding import hiding
from .record import RecordError, Records

LOCK = "state/lock"


class NotDoneError(FairleadError):
    """It failed, and was taken back where that was said: whatever the cause is, no use of the tool was wrong."""


def show_state(root: str) -> int:
    """Prints the state."""
    return ended(root, lambda: tell("state", **asdict(records_in(root).state())))


def carry_out(host: Host, records: Records, release: str, plan: Plan, *, take_back: bool = True) -> None:
    """
    Runs *plan*, each step in the journal of *release* before it begins, and secrets nowhere.

    Raises:
        FairleadError: a step failed, and was taken back with all before it where *take_back* says so.
        TakeBackError: that failed too.
    """
    begun: list[Step] = []
    hidden = hiding(records.root)

    def record(event: Event, _: str, step: Step, text: str) -> None:
        if event == "start":
            begun.append(step)
        if event != "say":
            records.journal(release, event=event, step=step.title, text=hidden(text))
        tell(event, step=step.title, text=hidden(text))

    try:
        execute(plan, {host.name: host}, record, take_back=False)
    except FairleadError as error:
        if take_back:
            undo_steps(host, records, release, begun)
        if error.exit_code in (FairleadError.exit_code, TakeBackError.exit_code):
            raise
        raise NotDoneError(words(error), error.details) from error


def undo_steps(host: Host, records: Records, release: str, steps: list[Step]) -> None:
    """
    Takes back *steps*, last first.

    Raises:
        TakeBackError: one cannot be taken back.
    """
    for step in reversed(steps):
        try:
            is_undone = step.undo(host)
        except Exception as error:  # whatever it is, somebody has to know
            said = str(error) if isinstance(error, FairleadError | OSError) else unexpected(error)
            _note_undone(records, release, "not undone", step, said)
            raise TakeBackError(
                f"{step.title}: not taken back: {said}; look at the host, then inv deploy --abort"
            ) from error
        if is_undone:
            _note_undone(records, release, "undone", step, "")
    tell("undone", step="everything that was begun", text="")


def _note_undone(records: Records, release: str, event: str, step: Step, text: str) -> None:
    """A full disk is no reason to leave anything half done."""
    with suppress(RecordError):
        records.journal(release, event=event, step=step.title, text=hiding(records.root)(text))


def words(error: FairleadError) -> str:
    """What went wrong, for the one who reads it, who knows the host by another name."""
    return f"{error.step}: {error.reason}" if isinstance(error, StepFailedError) else str(error)


def note(text: str) -> None:
    """A line for people, which whoever follows keeps."""
    tell("note", text=text)


def records_in(root: str) -> Records:
    """What is kept below *root*."""
    return Records(Path(root) / "state")


def tell(event: str, **more: Any) -> None:
    """A line for whoever follows."""
    print(json.dumps({"event": event, **more}), flush=True)


def ended(root: str | Path, work: Callable[[], None]) -> int:
    """Does *work* below *root*, tells how it ended, and gives its exit code; no secret of there is told."""
    try:
        work()
    except FairleadError as error:
        return _end(root, error.exit_code, words(error), error.details)
    except OSError as error:
        return _end(root, TakeBackError.exit_code, os_words(error))
    except Exception as error:  # the last place that can tell whoever follows
        return _end(root, TakeBackError.exit_code, unexpected(error))
    return _end(root, 0)


def _end(root: str | Path, exit_code: int, text: str = "", details: str = "") -> int:
    hidden = hiding(Path(root))
    tell("end", exit=exit_code, text=hidden(text), details=hidden(details))
    return exit_code
