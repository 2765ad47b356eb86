"""Whatever a file holds: exact findings, reports that can be read, mendings that do no harm."""

from __future__ import annotations

import pytest

from fairlead.tests.lint.broken import NAMES, faults, inputs

SAMPLE = 100


def test_mutated_real_files_break_nothing() -> None:
    """The campaign ``tests/campaigns/lint_inputs.py`` tries 100,000 of them."""
    broken = {str(texts): found for texts in inputs(SAMPLE, seed=1) if (found := faults(texts))}

    assert broken == {}


@pytest.mark.parametrize("name", NAMES.values())
@pytest.mark.parametrize("piece", ["{", "a{", "[", "- ", "a: ", "(", "\\\n", "password", '"'])
def test_deep_nesting_and_long_lines_end_in_findings(name: str, piece: str) -> None:
    assert faults({name: piece * 3_001}) == []
