"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update`` writes golden files anew; the difference is to be reviewed."""
    parser.addoption("--update", action="store_true", help="write golden files anew")
