"""JUnit's XML: a suite for each group, a case for each check on each target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from ..record import Record
from ..verdict import Finding

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report(record: Record) -> str:
    """One document."""
    head = f"<testsuites name={_attribute(record.name)} {_counts(list(record.findings))} time={_time(record.seconds)}>"
    suites = [line for group, found in record.groups.items() for line in _suite(group, found)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _suite(group: str, found: list[Finding]) -> Iterator[str]:
    yield f"  <testsuite name={_attribute(group)} {_counts(found)}>"
    for finding in found:
        yield from _case(finding)
    yield "  </testsuite>"


def _counts(found: list[Finding]) -> str:
    words = [finding.verdict.word for finding in found]
    failures, errors, skipped = (words.count(word) for word in ("FAIL", "ERROR", "SKIP"))
    return f'tests="{len(found)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _case(finding: Finding) -> Iterator[str]:
    check, verdict = finding.check, finding.verdict
    name = f"{check.id} {check.title}" + (f" [{verdict.target}]" if verdict.target else "")
    head = f"    <testcase classname={_attribute(check.group)} name={_attribute(name)} time={_time(finding.duration_s)}"
    inner = list(_inner(finding))
    if not inner:
        yield f"{head}/>"
        return
    yield f"{head}>"
    yield from inner
    yield "    </testcase>"


def _inner(finding: Finding) -> Iterator[str]:
    verdict = finding.verdict
    lines = [f"promised: {verdict.promised}", f"observed: {verdict.observed}", *verdict.evidence]
    lines += [f"to mend: {verdict.mend}"] if verdict.mend else []
    text = escape(_UNPRINTABLE.sub("�", "\n".join(lines)))
    said = _attribute(verdict.observed)
    if verdict.word == "FAIL":
        yield f"      <failure type={_attribute(finding.check.severity)} message={said}>{text}</failure>"
    elif verdict.word == "ERROR":
        yield f'      <error type="not checked" message={said}>{text}</error>'
    elif verdict.word == "SKIP":
        yield f"      <skipped message={said}/>"
    elif verdict.word == "WARN":
        yield f"      <system-out>warning: {text}</system-out>"


def _attribute(text: str) -> str:
    return quoteattr(_UNPRINTABLE.sub("�", text))


def _time(seconds: float) -> str:
    return f'"{seconds:.3f}"'
