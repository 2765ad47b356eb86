"""A run as data, as schemas/verify.schema.json says."""

from __future__ import annotations

import json
from typing import Any

from ..record import Record
from ..verdict import Finding

VERSION = 1


def report(record: Record) -> str:
    """One document."""
    return json.dumps(as_data(record), indent=2, ensure_ascii=False) + "\n"


def as_data(record: Record) -> dict[str, Any]:
    """The same, not yet text."""
    return {
        "version": VERSION,
        "name": record.name,
        "run": record.run,
        "view": record.view,
        "begun": record.begun.isoformat(timespec="seconds"),
        "seconds": round(record.seconds, 3),
        "requests": record.requests,
        "reached": record.reached,
        "interrupted": record.interrupted,
        "fail_on": record.fail_on,
        "exit_code": record.exit_code,
        "summary": {word.lower(): number for word, number in record.counts.items()},
        "findings": [_finding(each) for each in record.findings],
        "facts": dict(record.facts),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    check, verdict = finding.check, finding.verdict
    return {
        "id": check.id,
        "group": check.group,
        "severity": check.severity,
        "title": check.title,
        "verdict": verdict.word,
        "target": verdict.target,
        "promised": verdict.promised,
        "observed": verdict.observed,
        "evidence": list(verdict.evidence),
        "mend": verdict.mend,
        "place": verdict.place,
        "rules": list(verdict.rules),
        "duration_s": round(finding.duration_s, 4),
        "flaky": finding.flaky,
        "known_until": finding.known_until,
    }
