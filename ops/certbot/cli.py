"""What `inv certbot` and its neighbours do."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal

from ..engine import require_engine
from ..errors import FairleadError, InterruptedRunError, LockedError, SettingsError
from ..execute import execute
from ..host import LocalHost
from ..lock import locked
from ..plan import plan_for
from ..progress import Progress
from ..stack import Stack, open_stack
from .due import Due
from .job import Job, open_job
from .last_run import ended, started
from .outcome import CertbotError
from .outside import renewers
from .preparing import left_running_steps
from .running import Ended, Wishes, run, steps_of

PERIOD_S, JITTER_S = 20_700, 1_800
"""Four times a day on the average, at no fixed time: a CA wants its clients spread out."""

PAUSE_S = 1.0

What = Literal["due", "issue", "renew"]


def certbot(
    what: What = "due",
    *,
    force: bool = False,
    yes: bool = False,
    preflight: bool = True,
    wait_s: float = 0.0,
    dry: bool = False,
) -> None:
    """
    `inv certbot`, `inv certbot.issue`, `inv certbot.renew`.

    Args:
        wait_s: How long to wait for another run that is at work here.
    """
    stack = _stack()
    wishes = Wishes(force, yes, preflight)
    if dry:
        _show(open_job(stack), what, wishes)
        return
    command = "inv certbot" if what == "due" else f"inv certbot.{what}"
    try:
        with _locked(stack, command, wait_s):
            _carry_out(stack, what, wishes, command)
    except KeyboardInterrupt:
        raise InterruptedRunError(f"{command}: interrupted; run it again, it goes on from where it was") from None


def renew(
    *, force: bool = False, yes: bool = False, loop: bool = False, wait_s: float = 0.0, dry: bool = False
) -> None:
    """
    `inv certbot.renew`; with *loop* it goes on for ever, and a failure is told and not the end.

    Raises:
        SettingsError: a loop that forces each renewal.
    """
    if not loop or dry:
        certbot("renew", force=force, yes=yes, wait_s=wait_s, dry=dry)
        return
    if force:
        raise SettingsError("certbot.renew: --loop with --force-renewal would use up the CA's limit in a day")
    while True:
        try:
            certbot("renew", yes=yes, wait_s=wait_s)
        except InterruptedRunError:
            raise
        except FairleadError as error:
            print(f"{error}\n{error.details}".rstrip(), file=sys.stderr, flush=True)
        time.sleep(PERIOD_S + secrets.randbelow(JITTER_S))


@contextmanager
def _locked(stack: Stack, command: str, wait_s: float) -> Iterator[None]:
    end = time.monotonic() + wait_s
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(locked(stack.settings.state / "lock", command))
                break
            except LockedError:
                if time.monotonic() >= end:
                    raise
                time.sleep(PAUSE_S)
        yield


def _carry_out(stack: Stack, what: What, wishes: Wishes, command: str) -> None:
    started(stack, command)
    try:
        with Progress() as progress:
            job = open_job(stack)
            execute(plan_for(stack.host.name, *left_running_steps(job)), {stack.host.name: stack.host}, progress)
            done = run(job, wanted(job, what, wishes), wishes, progress)
        if what == "renew" and job.lineage() is None:
            raise CertbotError(f"{job.name}: nothing to renew: {done.due.why}")
    except FairleadError as error:
        ended(stack, command, error)
        raise
    ended(stack, command, None)
    print(_words(job, done), flush=True)
    if done.got_new and what != "renew" and not renewers(stack)[0].armed:
        print("note: nothing renews it by itself yet; inv certbot.install-timer", flush=True)


def wanted(job: Job, what: What, wishes: Wishes) -> Due:
    """What is due, as far as the task that was called does it."""
    found = job.due()
    if what == "issue" and found.what != "issue":
        if wishes.force:
            return Due("issue", "asked for", replace=True)
        return Due("nothing", f"the certificate there is is the one that is wanted: {found.why}")
    if what == "renew" and found.what == "issue" and not found.replace:
        return Due("nothing", f"{found.why}; inv certbot gets one")
    if what == "renew" and (wishes.force or found.what != "renew"):
        return Due("renew", "asked for" if wishes.force else found.why)
    return found


def _show(job: Job, what: What, wishes: Wishes) -> None:
    due = wanted(job, what, wishes)
    print(f"{job.name}: {'nothing to ask of the CA' if due.what == 'nothing' else due.what}: {due.why}")
    plan = plan_for(job.stack.host.name, *steps_of(job, due, wishes))
    print(plan if plan else "", end="\n" if plan else "")
    names = ", ".join(str(endpoint) for endpoint in job.wanted(job.lineage()).endpoints)
    print(f"{job.stack.host.name}: see that disk, {job.stack.settings.tls and job.stack.settings.tls.folder}/live and")
    print(f"    what {names or 'nobody yet'} serves are one; where not, switch, test, reload, ask")


def _words(job: Job, done: Ended) -> str:
    certificate = done.served.certificate
    if done.got_new:
        what = "first certificate" if done.due.what == "issue" and not done.due.replace else "new certificate"
    elif done.served.done == "nothing":
        what = "nothing to do"
    else:
        what = "reconciled"
    served = f"{certificate.issuer}, until {certificate.not_after:%Y-%m-%d %H:%M} UTC"
    lines = [f"{job.name}: {what} ({done.due.why})", f"served: {', '.join(certificate.names)}, by {served}"]
    return "\n".join([*lines, *(f"note: {note}" for note in (*done.notes, *done.served.faults))])


def _stack() -> Stack:
    return open_stack(client=str(require_engine(LocalHost()).client))
