"""
Issue, renewal, reconciling: what was asked of the CA, how it ended, and what is served in the end.

Whatever certbot says, the certificate on disk, the one in use and the one that is served are compared afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..certificates.reconcile import NotTakenBackError, reconcile
from ..certificates.reconcile import Outcome as Served
from ..command import Command, Result
from ..compose import containers
from ..errors import FairleadError
from ..execute import Record, execute
from ..host import Host
from ..plan import plan_for
from ..step import Do, Say, Step
from .account import Owner, has_account, owner
from .authority import AuthorityError
from .due import Due
from .job import Job
from .limits import AS_COUNTED, tokens
from .lineage import issued
from .memory import may_try_at
from .outcome import ACCOUNT, CertbotError, Outcome, read_outcome
from .preflight import Preflight, PreflightError, examine, fingerprint
from .preparing import preparing_steps
from .program import OWNER

LOG = "logs/letsencrypt.log"
PRIVATE = 0o600


@dataclass(frozen=True)
class Wishes:
    """
    What the caller asks for beyond what is due.

    Attributes:
        force: Renew although nothing is due.
        yes: Ask the CA although it was decided to wait, or although nothing is due.
        preflight: Whether a first issue may be stopped by our own checks.
    """

    force: bool = False
    yes: bool = False
    preflight: bool = True


@dataclass(frozen=True)
class Ended:
    """
    What was due, whether that brought a new certificate, and what is served now.

    Attributes:
        notes: What a person should know all the same.
    """

    due: Due
    got_new: bool
    served: Served
    notes: tuple[str, ...] = ()


def steps_of(job: Job, due: Due, wishes: Wishes) -> Iterator[Step]:
    """What will run, in order; reconciling comes after them, whatever becomes of them."""
    if due.what != "nothing":
        yield from preparing_steps(job)
        yield from _asking_steps(job, due, wishes)


def run(job: Job, due: Due, wishes: Wishes, record: Record) -> Ended:
    """
    Does what is *due* and reconciles.

    Raises:
        PreflightError: the CA would refuse; it was not asked.
        CertbotError: it was asked, and gave nothing.
        ReconcileError: there is a certificate, and another one is served.
        LockedError: a certbot of an earlier run is still at work.
    """
    before = job.lineage()
    failure = _tried(job, due, wishes, record)
    found = job.lineage()
    if failure is not None and found is None:
        raise failure
    got_new = found is not None and (before is None or before.certificate != found.certificate)
    try:
        _require_site(job)
        served = reconcile(job.stack, job.wanted(found), record)
    except FairleadError as error:
        if failure is None:
            raise
        failure.details = "\n".join(filter(None, (failure.details, f"and then: {error}")))
        if isinstance(error, NotTakenBackError):
            failure.exit_code = error.exit_code
        raise failure from error
    if failure is not None:
        raise failure
    price = (_left(job),) if wishes.force and got_new else ()
    return Ended(due, got_new, served, (*_notes(job, due, got_new), *price))


def _require_site(job: Job) -> None:
    edge = job.stack.settings.edge
    found = containers(job.stack.host, job.stack.project)
    if edge and not any(each.service == edge.service and each.state == "running" for each in found):
        raise CertbotError(f"{job.name}: {edge.service} does not run, so nothing is served; inv up starts the site")


def refuse_too_early(job: Job, due: Due, wishes: Wishes) -> None:
    """
    Raises where the CA should not be asked yet, or a renewal is forced without a yes.

    Raises:
        CertbotError: says until when, and what is left of the limit.
    """
    left = _left(job)
    if wishes.force and not wishes.yes:
        raise CertbotError(f"{job.name}: --force-renewal takes one: {left}; say --yes too if that is what you want")
    memory = job.memory()
    moment = may_try_at(memory.attempts)
    if due.what == "nothing" or wishes.yes or moment is None or moment <= job.now or memory.last is None:
        return
    raise CertbotError(
        f"{job.name}: the last attempts failed ({memory.last.message}); the CA is asked again from "
        f"{moment:%Y-%m-%d %H:%M} UTC on, or now with --yes; {left}"
    )


def _left(job: Job) -> str:
    left = tokens(issued(job.stack.host, job.state / "config", job.name, job.certbot.wanted.names), job.now)
    return f"{left}{'' if job.authority.is_lets_encrypt else AS_COUNTED}"


def _tried(job: Job, due: Due, wishes: Wishes, record: Record) -> FairleadError | None:
    """The error of asking, if any: reconciling has to follow it."""
    hosts = {job.stack.host.name: job.stack.host}
    try:
        if due.what != "nothing":
            refuse_too_early(job, due, wishes)
        execute(plan_for(job.stack.host.name, *steps_of(job, due, wishes)), hosts, record, take_back=False)
    except FairleadError as error:
        return error
    return None


def _asking_steps(job: Job, due: Due, wishes: Wishes) -> Iterator[Step]:
    certbot = job.certbot
    if due.what == "issue":
        if wishes.preflight:
            yield Do("see whether the CA would find the site", "preflight; the CA gets no order", _preflight(job))
        yield from _account_steps(job)
        yield Do("try it out", str(certbot.issue(dry=True)), _dry_run(job))
        command = certbot.issue(replace=due.replace or wishes.force)
        yield Do("ask the CA for the certificate", str(command), lambda host, say: _ask(job, "issue", command, say))
    if due.what == "renew":
        again = certbot.renew(force=wishes.force)
        yield Do("ask the CA for the renewal", str(again), lambda host, say: _renew(job, again, say))


def _account_steps(job: Job) -> Iterator[Step]:
    """Nothing where there is an account, or where certbot makes the right one by itself."""
    known = owner(job.stack.values)
    mailless = job.stack.settings.acme.email and job.authority.staging == job.authority.server
    if not (known or mailless) or has_account(job.stack.host, job.state / "config"):
        return
    command = job.certbot.register(owned=known is not None)
    yield Do("make an account at the CA", str(command), lambda _, say: _register(job, known, command, say))


def _register(job: Job, known: Owner | None, command: Command, say: Say) -> None:
    """The owner's key lies in a file while certbot reads it, and is gone afterwards."""
    path, host = str(job.state / OWNER), job.stack.host
    try:
        if known is not None:
            host.put(path, known.configuration(), PRIVATE)
        _ask(job, ACCOUNT, command, say)
    finally:
        host.run(Command(("rm", "-f", path)))


def _preflight_of(job: Job) -> Preflight:
    return Preflight(job.stack, job.certbot.wanted, job.merged, job.directory, job.certbot.folder, job.state / "config")


def _preflight(job: Job) -> Callable[[Host, Say], None]:
    def look(_: Host, say: Say) -> None:
        faults = []
        for check in examine(_preflight_of(job)):
            say(f"{check.what}: {check.fault or check.note or 'good'}")
            faults += [check.fault] if check.fault else []
        if isinstance(job.directory, AuthorityError):
            others = [fault for fault in faults if fault != str(job.directory)]
            raise AuthorityError(f"{job.name}: {job.directory}", "\n".join(others))
        if faults:
            raise PreflightError(f"{job.name}: the CA was not asked: {faults[0]}", "\n".join(faults[1:]))

    return look


def _dry_run(job: Job) -> Callable[[Host, Say], None]:
    """At the staging server, where something changed since it last went well; it costs nothing there."""

    def attempt(_: Host, say: Say) -> None:
        with_what = fingerprint(_preflight_of(job))
        if job.memory().preflight == with_what:
            say("nothing has changed since it went well")
            return
        _ask(job, "dry run", job.certbot.issue(dry=True), say)
        job.remember(replace(job.memory(), preflight=with_what))

    return attempt


def _renew(job: Job, command: Command, say: Say) -> None:
    try:
        _ask(job, "renew", command, say)
    except CertbotError as error:
        faults = [check.fault for check in examine(_preflight_of(job)) if check.fault]
        if not faults:
            raise
        raise CertbotError(f"{error}; seen from here: {faults[0]}", "\n".join(faults[1:])) from error


def _ask(job: Job, what: str, command: Command, say: Say) -> None:
    before = job.lineage()
    try:
        job.remember(job.memory().begun(datetime.now(UTC), what))
    except OSError as error:
        raise CertbotError(f"{job.state}: {(error.strerror or 'cannot be written').lower()}; make room") from error
    result = job.stack.host.stream(command, say)
    outcome = _outcome(job, what, result)
    word = "failed" if not outcome.ok else "nothing" if what == "renew" and job.lineage() == before else "ok"
    try:
        job.remember(job.memory().ended(word, outcome.message, outcome.wait_until))
    except OSError as error:
        say(f"{job.state}: how it ended could not be written down: {error.strerror}")
    if not outcome.ok:
        raise outcome.error(_said(result) if outcome.is_of_the_ca else "")


def _outcome(job: Job, what: str, result: Result) -> Outcome:
    server = job.authority.staging if what == "dry run" else job.authority.server
    log = "" if result.ok else job.stack.host.read(str(job.certbot.state(server) / LOG)) or ""
    found = read_outcome(result, log, job.now, what)
    return found if found.ok else replace(found, message=f"{job.name}: {what}: {found.message}")


def _notes(job: Job, due: Due, got_new: bool) -> tuple[str, ...]:
    if due.what == "renew" and not got_new and job.due().what == "renew":
        return ("certbot holds the renewal for not yet due; it picks a moment in the CA's window",)
    return ()


def _said(result: Result) -> str:
    """What the CA told certbot, without what certbot tells everybody."""
    lines = [line for line in (result.out + result.err).splitlines() if line.strip()]
    start = next((at for at, line in enumerate(lines) if line.startswith("Certbot failed to authenticate")), len(lines))
    end = next((at for at, line in enumerate(lines) if line.startswith(("Hint:", "Ask for help"))), len(lines))
    return "\n".join(lines[start + 1 : end])
