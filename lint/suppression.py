"""Comments by which a user says that a finding is known: ``# fairlead: ignore[rule-id] reason``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .family import Model
from .finding import Finding
from .place import Place
from .record import dataclass, field
from .regex import regex

_COMMENT = regex(r"#+\s*fairlead:\s*ignore\s*(?:\[(?P<ids>[^\]\n]*)\])?\s*(?P<reason>[^\n]*)")
_REASON_START = " \t-:,;()"


@dataclass(frozen=True)
class Suppression:
    """
    One comment that hides findings.

    Attributes:
        ids: Rule ids with the place of each.
        lines: The lines whose findings it hides: its own, and the next with content when it stands alone.
    """

    place: Place
    ids: tuple[tuple[str, Place], ...]
    reason: str
    lines: tuple[int, ...]


@dataclass
class Audit:
    """
    What became of a run's suppressions: the model of the rules of family ``lint``.

    Attributes:
        unused: The places of ids that hid nothing, for rules that did run.
        unknown: Ids that no rule has, each with its place.
        odd_texts: Places where a file is not clean text, with what is wrong there.
    """

    suppressions: Sequence[Suppression] = ()
    unused: list[tuple[str, Place]] = field(default_factory=list)
    unknown: list[tuple[str, Place, str]] = field(default_factory=list)
    odd_texts: list[tuple[str, Place]] = field(default_factory=list)


def suppressions(model: Model) -> list[Suppression]:
    """The suppressions in a model's comments, in their order."""
    found = []
    for place, text in model.comments:
        if "fairlead" in text and (match := _COMMENT.match(text)):
            lines = model.files.get(place.path, "").split("\n")
            found.append(_suppression(place, text, match, lines))
    return found


def _suppression(place: Place, text: str, match: re.Match[str], lines: Sequence[str]) -> Suppression:
    reason = match["reason"].strip().lstrip(_REASON_START).removesuffix("\r").strip()
    return Suppression(place, tuple(_ids(place, match)), reason, tuple(_hidden_lines(place, lines)))


def _ids(place: Place, match: re.Match[str]) -> Iterable[tuple[str, Place]]:
    if match["ids"] is None:
        return
    start = place.column + match.start("ids")
    for part in re.finditer(r"[^,\s]+", match["ids"]):
        yield part[0], Place(place.path, place.line, start + part.start(), place.line, start + part.end())


def _hidden_lines(place: Place, lines: Sequence[str]) -> Iterable[int]:
    yield place.line
    if not 0 < place.line <= len(lines) or lines[place.line - 1][: place.column - 1].strip():
        return
    below = range(place.line + 1, len(lines) + 1)
    code = next((line for line in below if not _is_bare(lines[line - 1])), None)
    if code is not None:
        yield code


def _is_bare(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def applied(
    findings: Sequence[Finding], found: Sequence[Suppression], ran: frozenset[str]
) -> tuple[list[Finding], Audit]:
    """
    The findings that no suppression hides, and what became of each suppression.

    Args:
        ran: Ids of the rules that were applied: only they can leave a suppression unused.
    """
    audit = Audit(found)
    by_line = _by_line(found)
    used: set[tuple[Place, str]] = set()
    kept = [finding for finding in findings if not _hidden(finding, by_line, used)]
    for suppression in found:
        for name, place in suppression.ids:
            if name in ran and (suppression.place, name) not in used:
                audit.unused.append((name, place))
    return kept, audit


def _by_line(found: Sequence[Suppression]) -> dict[tuple[str, int], list[Suppression]]:
    by_line: dict[tuple[str, int], list[Suppression]] = {}
    for suppression in found:
        for line in suppression.lines:
            by_line.setdefault((suppression.place.path, line), []).append(suppression)
    return by_line


def _hidden(finding: Finding, by_line: dict[tuple[str, int], list[Suppression]], used: set[tuple[Place, str]]) -> bool:
    hiding = [
        suppression
        for suppression in by_line.get((finding.place.path, finding.place.line), ())
        if any(name == finding.rule for name, _ in suppression.ids)
    ]
    used.update((suppression.place, finding.rule) for suppression in hiding)
    return bool(hiding)
