"""Runs every check once, side by side; what does not end in time, or is interrupted, becomes ERROR."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import FairleadError
from . import attempts
from .verdict import Check, Finding, Verdict, Word, unseen

AT_ONCE = 8
_TICK_S = 0.2
"""How often the main thread looks up, so that Ctrl-C is heard."""


@dataclass(eq=False)
class Job:
    """A check and what it looks at; *verdicts* grows as the check goes on, *ended* says whether it is through."""

    check: Check[Any]
    subject: object
    verdicts: list[Verdict] = field(default_factory=list)
    ended: bool = False
    flaky: bool = False
    duration_s: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """All findings in the order of the jobs; *interrupted* where a person ended the run before its time."""

    findings: list[Finding]
    interrupted: bool


def run(
    jobs: Sequence[Job],
    *,
    seconds: float,
    ended: Callable[[list[Finding]], None] = lambda _: None,
    at_once: int = AT_ONCE,
) -> Outcome:
    """
    Runs *jobs*, and gives what was seen when all are through, the time is over, or a person presses Ctrl-C.

    Threads that still wait for an answer are left behind: they are daemons, so they keep no process alive.

    Args:
        ended: Called in this thread with a job's findings as soon as it is through.
    """
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    through: queue.SimpleQueue[Job] = queue.SimpleQueue()
    stop = threading.Event()
    why, interrupted = "", False
    try:
        for job in jobs:
            waiting.put(job)
        for _ in range(min(at_once, len(jobs))):
            threading.Thread(target=_work, args=(waiting, through, stop), daemon=True).start()
        why = _collect(jobs, through, time.monotonic() + seconds, ended)
    except KeyboardInterrupt:
        why, interrupted = "interrupted", True
    stop.set()
    return Outcome([finding for job in jobs for finding in findings_of(job, why)], interrupted)


def findings_of(job: Job, why: str) -> list[Finding]:
    """What *job* gave so far; where it is not through, an ERROR with *why* at the end."""
    verdicts = list(job.verdicts)
    if not job.ended:
        verdicts.append(unseen(why))
    if not verdicts:
        verdicts.append(unseen("the check gave no verdict, which is a fault of fairlead"))
    return [Finding(job.check, _weighed(each, job.check), job.duration_s, job.flaky) for each in verdicts]


def _weighed(verdict: Verdict, of: Check[Any]) -> Verdict:
    """*verdict* with the rules of its check; what is worth knowing only can warn, not fail."""
    word: Word = "WARN" if verdict.word == "FAIL" and of.severity == "info" else verdict.word
    return replace(verdict, word=word, rules=verdict.rules or of.rules)


def _collect(
    jobs: Sequence[Job], through: queue.SimpleQueue[Job], ends_at: float, ended: Callable[[list[Finding]], None]
) -> str:
    """Waits for the jobs; why some are not through, where the time was too short."""
    left = len(jobs)
    while left:
        if time.monotonic() >= ends_at:
            return "the time of this run is over"
        try:
            job = through.get(timeout=_TICK_S)
        except queue.Empty:
            continue
        left -= 1
        ended(findings_of(job, ""))
    return ""


def _work(waiting: queue.SimpleQueue[Job], through: queue.SimpleQueue[Job], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            job = waiting.get_nowait()
        except queue.Empty:
            return
        begun = time.monotonic()
        attempts.begin()
        for verdict in _looked(job):
            job.verdicts.append(verdict)
        job.flaky, job.duration_s, job.ended = attempts.was_again(), time.monotonic() - begun, True
        through.put(job)


def _looked(job: Job) -> Iterator[Verdict]:
    """The verdicts of the check; whatever it raises is one too, since a check that broke off has seen nothing."""
    try:
        yield from job.check.look(job.subject)
    except FairleadError as error:
        yield unseen(str(error))
    except OSError as error:
        yield unseen(f"{error.filename or type(error).__name__}: {error.strerror or error}")
    except Exception as error:  # one check's fault must not take the others' verdicts along
        yield unseen(f"a fault of fairlead itself: {type(error).__name__}: {error}")
