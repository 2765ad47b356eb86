"""Mends texts: applies edits on trial, reads and lints again, and takes back what it cannot prove right."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .engine import Outcome, Setup, lint
from .family import Model, load
from .files import Files
from .finding import Edit, Finding
from .meaning import keeps_rest
from .record import dataclass, field, replace
from .report.masking import MASK, masked
from .source import Source

_MOST_ROUNDS = 100
"""Each round mends or refuses something; more rounds than this would be edits that feed each other."""


@dataclass
class Mending:
    """
    What was mended, on trial: nothing is written yet.

    Attributes:
        before: The texts of the changed files as they were.
        after: The texts of the changed files as they would be.
        mended: The findings that are gone, as they were reported.
        refused: Findings that keep their fault, each with the reason.
    """

    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    mended: list[Finding] = field(default_factory=list)
    refused: list[tuple[Finding, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Mender:
    """
    Attributes:
        paths: For each family the files to read, as for `lint`.
        wanted: The files that may be changed; None for all.
        is_unsafe: Whether edits may be applied that somebody must look at.
    """

    paths: Mapping[str, Sequence[str]]
    files: Files
    setup: Setup
    wanted: frozenset[str] | None = None
    is_unsafe: bool = False

    def mend(self, outcome: Outcome | None = None) -> Mending:
        """
        Round after round until nothing is left to mend, or what is left was refused.

        Args:
            outcome: What linting found, where that is known already.
        """
        mending, files, tried = Mending(), self.files, 0
        outcome = outcome or lint(self.paths, files, self.setup)
        for _ in range(_MOST_ROUNDS):
            chosen = list(_compatible(self._candidates(outcome, mending)))
            if chosen:
                files, outcome = self._tried(chosen, files, outcome, mending)
            elif mending.refused and len(mending.mended) > tried:
                tried = len(mending.mended)
                mending.refused.clear()  # what stood in the way may be gone
            else:
                break
        self._record(files, mending)
        return mending

    def _candidates(self, outcome: Outcome, mending: Mending) -> Iterator[Finding]:
        refused = {_key(finding) for finding, _ in mending.refused}
        for finding in outcome.findings:
            if finding.edits and _key(finding) not in refused and self._is_allowed(finding):
                yield finding

    def _is_allowed(self, finding: Finding) -> bool:
        is_wanted = self.wanted is None or finding.place.path in self.wanted
        is_clean = all(edit.place.path not in self.files.undecodable for edit in finding.edits)
        return is_wanted and is_clean and (self.is_unsafe or all(edit.safe for edit in finding.edits))

    def _tried(
        self, chosen: Sequence[Finding], files: Files, outcome: Outcome, mending: Mending
    ) -> tuple[Files, Outcome]:
        """The state after mending *chosen*, or, when that cannot be proven right, its halves one after the other."""
        on_trial = _with_edits(files, outcome.texts, chosen)
        result = lint(self.paths, on_trial, self.setup)
        reason = _objection(chosen, outcome, result) or self._change_of_meaning(chosen, files, on_trial)
        if reason is None:
            mending.mended.extend(chosen)
            return on_trial, result
        if len(chosen) == 1:
            mending.refused.append((chosen[0], reason))
            return files, outcome
        half = len(chosen) // 2
        others = {_key(finding) for finding in chosen[half:]}
        files, outcome = self._tried(chosen[:half], files, outcome, mending)
        left = _compatible(each for each in self._candidates(outcome, mending) if _key(each) in others)
        rest = list(left)[: len(chosen) - half]
        return self._tried(rest, files, outcome, mending) if rest else (files, outcome)

    def _change_of_meaning(self, chosen: Sequence[Finding], files: Files, on_trial: Files) -> str | None:
        edits = list(dict.fromkeys(edit for finding in chosen for edit in finding.edits))
        for family, paths in self.paths.items():
            if not paths:
                continue
            before, after = (load(family, paths, each, self.setup.options) for each in (files, on_trial))
            if worse := _new_problem(before, after):
                return worse
            if not keeps_rest(family, before, after, edits):
                return "the edit would change more than the fault"
        return None

    def _record(self, files: Files, mending: Mending) -> None:
        for path, text in files.overlay.items():
            before = self.files.read(path) if self.files.exists(path) else None
            if before == text or path in self.files.undecodable:
                continue
            mending.after[path] = text
            if before is not None:
                mending.before[path] = before


def _compatible(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those of *findings* whose edits do not touch each other; the same edit for two findings counts as one."""
    taken: dict[str, list[Edit]] = {}
    for finding in findings:
        others = [edit for edit in finding.edits if edit not in taken.get(edit.place.path, ())]
        if not any(_touches(edit, other) for edit in others for other in taken.get(edit.place.path, ())):
            for edit in others:
                taken.setdefault(edit.place.path, []).append(edit)
            yield finding


def _touches(one: Edit, other: Edit) -> bool:
    starts = (one.place.line, one.place.column), (other.place.line, other.place.column)
    ends = (one.place.end_line, one.place.end_column), (other.place.end_line, other.place.end_column)
    return starts[0] <= ends[1] and starts[1] <= ends[0]


def _with_edits(files: Files, texts: Mapping[str, str], chosen: Sequence[Finding]) -> Files:
    edits: dict[str, dict[Edit, None]] = {}
    for finding in chosen:
        for edit in finding.edits:
            edits.setdefault(edit.place.path, {})[edit] = None
    changed = {path: edited(_text_of(path, files, texts), own) for path, own in edits.items()}
    return replace(files, overlay={**files.overlay, **changed})


def _text_of(path: str, files: Files, texts: Mapping[str, str]) -> str:
    return texts[path] if path in texts else files.read(path) if files.exists(path) else ""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """
    *text* with the *edits*, which must not overlap, applied; new lines end as the others in *text* do.

    Places count lines that end with a line feed alone, as `Source` does.
    """
    source, parts, last = Source(text, ""), [], len(text)
    is_windows = "\r\n" in text
    for edit in sorted(edits, key=lambda edit: (edit.place.line, edit.place.column), reverse=True):
        place = edit.place
        new = edit.text.replace("\r\n", "\n").replace("\n", "\r\n") if is_windows else edit.text
        parts += [text[source.offset(place.end_line, place.end_column) : last], new]
        last = source.offset(place.line, place.column)
    return text[:last] + "".join(reversed(parts))


def _objection(chosen: Sequence[Finding], before: Outcome, after: Outcome) -> str | None:
    """Why the trial is not a mending, or None when it is."""
    were, are = _tally(before.findings), _tally(after.findings)
    for kind, number in _tally(chosen).items():
        if are[kind] > were[kind] - number:
            return "the fault would still be there"
    worse = next((kind for kind in are if are[kind] > were[kind]), None)
    if worse is not None:
        return f"it would cause {worse[0]} in {worse[1]}"
    return after.failures[0] if len(after.failures) > len(before.failures) else None


def _new_problem(before: Iterable[Model], after: Iterable[Model]) -> str | None:
    """What can no longer be read, whether or not the rule that says so was chosen."""
    were, are = (
        Counter((name, place.path) for each in side for name, place, _ in each.problems) for side in (before, after)
    )
    return next((f"it would cause {name} in {path}" for name, path in are - were), None)


def _tally(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((finding.rule, finding.place.path) for finding in findings)


def _key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.rule, finding.place.path, finding.message, repr(finding.edits and finding.edits[0].text)


def difference(mending: Mending, secrets: Iterable[str] = ()) -> str:
    """The mending as a unified diff without the *secrets*; a file that is made new has nothing before."""
    parts: list[str] = []
    for path in sorted(mending.after):
        before, after = (side.get(path, "").splitlines(keepends=True) for side in (mending.before, mending.after))
        for line in difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"):
            parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(_without(line, secrets) for line in parts)


def _without(line: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        line = line.replace(secret, MASK)
    return masked(line, 0, ())
