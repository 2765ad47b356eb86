"""Findings as lines for a person, or as JSON for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .verdict import Finding, Word, exit_code

WORDS: dict[Word, str] = {"ok": "ok", "wrong": "WRONG", "skipped": "skipped"}
COLOURS: dict[Word, str] = {"ok": "\x1b[32m", "wrong": "\x1b[1;31m", "skipped": "\x1b[2m"}
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
WORD_WIDTH, TITLE_WIDTH = 8, 20


class Lines:
    """Makes the lines of findings that come one by one; knows which group it is in."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self._group = ""

    def of(self, finding: Finding) -> list[str]:
        """The lines of *finding*, after its group's name where that is a new one."""
        lines = []
        if finding.check.group != self._group:
            self._group = finding.check.group
            lines.append(self._painted(self._group, BOLD))
        verdict = finding.verdict
        word = self._painted(WORDS[verdict.word].ljust(WORD_WIDTH), COLOURS[verdict.word])
        lines.append(f"  {word}{finding.check.title.ljust(TITLE_WIDTH)} {verdict.says}".rstrip())
        indent = " " * (2 + WORD_WIDTH)
        lines += [f"{indent}| {detail}" for detail in verdict.details]
        if verdict.todo:
            lines.append(f"{indent}{self._painted('->', BOLD)} {verdict.todo}")
        return lines

    def end(self, findings: Sequence[Finding], seconds: float) -> str:
        """The last line."""
        counted = counts(findings)
        parts = [f"{number} {word}" for word, number in counted.items() if number or word == "ok"]
        painted = self._painted(", ".join(parts), COLOURS["wrong"] if counted["wrong"] else COLOURS["ok"])
        return f"{painted} ({seconds:.1f} s)"

    def _painted(self, text: str, colour: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colour else text


def counts(findings: Sequence[Finding]) -> dict[Word, int]:
    """How many findings have each word."""
    words = [finding.verdict.word for finding in findings]
    return {word: words.count(word) for word in WORDS}


def as_json(name: str, findings: list[Finding]) -> dict[str, Any]:
    """All of it, as schemas/doctor.schema.json says."""
    return {
        "version": 1,
        "name": name,
        "checks": [_one(finding) for finding in findings],
        "summary": counts(findings),
        "exit_code": exit_code(findings),
    }


def _one(finding: Finding) -> dict[str, Any]:
    check, verdict = finding.check, finding.verdict
    return {
        "id": check.id,
        "group": check.group,
        "title": check.title,
        "verdict": verdict.word,
        "says": verdict.says,
        "todo": verdict.todo,
        "details": list(verdict.details),
    }
