"""The state of the certificate, as a person or a program wants to see it: on disk, in use, served, and kept up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..certificates.generations import Generation
from ..certificates.reconcile import Facts, Wanted, facts_of
from ..certificates.served import Endpoint
from ..certificates.x509 import Certificate, read_chain
from ..engine import require_engine
from ..errors import FairleadError
from ..host import LocalHost
from ..stack import open_stack
from ..timers import Timer
from . import records
from .authority import AuthorityError, Window
from .due import Due, is_late
from .job import Job, open_job
from .last_run import LastRun, last_run
from .limits import AS_COUNTED, Tokens, tokens
from .lineage import Lineage, faults, issued
from .memory import may_try_at
from .outside import renewers

FAILED = 1
LOOP = timedelta(hours=7)
"""A loop runs every six hours or so."""


@dataclass(frozen=True)
class Status:
    """
    All that `inv certbot.status` knows.

    Attributes:
        found: What certbot has; None before the first certificate.
        others: Who else renews certificates here.
        notes: What could not be seen.
    """

    job: Job
    found: Lineage | None
    window: Window | None
    due: Due
    facts: Facts
    timer: Timer
    others: tuple[str, ...]
    last: LastRun | None
    limit: Tokens
    again: datetime | None
    notes: tuple[str, ...] = ()

    @property
    def live(self) -> Generation | None:
        """The generation in use."""
        return self.facts.live

    def faults(self) -> Iterator[str]:
        """What a person has to do something about, each in one line."""
        if self.found is None:
            yield "there is no certificate yet; inv certbot gets one"
        if self.found is not None:
            yield from faults(self.found, self.job.authority.server)
        if self.found is not None and self._is_waiting(self.found.certificate):
            yield f"{self.due.what} is due: {self.due.why}; inv certbot does it"
        if self.found is not None and not self.facts.live_is_target:
            yield "what is in use is not the newest on disk; inv certbot mends that"
        for answer in self.facts.others if self.found is not None else ():
            served = answer.certificate.fingerprint[:8] if answer.certificate else ""
            where = f"{answer.endpoint} {answer.name}: serves {served}, not the newest on disk; inv certbot mends that"
            yield where if served else f"{answer.reason}; inv up starts the site"
        if not (self.timer.armed or self._loops()):
            yield "nothing renews it by itself; inv certbot.install-timer"
        yield from (f"another renewer: {other}" for other in self.others)
        if self.last is not None and self.last.outcome == "failed":
            yield f"the last run failed: {self.last.message}"

    def _is_waiting(self, certificate: Certificate) -> bool:
        """Whether what is due should have been done; a renewal that the next turn of the timer does is no fault."""
        late = is_late(certificate, self.window, self.job.now)
        return self.due.what == "issue" or (self.due.what == "renew" and late)

    def _loops(self) -> bool:
        """Whether a loop in a container, which has no timer, has run when it should have."""
        if self.timer.kind != "none" or self.last is None:
            return False
        return self.last.command == "inv certbot.renew" and self.job.now - self.last.time < LOOP


def status(*, as_json: bool = False) -> None:
    """`inv certbot.status`; exits with 1 where something has to be done."""
    seen = look(open_job(open_stack(client=str(require_engine(LocalHost()).client))))
    found = list(seen.faults())
    if as_json:
        print(json.dumps(status_json(seen), indent=2))
    else:
        print("\n".join(_lines(seen)))
        print("\n".join(f"to do: {fault}" for fault in found), end="\n" if found else "")
    if found:
        sys.exit(FAILED)


def look(job: Job) -> Status:
    """Looks at everything; changes nothing, and asks the CA only when it would like the renewal."""
    found = job.lineage()
    window = job.window(found)
    endpoints, notes = _endpoints(job)
    facts = facts_of(job.stack, Wanted(job.certbot.wanted.names, endpoints, found.material if found else None))
    if isinstance(job.directory, AuthorityError):
        notes = (*notes, str(job.directory))
    names = job.certbot.wanted.names
    armed, others = renewers(job.stack)
    return Status(
        job=job,
        found=found,
        window=window,
        due=job.due(),
        facts=facts,
        timer=armed,
        others=others,
        last=last_run(job.stack),
        limit=tokens(issued(job.stack.host, job.state / "config", job.name, names), job.now),
        again=may_try_at(job.memory().attempts),
        notes=notes,
    )


def status_json(seen: Status) -> dict[str, object]:
    """See schemas/certbot.schema.json."""
    live = read_chain(seen.live.chain)[0] if seen.live else None
    return {
        "version": 1,
        "name": seen.job.name,
        "names": list(seen.job.certbot.wanted.names),
        "server": seen.job.authority.server,
        "certificate": _certificate_json(seen.found.certificate, seen.job.now) if seen.found else None,
        "in_use": _certificate_json(live, seen.job.now) if live else None,
        "served": [
            {
                "endpoint": str(answer.endpoint),
                "name": answer.name,
                "fingerprint": answer.certificate.fingerprint if answer.certificate else None,
                "is_newest": bool(seen.found and answer.certificate == seen.found.certificate),
                "reason": answer.reason or None,
            }
            for answer in seen.facts.answers
        ],
        "due": {"what": seen.due.what, "why": seen.due.why},
        "renewal_window": _window_json(seen.window),
        "timer": {"kind": seen.timer.kind, "armed": seen.timer.armed, "next": seen.timer.next or None},
        "other_renewers": list(seen.others),
        "last_run": _last_json(seen.last),
        "limit": {"left": seen.limit.left, "most": seen.limit.most, "next": _moment(seen.limit.next)},
        "asked_again_from": _moment(seen.again),
        "notes": list(seen.notes),
        "certbot_version": (seen.found.parameters.get("version") or None) if seen.found else None,
        "settings_faults": list(faults(seen.found, seen.job.authority.server)) if seen.found else [],
        "faults": list(seen.faults()),
    }


def _endpoints(job: Job) -> tuple[tuple[Endpoint, ...], tuple[str, ...]]:
    """Where this host serves the site, and every address that its names lead to."""
    own = job.wanted(None).endpoints
    notes = () if own else ("this machine publishes no https; inv up starts the site",)
    port = own[0].port if own else 443
    led = []
    for name in job.certbot.wanted.names:
        try:
            led += [Endpoint(each, port) for each in records.addresses(_base(name), job.stack.settings.acme.resolvers)]
        except FairleadError as error:
            notes = (*notes, str(error))
    return tuple(dict.fromkeys([*own, *led])), notes


def _base(name: str) -> str:
    return name.removeprefix("*.")


def _lines(seen: Status) -> Iterator[str]:
    yield f"{seen.job.name}: {', '.join(seen.job.certbot.wanted.names)}, from {seen.job.authority.server}"
    certificate = seen.found.certificate if seen.found else None
    yield f"on disk:  {_shown(certificate, seen.job.now)}"
    live = read_chain(seen.live.chain)[0] if seen.live else None
    yield f"in use:   {'the same' if live and live == certificate else _shown(live, seen.job.now)}"
    for answer in seen.facts.answers:
        same = answer.certificate is not None and answer.certificate == certificate
        what = "the same" if same else _shown(answer.certificate, seen.job.now)
        yield (
            f"served:   {answer.endpoint} {answer.name}: {what}" if answer.certificate else f"served:   {answer.reason}"
        )
    yield f"due:      {seen.due.what}, {seen.due.why}"
    if seen.window:
        yield f"window:   the CA would like it renewed {_span(seen.window)}"
    yield f"timer:    {_timer_words(seen.timer)}"
    yield f"last run: {_last_words(seen.last)}"
    yield f"limit:    {seen.limit}{'' if seen.job.authority.is_lets_encrypt else AS_COUNTED}"
    if seen.again and seen.again > seen.job.now:
        yield f"waiting:  the CA is asked again from {seen.again:%Y-%m-%d %H:%M} UTC on"
    yield from (f"not seen: {note}" for note in seen.notes)


def _shown(certificate: Certificate | None, now: datetime) -> str:
    if certificate is None:
        return "none"
    if certificate.is_placeholder:
        return "the placeholder, which no browser trusts"
    left = f"{100 * certificate.left(now):.0f} % of its life left, until {certificate.not_after:%Y-%m-%d %H:%M} UTC"
    return f"{', '.join(certificate.names)} by {certificate.issuer}, {certificate.key}, {left}"


def _span(window: Window) -> str:
    return f"from {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"


def _timer_words(found: Timer) -> str:
    if found.kind == "none":
        return "neither systemd nor cron is here"
    return f"{found.kind}, {f'armed, next {found.next}' if found.armed else 'not armed'}"


def _last_words(last: LastRun | None) -> str:
    if last is None:
        return "none"
    how = {"ok": "went well", "begun": "was cut off", "failed": f"failed with {last.code}"}[last.outcome]
    return f"{last.command} at {last.time:%Y-%m-%d %H:%M} UTC {how}"


def _certificate_json(certificate: Certificate, now: datetime) -> dict[str, object]:
    return {
        **certificate.facts,
        "life_left": round(certificate.left(now), 4),
        "fingerprint": certificate.fingerprint,
        "is_placeholder": certificate.is_placeholder,
    }


def _window_json(window: Window | None) -> dict[str, object] | None:
    if window is None:
        return None
    explained = window.explanation or None
    return {"start": window.start.isoformat(), "end": window.end.isoformat(), "explanation": explained}


def _last_json(last: LastRun | None) -> dict[str, object] | None:
    if last is None:
        return None
    return {
        "time": last.time.isoformat(),
        "command": last.command,
        "outcome": last.outcome,
        "code": last.code,
        "message": last.message or None,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
