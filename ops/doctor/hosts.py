"""`inv doctor` on hosts: the checks that make sense for a release, the commands as they are for a host."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..command import Command
from ..host import Host
from ..hosts import open_hosts
from ..serving.patient import Served, served_by
from ..serving.words import there
from . import check_machine, check_ports, check_settings
from .doctor import CHART
from .examination import examine
from .patient import is_job
from .report import Lines, as_json
from .verdict import Check, Finding, exit_code

NOT_HERE = (check_settings.checks, check_ports.checks)
"""A release has its settings in it, and its ports are its own."""

OF_A_LAPTOP = ("proxy.generation", "memory.free", "certificate.served")
"""Verify looks at them on a host: DR1 and TL4; memory is what provisioning cares for."""

ASK_S = 10.0
FIELDS = "%s %S %b %f %a %c %d"


def doctor(names: Sequence[str], *, json_wanted: bool = False, dry: bool = False) -> None:
    """
    `inv doctor --host`; exits with what the findings mean.

    Raises:
        UnreachableError: a host does not answer.
        TargetError: no release serves there.
    """
    begun, told, codes = time.monotonic(), [], []
    with open_hosts(names) as hosts:
        for opened in hosts:
            name = opened.host.name
            with served_by(opened.host, opened.layout, opened.host.entry.environment, changing=not dry) as served:
                found = (_told(finding, served, name) for finding in examine([*chart(served)]))
                if not json_wanted:
                    print(f"{name}: {served.released.name} serves")
                findings = _printed(found, begun, quiet=json_wanted)
            codes.append(exit_code(findings))
            told.append({"host": name, **as_json(served.patient.settings.name, findings)})
    if json_wanted:
        print(json.dumps({"version": 1, "hosts": told}, indent=2))
    sys.exit(next((code for code in (5, 2, 1, 7) if code in codes), 0))


def chart(served: Served) -> Iterator[Check]:
    """The checks of a host, in the chart's order."""
    patient = served.patient
    machine = partial(check_machine.checks, statistics=partial(statistics, patient.host))
    groups = (machine if checks is check_machine.checks else checks for checks in CHART if checks not in NOT_HERE)
    jobs = [name for name, service in patient.services.items() if is_job(service)]
    # what ran once for a release is gone again, and its log with it
    gone = {*OF_A_LAPTOP, *(f"{group}.{name}" for group in ("containers", "logs") for name in jobs)}
    yield from (check for checks in groups for check in checks(patient) if check.id not in gone)


def statistics(host: Host, path: str) -> os.statvfs_result:
    """
    The file system of *path* on *host*.

    Raises:
        OSError: the host does not say.
    """
    told = host.run(Command(("stat", "--file-system", "--format", FIELDS, path)), timeout_s=ASK_S)
    if not told.ok:
        raise OSError(told.exit_code, told.reason, path)
    size, fragment, blocks, free, available, files, unused = map(int, told.out.split())
    return os.statvfs_result((size, fragment, blocks, free, available, files, unused, unused, 0, 255))


def _told(finding: Finding, served: Served, host: str) -> Finding:
    """Ports and commands as they are for the host."""
    verdict = finding.verdict
    says, todo = (there(served.named(text), host) for text in (verdict.says, verdict.todo))
    details = tuple(map(served.named, verdict.details))
    return replace(finding, verdict=replace(verdict, says=says, todo=todo, details=details))


def _printed(found: Iterator[Finding], begun: float, *, quiet: bool) -> list[Finding]:
    lines, findings = Lines(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ), []
    for finding in found:
        findings.append(finding)
        if not quiet:
            print("\n".join(lines.of(finding)), flush=True)
    if not quiet:
        print(f"\n{lines.end(findings, time.monotonic() - begun)}")
    return findings
