"""The whole examination, in the order of the chart."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from ..errors import SettingsError
from ..host import LocalHost
from . import (
    check_certificate,
    check_containers,
    check_data,
    check_engine,
    check_functional,
    check_gunicorn,
    check_health,
    check_logs,
    check_machine,
    check_maintenance,
    check_page,
    check_ports,
    check_proxy,
    check_settings,
)
from .examination import examine
from .fix import fix as mend
from .patient import Patient, patient
from .report import Lines, as_json
from .verdict import Check, Finding, exit_code

CHART: tuple[Callable[[Patient], Iterator[Check]], ...] = (
    check_engine.checks,
    check_machine.checks,
    check_settings.checks,
    check_ports.checks,
    check_containers.checks,
    check_logs.checks,
    check_health.checks,
    check_gunicorn.checks,
    check_data.checks,
    check_maintenance.checks,
    check_page.checks,
    check_proxy.checks,
    check_certificate.checks,
    check_functional.checks,
)


def doctor(
    *, as_json: bool = False, fix: bool = False, yes: bool = False, hosts: Sequence[str] = (), dry: bool = False
) -> None:
    """
    `inv doctor`; exits with what the findings mean: 0, 1, 2, 5 or 7.

    Raises:
        SettingsError: --fix for a host, which is what `inv provision` is for.
    """
    if hosts and fix:
        raise SettingsError("doctor --fix mends this machine; on a host: inv provision --host")
    if hosts:
        from . import hosts as elsewhere  # noqa: PLC0415 - only where a host is meant: fabric takes 400 ms

        elsewhere.doctor(hosts, json_wanted=as_json, dry=dry)
        return
    begun = time.monotonic()
    if fix:
        mend(LocalHost(), yes=yes, dry=dry, quiet=as_json)
    examined = patient(changing=not dry)
    findings = _told(examined, begun, as_json=as_json)
    sys.exit(exit_code(findings))


def chart(examined: Patient) -> list[Check]:
    """Every check that applies to *examined*, in the chart's order."""
    return [check for checks in CHART for check in checks(examined)]


def _told(examined: Patient, begun: float, *, as_json: bool) -> list[Finding]:
    found = examine(chart(examined))
    if as_json:
        findings = list(found)
        print(json.dumps(_json(examined, findings), indent=2))
        return findings
    lines = Lines(colour=sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    findings = list(_printed(found, lines))
    print(f"\n{lines.end(findings, time.monotonic() - begun)}")
    return findings


def _json(examined: Patient, findings: list[Finding]) -> object:
    return as_json(examined.settings.name, findings)


def _printed(found: Iterable[Finding], lines: Lines) -> Iterator[Finding]:
    for finding in found:
        print("\n".join(lines.of(finding)), flush=True)
        yield finding
