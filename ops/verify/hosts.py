"""A run over what serves on hosts: through the public name, at each host directly, and inside its containers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ..hosts import Opened, open_hosts
from ..reach import is_private
from ..serving.patient import Served, served_by
from ..serving.words import there
from .budget import OWN_RATE, Budget
from .errors import NoAnswerError
from .inside import checks as inside
from .inside.picture import facts_of_stack
from .options import Options
from .outside import checks as outside
from .outside.reach import answers
from .outside.site import Site, addresses_of, counterpart
from .record import Record
from .runner import Job
from .selection import selected
from .session import Ended, Session
from .stack import installation, started
from .verdict import Check, Finding
from .web import Trust, Web


@dataclass(frozen=True)
class Look:
    """
    One view.

    Attributes:
        host: The host that it is a view of; empty for the view through the public name.
        named: Names ports in a text as they are on the host.
    """

    host: str
    session: Session
    named: Callable[[str], str] = str

    def run(self, options: Options, ended: Ended) -> Record:
        """The record of this view, its targets with the host's name."""
        record = self.session.run(options, lambda found: ended([*map(self._told, found)]))
        return replace(record, findings=tuple(map(self._told, record.findings)))

    def _told(self, finding: Finding) -> Finding:
        verdict = finding.verdict
        target = self.named(f"{self.host}: {verdict.target}" if self.host and verdict.target else verdict.target)
        told = replace(
            verdict,
            target=target or self.host,
            promised=self.named(verdict.promised),
            observed=self.named(verdict.observed),
            evidence=tuple(map(self.named, verdict.evidence)),
            mend=there(verdict.mend, self.host) if self.host else verdict.mend,
        )
        return replace(finding, verdict=told)


@contextmanager
def looks_at(names: Sequence[str], options: Options) -> Iterator[list[Look]]:
    """
    The views of the hosts that *names* mean, while the block runs.

    Raises:
        SettingsError: there is no such host or check.
        UnreachableError: a host, or its engine, does not answer.
    """
    with ExitStack() as stack:
        hosts = stack.enter_context(open_hosts(names))
        opened = [stack.enter_context(_served(each, options)) for each in hosts]
        looks = [_look(served, options) for served in opened]
        public = _public(opened[0], [look.session.site for look in looks], options)
        yield [*public, *looks]


def run(looks: Sequence[Look], options: Options, ended: Ended) -> Record:
    """All views, one after the other, as one record; what is drawn is of the first host."""
    records = []
    for look in looks:
        records.append(look.run(options, ended))
        if records[-1].interrupted:
            break
    main = next((record for look, record in zip(looks, records, strict=False) if look.host), records[0])
    return replace(
        main,
        begun=records[0].begun,
        seconds=sum(record.seconds for record in records),
        findings=tuple(finding for record in records for finding in record.findings),
        reached=any(record.reached for record in records),
        interrupted=records[-1].interrupted,
        requests=sum(record.requests for record in records),
    )


def _served(opened: Opened, options: Options) -> AbstractContextManager[Served]:
    return served_by(opened.host, opened.layout, opened.host.entry.environment, changing=options.changing)


def _look(served: Served, options: Options) -> Look:
    since = time.monotonic()
    patient = started(served.patient, options.wait_s)
    stack = installation(options, patient)
    alone = {id(check) for check in inside.ALONE}
    jobs = [Job(check, stack.site if _is_outside(check) else stack) for check in _wanted(options)]
    session = Session(
        patient.settings.name,
        "host",
        stack.site,
        [job for job in jobs if id(job.check) not in alone],
        [job for job in jobs if id(job.check) in alone],
        lambda: facts_of_stack(stack),
        since,
    )
    return Look(patient.host.name, session, served.named)


def _public(served: Served, direct: Sequence[Site], options: Options) -> list[Look]:
    """
    The view by the site's own name: what stands between the world and the hosts is seen there alone.

    None where the site has no name of its own, and none where the name leads to the one host that is looked at anyway.
    """
    site = direct[0]
    if not site.has_domains or is_private(site.host):
        return []
    connected = {address for each in direct for address, _ in each.web.addresses.values()}
    led = _led(site)
    if len(direct) == 1 and led and led <= connected:
        return []
    through = Site(
        base=site.base,
        web=Web(Budget(OWN_RATE)),
        now=datetime.now(UTC),
        trust=Trust(options.ca),
        policy=site.policy,
        plain=site.plain or counterpart(site.base),
        api=site.api,
        is_ours=True,
        names=site.names,
    )
    # a name that leads nowhere is one fault, and not as many as there are checks
    jobs = [Job(check, through) for check in _wanted(options) if (_is_outside(check) if led else check is answers)]
    return [Look("", Session(urlsplit(site.base).netloc, "host", through, jobs))] if jobs else []


def _led(site: Site) -> set[str]:
    try:
        return set(addresses_of(site.host, site.port))
    except NoAnswerError:
        return set()


def _wanted(options: Options) -> list[Check[Any]]:
    every: list[Check[Any]] = [*outside.CHECKS, *inside.CHECKS, *inside.ON_A_HOST, *inside.ALONE]
    return selected(every, options.only, everything=options.everything)


def _is_outside(check: Check[Any]) -> bool:
    return any(check is each for each in outside.CHECKS)
