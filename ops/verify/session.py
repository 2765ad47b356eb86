"""One run: what it looks at, by which checks, and what it gives."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from ..errors import FairleadError
from .budget import FOREIGN_RATE, MOST_SECONDS, OWN_RATE, Budget
from .options import Options
from .outside import checks as outside
from .outside.encryption import FACTS as TLS
from .outside.grading import NOTE, grade_of
from .outside.handshake import no_tls, no_trust, seen
from .outside.reach import answers
from .outside.site import Site, counterpart, is_loopback, normal_url
from .readiness import MAINTENANCE, wait_ready
from .record import Record
from .runner import Job, Outcome, findings_of, run
from .selection import selected
from .verdict import Finding, failed, unseen
from .web import Trust, Web

View = Literal["outside", "stack", "host"]
THROUGH_THE_PAGE = ("application", "streams")
"""Groups of the inside whose checks ask as visitors do, among others."""
Ended = Callable[[list[Finding]], None]


@dataclass(frozen=True)
class Session:
    """
    What a run looks at; `run` does it once.

    Attributes:
        jobs: Run side by side.
        last: Run after those, one by one, since they measure time.
        more_facts: What reports draw of the stack, asked for at the end.
        since: When the looking began, by the monotonic clock: finding out what there is counts too.
    """

    name: str
    view: View
    site: Site
    jobs: list[Job]
    last: list[Job] = field(default_factory=list)
    more_facts: Callable[[], dict[str, Any]] = dict
    since: float = field(default_factory=time.monotonic)

    def run(self, options: Options, ended: Ended) -> Record:
        """Waits until the site answers, then runs every check once."""
        now, budget = datetime.now(UTC), self.site.web.budget
        budget.grant(options.wait_s + MOST_SECONDS)
        try:
            trouble, interrupted = wait_ready(self.site, options.wait_s), False
        except KeyboardInterrupt:
            trouble, interrupted = "interrupted", True
        budget.grant()
        outcome = self._without_site(trouble, interrupted, ended) if trouble else self._looked(self.jobs, ended)
        return Record(
            name=self.name,
            run=self.site.web.run,
            view=self.view,
            begun=now,
            seconds=time.monotonic() - self.since,
            findings=tuple(outcome.findings),
            fail_on=options.fail_on,
            reached=not trouble or interrupted or trouble == MAINTENANCE or self.view != "outside",
            interrupted=outcome.interrupted,
            requests=budget.spent,
            facts=self._facts(trouble) if not outcome.interrupted else {},
        )

    def _facts(self, trouble: str) -> dict[str, Any]:
        return {**({} if trouble else facts_of(self.site)), **self.more_facts()}

    def _without_site(self, trouble: str, interrupted: bool, ended: Ended) -> Outcome:
        """What can be seen of a site that does not answer: of a stack, its inside; of any other, nothing."""
        inside = [job for job in self.jobs if job.subject is not self.site and not interrupted]
        seen = self._looked(inside, ended) if inside else Outcome([], interrupted)
        left = [job for job in self.jobs if job not in inside] + ([] if inside else self.last)
        found = [excused(each) if trouble == MAINTENANCE else each for each in seen.findings]
        return Outcome([*(self._unanswered(job, trouble) for job in left), *found], seen.interrupted)

    def _unanswered(self, job: Job, trouble: str) -> Finding:
        """That a stack's own site does not answer is a broken promise; what else it would answer cannot be seen."""
        if self.view != "outside" and job.check is answers and trouble not in ("interrupted", MAINTENANCE):
            return Finding(job.check, failed("the site answers", trouble, self.site.base, "inv doctor says why"))
        return Finding(job.check, unseen(trouble, self.site.base))

    def _looked(self, jobs: list[Job], ended: Ended) -> Outcome:
        """All checks: those that measure time only when the others are through."""
        budget = self.site.web.budget
        first = run(jobs, seconds=budget.left_s, ended=ended)
        if first.interrupted or not self.last:
            rest = [finding for job in self.last for finding in findings_of(job, "interrupted")]
            return Outcome([*first.findings, *rest], first.interrupted)
        second = run(self.last, seconds=budget.left_s, ended=ended, at_once=1)
        return Outcome([*first.findings, *second.findings], second.interrupted)


def excused(finding: Finding) -> Finding:
    """During maintenance: what failed and goes through the page was not seen, since nobody is answered by that."""
    verdict = finding.verdict
    if finding.check.group not in THROUGH_THE_PAGE or verdict.word not in ("FAIL", "WARN"):
        return finding
    return replace(finding, verdict=unseen(MAINTENANCE, verdict.target, verdict.promised))


def open_session(options: Options) -> Session:
    """
    What *options* ask for.

    Raises:
        SettingsError: an address, a file or a name of a check is wrong.
    """
    since = time.monotonic()
    if options.url:
        return _outside(options)
    from .stack import open_stack_session  # noqa: PLC0415 - a foreign site needs no engine and no settings

    return replace(open_stack_session(options), since=since)


def _outside(options: Options) -> Session:
    site = outside_site(options)
    checks = selected(outside.CHECKS, options.only, everything=options.everything)
    return Session(site.base, "outside", site, [Job(check, site) for check in checks])


def outside_site(options: Options) -> Site:
    """The site of --url, asked gently unless it is this machine."""
    url = normal_url(options.url)
    trust = Trust(options.ca)
    trust.context()
    site = Site(url, Web(Budget(FOREIGN_RATE)), datetime.now(UTC), trust, plain=counterpart(url))
    if is_loopback(site.host):
        site.is_ours, site.web = True, Web(Budget(OWN_RATE))
    return site


def facts_of(site: Site) -> dict[str, Any]:
    """What reports draw beside the findings, from answers that are there already; what is missing is left out."""
    facts: dict[str, Any] = {"url": site.base}
    for name, make in (("grade", _grade), ("certificate", _certificate)):
        try:
            found = make(site)
        except (FairleadError, ssl.SSLError, OSError):
            continue  # its own check has said why it cannot be seen
        if found:
            facts[name] = found
    if versions := site.seen(TLS):
        facts["tls"] = versions
    return facts


def _grade(site: Site) -> dict[str, Any] | None:
    if (site.is_local and not site.speaks_tls) or (site.speaks_tls and no_trust(site)):
        return None
    found = grade_of(site)
    results = [{"test": each.test, "word": each.word, "modifier": each.modifier} for each in found.results]
    return {"letter": found.letter, "score": found.score, "note": NOTE, "results": results}


def _certificate(site: Site) -> dict[str, Any] | None:
    return None if no_tls(site) else seen(site).certificate.facts
