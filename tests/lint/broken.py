"""What must hold whatever the files are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from fairlead.lint.discovery import Catalogue
from fairlead.lint.engine import Outcome, Setup, lint
from fairlead.lint.files import Files
from fairlead.lint.fix import Mender, Mending
from fairlead.lint.recognition import by_family
from fairlead.lint.report import FORMATS, Results, report
from fairlead.lint.selection import Selection
from fairlead.tests.lint.accidents import SECRET

NAMES = {"nginx": "nginx.conf", "compose": "docker-compose.yml", "dockerfile": "Dockerfile", "env": ".env"}
CATALOGUE = Catalogue()
SETUP = Setup(CATALOGUE, Selection("strict", select=("*",)))
_RULES = {rule.id: rule for rule in CATALOGUE.all()}


def faults(texts: Mapping[str, str], *, is_mended: bool = True) -> list[str]:
    """
    What went wrong with linting, reporting and mending *texts*; empty when all held.

    Args:
        is_mended: Whether it is mended, and reported in every format and not in two alone.
    """
    files = Files(texts, only_overlay=True)
    paths = by_family(texts, files)
    outcome = lint(paths, files, SETUP)
    wrong = [
        *outcome.failures,
        *_misplaced(outcome),
        *_shown_secrets(outcome, FORMATS if is_mended else ("text", "json")),
    ]
    mending = Mender(paths, files, SETUP, is_unsafe=True).mend(outcome) if is_mended else None
    if mending is not None and mending.after:
        wrong += _unfinished(paths, texts, mending, outcome)
    return wrong


def _shown_secrets(outcome: Outcome, formats: Iterable[str]) -> Iterator[str]:
    """Reports that cannot be written, and those that show what was planted."""
    results = Results(outcome.findings, outcome.texts, _RULES, secrets=outcome.secret_places)
    for name in formats:
        shown = report(name)(results)
        shown.encode("utf-8", "strict")
        if SECRET in shown:
            yield f"{name}: shows a secret: {next(line for line in shown.splitlines() if SECRET in line)}"
        if name == "json":
            json.loads(shown)
    yield from (f"shows a secret: {line}" for line in outcome.failures if SECRET in line)


def _unfinished(
    paths: Mapping[str, list[str]], texts: Mapping[str, str], mending: Mending, outcome: Outcome
) -> Iterator[str]:
    mended = Files({**texts, **mending.after}, only_overlay=True)
    after = lint(paths, mended, SETUP)
    yield from after.failures
    if len(after.findings) > len(outcome.findings):
        yield "mending left more findings than there were"
    again = Mender(paths, mended, SETUP, is_unsafe=True).mend(after)
    if again.after:
        yield f"mending twice changes more: {[str(finding) for finding in again.mended]}"


def _misplaced(outcome: Outcome) -> Iterator[str]:
    lengths = {path: [len(line) + 1 for line in text.split("\n")] for path, text in outcome.texts.items()}
    for finding in outcome.findings:
        place, lines = finding.place, lengths.get(finding.place.path)
        if not finding.message or "\n" in finding.message:
            yield f"{finding}: a message of no line or several"
        if lines is None:
            yield f"{finding}: in a file that was not read"
        elif not (1 <= place.line <= place.end_line <= len(lines)):
            yield f"{finding}: line {place.line} to {place.end_line} of {len(lines)}"
        elif not (
            1 <= place.column <= lines[place.line - 1] + 1 and 1 <= place.end_column <= lines[place.end_line - 1] + 1
        ):
            yield f"{finding}: columns {place.column} to {place.end_column} of {lines[place.line - 1]}"
        elif (place.line, place.column) > (place.end_line, place.end_column):
            yield f"{finding}: ends before it starts"
