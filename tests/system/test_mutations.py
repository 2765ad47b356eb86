"""A good stack with one fault at a time, for every rule; it needs no engine, only more time than a fast check has."""

from __future__ import annotations

import pytest

from fairlead.tests.mutations.all import MUTATIONS
from fairlead.tests.mutations.judging import faults


@pytest.fixture(autouse=True)
def on_a_day_the_tables_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in ``tests/lint``: what is past its end of life is judged on the day the table was made."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790640000")


@pytest.mark.parametrize("rule", MUTATIONS)
def test_one_fault_is_reported_where_it_is_and_no_other(rule: str) -> None:
    assert faults(rule, MUTATIONS[rule]) == []
