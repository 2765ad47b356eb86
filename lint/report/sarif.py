"""SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..finding import Edit, Finding, Severity
from ..fingerprint import fingerprints
from ..place import Place
from .masking import masked
from .results import Results, RuleFacts

_HOME = "https://github.com/fairlead/fairlead"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def report(results: Results) -> str:
    """One run with its rules, and for each finding its place, fingerprint and fix."""
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(results)},
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder the run started in."}}},
                "results": _results(results),
            }
        ],
    }
    return json.dumps(log, indent=2) + "\n"


def _driver(results: Results) -> dict[str, Any]:
    return {
        "name": "fairlead",
        "semanticVersion": results.version,
        "informationUri": _HOME,
        "rules": [_rule(name, results) for name in _rule_names(results)],
    }


def _rule_names(results: Results) -> list[str]:
    return sorted({finding.rule for finding in results.findings})


def _rule(name: str, results: Results) -> dict[str, Any]:
    facts = results.rules.get(name)
    return {"id": name, "helpUri": f"{_HOME}/blob/main/{results.docs(name)}", **(_described(facts) if facts else {})}


def _described(facts: RuleFacts) -> dict[str, Any]:
    text = facts.documentation
    return {
        "shortDescription": {"text": facts.title},
        "fullDescription": {"text": " ".join(text.split())},
        "help": {"text": text, "markdown": text.replace("``", "`")},
        "defaultConfiguration": {"level": _LEVELS[facts.severity]},
        "properties": {"tags": [facts.id.partition("/")[0], facts.preset], "precision": "high"},
    }


def _results(results: Results) -> list[dict[str, Any]]:
    indexes = {name: index for index, name in enumerate(_rule_names(results))}
    marked = zip(results.findings, fingerprints(results.findings, results.texts), strict=True)
    return [_result(finding, indexes[finding.rule], mark, results) for finding, mark in marked]


def _result(finding: Finding, index: int, fingerprint: str, results: Results) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _location(finding.place)}],
        "partialFingerprints": {"fairlead/v1": fingerprint},
    }
    is_shown = not results.conceals(finding.rule) and not any(_holds_secret(edit) for edit in finding.edits)
    if finding.edits and is_shown:
        result["fixes"] = [_fix(finding)]
    return result


def _holds_secret(edit: Edit) -> bool:
    return masked(edit.text, 0, ()) != edit.text


def _location(place: Place) -> dict[str, Any]:
    return {"artifactLocation": _artifact(place.path), "region": _region(place)}


def _artifact(path: str) -> dict[str, Any]:
    pure = PurePath(path)
    if pure.is_absolute():
        return {"uri": pure.as_uri()}
    return {"uri": quote(pure.as_posix()), "uriBaseId": "%SRCROOT%"}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _fix(finding: Finding) -> dict[str, Any]:
    paths = dict.fromkeys(edit.place.path for edit in finding.edits)
    is_safe = all(edit.safe for edit in finding.edits)
    return {
        "description": {"text": "Mends it." if is_safe else "Mends it; look at what else changes."},
        "artifactChanges": [_change(path, [it for it in finding.edits if it.place.path == path]) for path in paths],
    }


def _change(path: str, edits: list[Edit]) -> dict[str, Any]:
    return {
        "artifactLocation": _artifact(path),
        "replacements": [
            {"deletedRegion": _region(edit.place), "insertedContent": {"text": edit.text}} for edit in edits
        ],
    }
