"""Lints the good stack with one fault in it, and says how that differs from what was expected."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from fairlead.lint.discovery import Catalogue
from fairlead.lint.engine import Outcome, Setup, lint
from fairlead.lint.examples import modes_of
from fairlead.lint.family import Options
from fairlead.lint.files import Files
from fairlead.lint.finding import Finding
from fairlead.lint.policy import Policy
from fairlead.lint.recognition import by_family
from fairlead.lint.selection import Selection
from fairlead.lint.source import Source
from fairlead.tests.mutations.mutation import Mutation

STACK = Path(__file__).parent / "stack"
CATALOGUE = Catalogue()


@cache
def good() -> Mapping[str, str]:
    """The texts of the good stack."""
    paths = sorted(path for path in STACK.rglob("*") if path.is_file())
    return {str(path.relative_to(STACK)): path.read_text(encoding="utf-8") for path in paths}


def found(texts: Mapping[str, str], mutation: Mutation | None = None, preset: str = "strict") -> Outcome:
    """What all rules of *preset* find."""
    files = Files(texts, only_overlay=True, modes=modes_of(texts))
    options = Options(nginx_version=mutation.nginx if mutation else None)
    policy = Policy(mutation.policy) if mutation and mutation.policy else Policy()
    return lint(by_family(texts, files), files, Setup(CATALOGUE, Selection(preset), options, policy))


def mutated(mutation: Mutation) -> dict[str, str]:
    """The good stack with the fault."""
    texts = {path: text for path, text in {**good(), **mutation.files}.items() if text is not None}
    for path, old, new in mutation.edits:
        if old not in texts[path]:
            raise AssertionError(f"{path} does not hold {old!r}")
        texts[path] = texts[path].replace(old, new, 1)
    return texts


def faults(rule: str, mutation: Mutation) -> list[str]:
    """What is otherwise than it should be: exactly *rule*, at its place, and nothing that is not named."""
    known = CATALOGUE.find(rule)
    preset = "swarm" if known is not None and known.preset == "swarm" else "strict"
    texts = mutated(mutation)
    outcome = found(texts, mutation, preset)
    findings = list(_new(outcome, preset))
    own = [finding for finding in findings if finding.rule == rule]
    others = [finding for finding in findings if finding.rule != rule and finding.rule not in mutation.also]
    missing = set(mutation.also) - {finding.rule for finding in findings}
    return [
        *outcome.failures,
        *([] if len(own) == mutation.times else [f"found {len(own)} times: {list(map(str, own))}"]),
        *(f"found as well: {finding}" for finding in others),
        *(f"not found as well: {name}" for name in missing),
        *(wrong for finding in own for wrong in _misplaced(finding, mutation, texts)),
    ]


def _new(outcome: Outcome, preset: str) -> Iterator[Finding]:
    """The findings that the good stack does not have; there are some only in the preset for swarms."""
    left = Counter(map(_key, _of_the_good_stack(preset)))
    for finding in outcome.findings:
        left[_key(finding)] -= 1
        if left[_key(finding)] < 0:
            yield finding


@cache
def _of_the_good_stack(preset: str) -> tuple[Finding, ...]:
    return tuple(found(good(), preset=preset).findings)


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.place.path, finding.message


def _misplaced(finding: Finding, mutation: Mutation, texts: Mapping[str, str]) -> Iterator[str]:
    path, place = mutation.where or mutation.edits[0][0], finding.place
    if os.path.normpath(place.path) != path:
        yield f"in {place.path}, not in {path}: {finding}"
        return
    source = Source(texts[path], path)
    if mutation.at:
        if not texts[path].startswith(mutation.at, source.offset(place.line, place.column)):
            yield f"not at {mutation.at!r}: {finding}"
        return
    start, end = (source.position(offset)[0] for offset in _changed(good().get(path, ""), texts[path]))
    if place.end_line < start or place.line > end:
        yield f"not where the fault is: {finding}"


def _changed(before: str, after: str) -> tuple[int, int]:
    """From where to where *after* differs."""
    start = _alike(before, after)
    tail = _alike(before[start:][::-1], after[start:][::-1])
    return start, max(start, len(after) - tail)


def _alike(one: str, other: str) -> int:
    """How many characters the two begin with alike."""
    return next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )
