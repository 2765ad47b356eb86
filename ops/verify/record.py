"""A whole run as one value, from which every report is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from .outcome import counts, exit_code
from .verdict import Finding, Severity, Word


@dataclass(frozen=True)
class Record:
    """
    Attributes:
        name: Of the stack, or the address of a site that is not ours.
        run: The id in the User-Agent of this run's requests.
        view: What was looked at: ``outside`` alone, or the stack too.
        begun: When, aware.
        reached: Whether the site answered at all.
        requests: How many requests and handshakes were made.
        facts: What reports draw beside the findings: grade, certificate, latency, headers by location; JSON.
    """

    name: str
    run: str
    view: str
    begun: datetime
    seconds: float
    findings: tuple[Finding, ...]
    fail_on: Severity = "warning"
    reached: bool = True
    interrupted: bool = False
    requests: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """What the run means."""
        return exit_code(self.findings, self.fail_on, reached=self.reached)

    @property
    def counts(self) -> dict[Word, int]:
        """How many findings have each word."""
        return counts(self.findings)

    @property
    def groups(self) -> dict[str, list[Finding]]:
        """The findings by group, groups in the order of their first check."""
        order = list(dict.fromkeys(finding.check.group for finding in self.findings))
        ranked = sorted(self.findings, key=lambda finding: order.index(finding.check.group))
        return {group: list(found) for group, found in groupby(ranked, key=lambda finding: finding.check.group)}

    @property
    def verdict(self) -> str:
        """The run in a few words."""
        said = {0: "every required promise is kept", 1: "promises are broken", 5: "not reached"}
        return said.get(self.exit_code, "not everything required could be looked at")
