"""What must hold for every text, however broken."""

from __future__ import annotations

from fairlead.lint import dockerfile, envfile
from fairlead.lint.discovery import Catalogue
from fairlead.lint.place import Place
from fairlead.lint.policy import Policy

NAMES = {"dockerfile": "Dockerfile", "env": ".env"}
POLICY = Policy()
RULES = Catalogue()


def faults(family: str, text: str) -> list[str]:
    """What is wrong with how *text* is read and judged; an exception is for the caller to see."""
    model = dockerfile.parse(text, NAMES[family]) if family == "dockerfile" else envfile.parse(text, NAMES[family])
    places = [place for _, place, _ in model.problems] + [place for place, _ in model.comments]
    if isinstance(model, envfile.EnvFile):
        model.values({"A": "1"})
    for rule in RULES.family(family):
        for finding in rule.findings(model, POLICY):
            places += [finding.place, *(edit.place for edit in finding.edits)]
            if not finding.message or "\n" in finding.message:
                places.append(Place(rule.id, 0, 0, 0, 0))
    lines = text.split("\n")
    return [f"{place!r}" for place in places if not _is_inside(place, lines)]


def _is_inside(place: Place, lines: list[str]) -> bool:
    if not 1 <= place.line <= place.end_line or place.column < 1 or place.end_column < 1:
        return False
    if place.end_line > len(lines):
        return False
    is_ordered = (place.line, place.column) <= (place.end_line, place.end_column)
    return is_ordered and place.end_column <= len(lines[place.end_line - 1]) + 1
