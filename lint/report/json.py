"""The report as JSON, stable: ``schemas/report.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..finding import Finding, Severity
from .results import Results, RuleFacts

VERSION = 1


def report(results: Results) -> str:
    """All findings and how many there are of each severity."""
    data = {
        "version": VERSION,
        "findings": [_finding(finding, results) for finding in results.findings],
        "summary": {
            "files": len(results.texts),
            "errors": results.counts[Severity.ERROR],
            "warnings": results.counts[Severity.WARNING],
            "infos": results.counts[Severity.INFO],
        },
    }
    return json.dumps(data, indent=2) + "\n"


def rule_list(rules: Iterable[RuleFacts]) -> str:
    """What ``--list-rules --format json`` prints."""
    return json.dumps({"rules": [_rule(rule) for rule in rules]}, indent=2) + "\n"


def _finding(finding: Finding, results: Results) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "message": finding.message,
        "fixable": finding.fixable,
        "docs": results.docs(finding.rule),
    }


def _rule(rule: RuleFacts) -> dict[str, Any]:
    return {
        "id": rule.id,
        "severity": str(rule.severity),
        "preset": rule.preset,
        "fixable": rule.fixable,
        "covers": list(rule.covers),
        "docs": rule.docs,
    }
