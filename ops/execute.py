"""Runs a plan: the only place where something is changed."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Literal

from .errors import FairleadError, StepFailedError, TakeBackError
from .host import Host
from .plan import Plan
from .step import Say, Step, os_words

Event = Literal["start", "say", "done", "failed", "undone"]
Record = Callable[[Event, str, Step, str], None]
"""Takes what happens: the event, the host's name, the step, and a line of text."""

SHOWN = 2
"""So many calls of a fault's own are shown, the last ones."""


def execute(plan: Plan, hosts: Mapping[str, Host], record: Record, *, take_back: bool = True) -> None:
    """
    Runs every step in order; at the first failure takes back all that began, last first.

    The failed step is taken back too, since it may have half happened.

    Args:
        take_back: False leaves what was done, for plans whose next run goes on from there.

    Raises:
        FairleadError: of the step that failed.
        TakeBackError: something could not be taken back either; all else was.
    """
    begun: list[tuple[str, Step]] = []
    for name, step in plan.steps:
        begun.append((name, step))
        record("start", name, step, "")
        try:
            _run(step, hosts[name], _saying(record, name, step))
        except FairleadError as error:
            record("failed", name, step, str(error))
            left = _undo(begun, hosts, record) if take_back else []
            if left:
                raise TakeBackError(f"{error}; not taken back: {'; '.join(left)}", error.details) from error
            raise
        record("done", name, step, "")


def unexpected(error: Exception) -> str:
    """An error that no step should have, in words."""
    return f"a fault of fairlead itself: {type(error).__name__}: {error}"


def _run(step: Step, host: Host, say: Say) -> None:
    """Whatever goes wrong in a step is a failure of it: what was begun has to be taken back."""
    try:
        step.run(host, say)
    except FairleadError:
        raise
    except OSError as error:
        raise StepFailedError(host.name, step.title, os_words(error)) from error
    except Exception as error:
        where = "".join(traceback.format_tb(error.__traceback__)[-SHOWN:])
        raise StepFailedError(host.name, step.title, unexpected(error), where) from error


def _saying(record: Record, name: str, step: Step) -> Say:
    return lambda text: record("say", name, step, text)


def _undo(begun: list[tuple[str, Step]], hosts: Mapping[str, Host], record: Record) -> list[str]:
    """Takes back what can be, and gives in words what could not."""
    left = []
    for name, step in reversed(begun):
        try:
            is_undone = step.undo(hosts[name])
        except Exception as error:  # what comes before it is taken back all the same
            said = str(error) if isinstance(error, FairleadError | OSError) else unexpected(error)
            record("failed", name, step, said)
            left.append(f"{step.title}: {said}")
        else:
            if is_undone:
                record("undone", name, step, "")
    return left
