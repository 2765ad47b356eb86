"""Names for findings that survive when lines move."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence

from .finding import Finding


def fingerprints(findings: Sequence[Finding], texts: Mapping[str, str]) -> list[str]:
    """
    A fingerprint for each finding, in their order.

    Made of the rule, the path, the text of the line without its spaces, and which of several such lines it is.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    lines = {path: texts.get(path, "").split("\n") for path in {finding.place.path for finding in findings}}
    made = []
    for finding in findings:
        key = finding.rule, finding.place.path.replace(os.sep, "/"), _line(finding, lines[finding.place.path])
        made.append(hashlib.sha256("\0".join((*key, str(seen[key]))).encode(errors="replace")).hexdigest()[:32])
        seen[key] += 1
    return made


def _line(finding: Finding, lines: Sequence[str]) -> str:
    number = finding.place.line
    return " ".join(lines[number - 1].split()) if 0 < number <= len(lines) else ""
