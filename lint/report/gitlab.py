"""GitLab's code quality report."""

from __future__ import annotations

import json

from ..finding import Severity
from ..fingerprint import fingerprints
from .results import Results

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def report(results: Results) -> str:
    """A list with an entry for each finding."""
    marked = zip(results.findings, fingerprints(results.findings, results.texts), strict=True)
    entries = [
        {
            "description": finding.message,
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": finding.place.path,
                "lines": {"begin": finding.place.line, "end": finding.place.end_line},
            },
        }
        for finding, fingerprint in marked
    ]
    return json.dumps(entries, indent=2) + "\n"
