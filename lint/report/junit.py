"""JUnit's XML: a suite for each file, a failed case for each finding, a passed one for a clean file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from ..finding import Finding
from .masking import printable
from .results import Results


def report(results: Results) -> str:
    """One document over all files that were read."""
    paths = sorted({*results.texts, *results.lines})
    suites = [line for path in paths for line in _suite(path, results)]
    totals = f'tests="{_cases(paths, results)}" failures="{len(results.findings)}" errors="0"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="fairlead" {totals}>', *suites]
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _cases(paths: Sequence[str], results: Results) -> int:
    return len(results.findings) + len([path for path in paths if path not in results.lines])


def _suite(path: str, results: Results) -> Iterator[str]:
    findings = [finding for finding in results.findings if finding.place.path == path]
    counts = f'tests="{max(len(findings), 1)}" failures="{len(findings)}" errors="0" skipped="0"'
    yield f"  <testsuite name={_attribute(path)} {counts}>"
    if not findings:
        yield f'    <testcase classname={_attribute(path)} name="clean"/>'
    for finding in findings:
        yield from _case(finding)
    yield "  </testsuite>"


def _case(finding: Finding) -> Iterator[str]:
    place = finding.place
    name = f"{finding.rule} at line {place.line}, column {place.column}"
    yield f"    <testcase classname={_attribute(place.path)} name={_attribute(name)}>"
    text = escape(printable(f"{place}: {finding.message} [{finding.rule}]"))
    yield f'      <failure type="{finding.severity}" message={_attribute(finding.message)}>{text}</failure>'
    yield "    </testcase>"


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
