"""Findings that a project knows and has put off: frozen in a file, so that only new ones count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import LintError
from .finding import Finding
from .fingerprint import fingerprints
from .record import dataclass

VERSION = 1


class BaselineError(LintError):
    """A baseline that cannot be read or written."""


@dataclass(frozen=True)
class Baseline:
    """The fingerprints of known findings, with the rule and path of each for whoever reads the file."""

    entries: Mapping[str, tuple[str, str]]

    def hides(self, fingerprint: str) -> bool:
        """Whether the finding of that fingerprint is known."""
        return fingerprint in self.entries


def read_baseline(path: str) -> Baseline | None:
    """
    The baseline in the file at *path*; None where there is no such file.

    Raises:
        BaselineError: when it is not a baseline.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BaselineError(f"{path}: {(getattr(error, 'strerror', None) or 'not a text file').lower()}") from None
    try:
        return _baseline(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BaselineError(f"{path}: not a baseline of fairlead; name another file or delete it") from None


def write_baseline(path: str, findings: Sequence[Finding], texts: Mapping[str, str]) -> None:
    """
    Freezes *findings*, sorted so that two baselines can be compared.

    Raises:
        BaselineError: when the file cannot be written.
    """
    known = zip(findings, fingerprints(findings, texts), strict=True)
    entries = sorted((finding.place.path, finding.rule, fingerprint) for finding, fingerprint in known)
    data = [{"path": file, "rule": rule, "fingerprint": fingerprint} for file, rule, fingerprint in entries]
    try:
        Path(path).write_text(json.dumps({"version": VERSION, "findings": data}, indent=1) + "\n", encoding="utf-8")
    except (OSError, ValueError) as error:
        raise BaselineError(f"{path}: {(getattr(error, 'strerror', None) or str(error)).lower()}") from None


def unknown(baseline: Baseline, findings: Sequence[Finding], texts: Mapping[str, str]) -> tuple[list[Finding], int]:
    """The findings that are not in *baseline*, and how many of its entries for the files read hide nothing."""
    marked = list(zip(findings, fingerprints(findings, texts), strict=True))
    used = {fingerprint for _, fingerprint in marked}
    stale = [key for key, (_, path) in baseline.entries.items() if key not in used and path in texts]
    return [finding for finding, fingerprint in marked if not baseline.hides(fingerprint)], len(stale)


def _baseline(data: Any) -> Baseline:
    if data["version"] != VERSION:
        raise ValueError(data["version"])
    return Baseline({str(entry["fingerprint"]): (entry["rule"], entry["path"]) for entry in data["findings"]})
