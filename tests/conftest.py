"""What all tests share. Samples are fixed, so that a red run is red again; the campaigns look further."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update`` writes golden files anew; the difference is to be reviewed."""
    parser.addoption("--update", action="store_true", help="write golden files anew")
