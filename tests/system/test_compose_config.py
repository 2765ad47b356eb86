"""The Compose model against the real Compose: the same files mean the same to both."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from fairlead.tests.compose.corpus import file_sets
from fairlead.tests.compose.generated import pairs
from fairlead.tests.compose.real import differences

SETS = dict(file_sets())


@pytest.mark.parametrize("name", SETS)
def test_the_model_is_what_compose_prints(name: str, tmp_path: Path) -> None:
    assert [] == differences(name, SETS[name], tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(files=pairs())
def test_generated_pairs_mean_the_same_to_both(files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert [] == differences("generated", files, Path(folder))
