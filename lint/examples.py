"""
Runs the examples of a rule: the test of our rules, and of a user's own.

A project with rules of its own tests them with one parametrised test that asserts ``faults_of(rule) == []``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .discovery import Catalogue
from .engine import Outcome, Setup, lint
from .family import EXAMPLE_NAMES, Options
from .files import Files
from .fix import Mender
from .policy import Policy, policy_from
from .recognition import by_family
from .record import dataclass
from .regex import regex
from .rule import MARK, Example, Rule
from .selection import Selection

Marks = set[tuple[str, int]]
"""Files and lines."""

_VERSION = regex(r"# nginx (\d+(?:\.\d+)+)$", re.MULTILINE)
"""As the first line of an example: the nginx that it is judged for."""

_MODE = regex(r"# mode (0[0-7]{3})$", re.MULTILINE)
"""As the first line of a file of an example: who may read it."""


@dataclass(frozen=True)
class _Only:
    """A catalogue of these rules, and of the linter's own that judge suppressions."""

    rules: tuple[Rule, ...]

    def family(self, name: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.family == name)

    def all(self) -> tuple[Rule, ...]:
        return self.rules

    def find(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.id == name), None)


def faults_of(rule: Rule, family: Sequence[Rule] | None = None) -> list[str]:
    """
    What is wrong with *rule* by its own examples, a line for each; empty when it keeps its word.

    Args:
        family: The rules that must be silent on the good examples; ours and *rule* when None.
    """
    others = tuple(family or Catalogue().family(rule.family))
    rules = others if rule in others else (*others, rule)
    return [*_missing(rule), *_of_bad(rule), *_of_good(rule, rules), *_of_fixed(rule, rules)]


def _texts(rule: Rule, example: Example) -> dict[str, str]:
    family = "nginx" if rule.family == "lint" else rule.family
    return dict(example) if isinstance(example, Mapping) else {EXAMPLE_NAMES[family]: example}


def marks_of(texts: Mapping[str, str]) -> tuple[dict[str, str], Marks]:
    """The *texts* without their marks, and where the marks were."""
    clean: dict[str, str] = {}
    marks: Marks = set()
    for name, text in texts.items():
        lines = text.split("\n")
        marks.update((name, number) for number, line in enumerate(lines, 1) if line.rstrip().endswith(MARK))
        clean[name] = "\n".join(_without_mark(line) for line in lines)
    return clean, marks


def _without_mark(line: str) -> str:
    """The line without its mark and the blanks before it; a tab before the mark keeps those before the tab."""
    if not line.rstrip().endswith(MARK):
        return line
    body = line.rstrip().removesuffix(MARK)
    return body[:-1] if body.endswith("\t") else body.rstrip()


def outcome_of(rule: Rule, texts: Mapping[str, str], rules: Iterable[Rule]) -> Outcome:
    """What *rules* find in *texts*, as if these were all files there are."""
    files = Files(texts, only_overlay=True, modes=modes_of(texts))
    return lint(_paths(rule, texts, files), files, _setup(texts, rules))


def modes_of(texts: Mapping[str, str]) -> dict[str, int]:
    """The modes that the first lines of the *texts* name, by path."""
    found = {path: _MODE.match(text) for path, text in texts.items()}
    return {path: int(match[1], 8) for path, match in found.items() if match}


def _setup(texts: Mapping[str, str], rules: Iterable[Rule]) -> Setup:
    catalogue: Any = _Only(tuple(rules))
    versions = (_VERSION.match(text) for text in texts.values())
    version = next((match[1] for match in versions if match), None)
    return Setup(catalogue, Selection("strict", select=("*",)), Options(nginx_version=version), _policy(texts))


def _policy(texts: Mapping[str, str]) -> Policy:
    """The policy that an example's own fairlead.yaml gives, where it has one."""
    text = texts.get("fairlead.yaml")
    if text is None:
        return Policy()
    from .data import load_yaml  # noqa: PLC0415 - few examples have one

    return Policy(policy_from(load_yaml(text, "fairlead.yaml")["policy"], "fairlead.yaml"))


def _paths(rule: Rule, texts: Mapping[str, str], files: Files) -> dict[str, list[str]]:
    if rule.family in ("stack", "lint") or len(texts) > 1:
        return by_family(texts, files)
    return {rule.family: list(texts)}


def _missing(rule: Rule) -> Iterator[str]:
    for what, value in {"bad": rule.bad, "good": rule.good, "source": rule.source, "docstring": rule.title}.items():
        if not value:
            yield f"{rule.id}: has no {what}"


def _of_bad(rule: Rule) -> Iterator[str]:
    for number, example in enumerate(rule.bad, 1):
        texts, expected = marks_of(_texts(rule, example))
        outcome = outcome_of(rule, texts, _judges(rule, (rule,)))
        found = {(it.place.path, it.place.line) for it in outcome.findings if it.rule == rule.id}
        yield from outcome.failures
        if found != expected or not expected:
            yield f"{rule.id}: bad example {number}: reports {sorted(found)}, marked are {sorted(expected)}"


def _of_good(rule: Rule, rules: Iterable[Rule]) -> Iterator[str]:
    judges = [each for each in _judges(rule, rules) if each.id == rule.id or not each.lacks]
    for number, example in enumerate(rule.good, 1):
        outcome = outcome_of(rule, _texts(rule, example), judges)
        yield from outcome.failures
        yield from (f"{rule.id}: good example {number}: {finding}" for finding in outcome.findings)


def _of_fixed(rule: Rule, rules: Iterable[Rule]) -> Iterator[str]:
    if rule.fixed is None:
        return
    before, _ = marks_of(_texts(rule, rule.bad[0]))
    expected = _texts(rule, rule.fixed)
    after = mended(rule, before)
    if after != expected:
        yield f"{rule.id}: mends to {after}, not to {expected}"
    if mended(rule, after) != after:
        yield f"{rule.id}: mending twice changes the text again"
    found = outcome_of(rule, after, (rule,)).findings
    yield from (f"{rule.id}: after mending: {finding}" for finding in found)


def mended(rule: Rule, texts: Mapping[str, str]) -> dict[str, str]:
    """The *texts* after ``--fix --unsafe-fixes`` with this rule alone."""
    files = Files(texts, only_overlay=True)
    mending = Mender(_paths(rule, texts, files), files, _setup(texts, (rule,)), is_unsafe=True).mend()
    return {**texts, **mending.after}


def _judges(rule: Rule, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules about suppressions need others that find something to suppress."""
    return (*rules, *Catalogue().family("nginx")) if rule.family == "lint" else tuple(rules)
