"""Every rule of every family keeps the word its examples give."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.lint.examples import faults_of
from fairlead.lint.record import replace
from fairlead.lint.rule import PRESETS, Report, Rule

RULES = Catalogue().all()
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def silent(model: object) -> Iterator[Report]:
    """Takes the place of a check, to see that the examples notice."""
    yield from ()


@every_rule
def test_a_rule_reports_its_marked_lines_and_no_good_one(rule: Rule) -> None:
    assert faults_of(rule) == []


@every_rule
def test_the_examples_of_a_rule_notice_when_its_check_does_nothing(rule: Rule) -> None:
    blind = replace(rule, check=silent)

    faults = faults_of(blind, (blind,))

    assert [fault for fault in faults if f"{rule.id}: bad example" in fault]


@every_rule
def test_a_rule_is_named_after_its_function_and_family(rule: Rule) -> None:
    family, _, name = rule.id.partition("/")

    assert rule.check.__name__ == name.replace("-", "_")
    assert Path(inspect.getfile(rule.check)).parent.name == family


@every_rule
def test_a_rule_says_where_its_fault_was_met(rule: Rule) -> None:
    assert rule.source
    assert rule.preset in PRESETS
    assert rule.title.endswith(".")
