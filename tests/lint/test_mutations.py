"""
A good stack with one fault at a time: exactly that fault is reported, at its place, and no other.

Here some of the faults are put in; ``tests/system/test_mutations.py`` does so with all of them.
"""

from __future__ import annotations

import pytest

from fairlead.tests.mutations.all import EXCUSED, MUTATIONS
from fairlead.tests.mutations.judging import CATALOGUE, faults, found, good

SAMPLE = sorted(MUTATIONS)[::6]


def test_the_good_stack_is_clean_under_every_rule() -> None:
    outcome = found(good())

    assert (outcome.failures, list(map(str, outcome.findings))) == ([], [])


def test_every_rule_has_a_fault_or_a_reason_to_have_none() -> None:
    """A new rule needs its line in ``tests/mutations/of_<family>.py``."""
    ids = {rule.id for rule in CATALOGUE.all()}

    assert sorted(ids - set(MUTATIONS) - set(EXCUSED)) == []
    assert sorted((set(MUTATIONS) | set(EXCUSED)) - ids) == []
    assert set(MUTATIONS) & set(EXCUSED) == set()


@pytest.mark.parametrize("rule", SAMPLE)
def test_one_fault_is_reported_where_it_is_and_no_other(rule: str) -> None:
    assert faults(rule, MUTATIONS[rule]) == []
