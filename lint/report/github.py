"""Workflow commands: GitHub shows each finding at its line of a pull request."""

from __future__ import annotations

from ..finding import Finding, Severity
from .masking import printable
from .results import Results

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def report(results: Results) -> str:
    """One command for each finding."""
    return "".join(_command(finding) + "\n" for finding in results.findings)


def _command(finding: Finding) -> str:
    place = finding.place
    properties = {"file": place.path, "line": place.line, "endLine": place.end_line, "title": finding.rule}
    if place.line == place.end_line:
        properties |= {"col": place.column, "endColumn": max(place.column, place.end_column - 1)}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(printable(finding.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
