"""Failures that a project knows and puts off, each until a day: they warn until then, and fail again from then on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .verdict import Finding

VERSION = 1
PUT_OFF_DAYS = 90

Known = dict[tuple[str, str], date]
"""By check and target, the last day on which the failure only warns."""


def read(path: Path) -> Known | None:
    """
    The baseline in *path*; None where there is no such file.

    Raises:
        SettingsError: it is none of ours.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {_key(entry): date.fromisoformat(entry["until"]) for entry in data["known"]}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    except (ValueError, KeyError, TypeError):
        raise SettingsError(f"{path}: no baseline of inv verify; name another file or delete it") from None


def write(path: Path, findings: Sequence[Finding], today: date) -> int:
    """Writes the failures among *findings*; how many there are."""
    until = (today + timedelta(days=PUT_OFF_DAYS)).isoformat()
    keys = sorted({finding.key for finding in findings if finding.verdict.word == "FAIL"})
    known = [{"id": identity, "target": target, "until": until} for identity, target in keys]
    try:
        path.write_text(json.dumps({"version": VERSION, "known": known}, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {(error.strerror or 'cannot be written').lower()}") from None
    return len(known)


def applied(finding: Finding, known: Known, today: date) -> Finding:
    """*finding* as the baseline has it: a failure it knows warns until its day has passed."""
    until = known.get(finding.key)
    if finding.verdict.word != "FAIL" or until is None or until < today:
        return finding
    return replace(finding, verdict=replace(finding.verdict, word="WARN"), known_until=until.isoformat())


def _key(entry: Any) -> tuple[str, str]:
    return str(entry["id"]), str(entry["target"])
