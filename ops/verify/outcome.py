"""What the findings of a run mean for its exit code."""

from __future__ import annotations

from collections.abc import Sequence

from .verdict import SEVERITIES, WORDS, Finding, Severity, Word

PROVED, BROKEN, UNREACHABLE, INCOMPLETE = 0, 1, 5, 7
"""Of the house's table."""


def counts(findings: Sequence[Finding]) -> dict[Word, int]:
    """How many findings have each word."""
    words = [finding.verdict.word for finding in findings]
    return {word: words.count(word) for word in WORDS}


def is_required(finding: Finding, fail_on: Severity) -> bool:
    """Whether its check is at least as severe as *fail_on*."""
    return SEVERITIES.index(finding.check.severity) <= SEVERITIES.index(fail_on)


def exit_code(findings: Sequence[Finding], fail_on: Severity = "warning", *, reached: bool = True) -> int:
    """
    0 where every required promise was seen to hold; 5, 1 or 7 otherwise, in this order.

    A WARN counts only with ``--fail-on info``. A SKIP has nothing to look at; an ERROR has and could not.
    """
    if not reached:
        return UNREACHABLE
    counting = ("FAIL", "WARN") if fail_on == "info" else ("FAIL",)
    required = [finding for finding in findings if is_required(finding, fail_on)]
    if any(finding.verdict.word in counting and not finding.known_until for finding in required):
        return BROKEN
    if not findings or any(finding.verdict.word == "ERROR" for finding in required):
        return INCOMPLETE
    return PROVED
