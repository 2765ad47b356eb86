"""Whatever a file holds: exact findings, reports that can be read, mendings that do no harm."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from fairlead.tests.lint.accidents import HALVES, Texts, inputs
from fairlead.tests.lint.broken import NAMES, faults
from fairlead.tests.lint.on_disk import disk_faults

SAMPLE = 60
ONCE_BROKEN: list[Texts] = json.loads((Path(__file__).parent / "once-broken.json").read_text(encoding="utf-8"))
"""Sets of files that some version could not take, as small as they can be."""


@pytest.mark.parametrize("half", HALVES)
def test_mutated_real_files_break_nothing(half: str) -> None:
    """The campaign ``tests/campaigns/lint_inputs.py`` tries 100,000 of each half."""
    broken = {str(texts): found for texts in inputs(half, SAMPLE, seed=1) if (found := faults(texts))}

    assert broken == {}


@pytest.mark.parametrize("half", HALVES)
def test_files_with_any_bytes_are_linted_and_mended_on_disk(half: str, tmp_path: Path) -> None:
    folders = ((tmp_path / str(number), texts) for number, texts in enumerate(inputs(half, 6, seed=2)))
    broken = {str(texts): found for folder, texts in folders if (found := disk_faults(texts, folder, Random(1)))}

    assert broken == {}


@pytest.mark.parametrize("texts", ONCE_BROKEN, ids=lambda texts: str(texts)[:60])
def test_what_once_broke_is_linted_reported_and_mended(texts: Texts) -> None:
    assert faults(texts) == []


@pytest.mark.parametrize("name", NAMES.values())
@pytest.mark.parametrize("piece", ["{", "a{", "[", "- ", "a: ", "(", "\\\n", "password", '"'])
def test_deep_nesting_and_long_lines_end_in_findings(name: str, piece: str) -> None:
    assert faults({name: piece * 3_001}) == []
