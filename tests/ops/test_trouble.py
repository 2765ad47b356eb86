"""docs/trouble.md names a test for each kind of bad luck, and exit codes of the house's table."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "trouble.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| what")
]


def test_every_kind_of_bad_luck_has_a_test_that_is_there() -> None:
    named = [(row[0], name.strip()) for row in ROWS for name in row[-1].split(",")]

    assert len(ROWS) > 25
    assert [] == [(what, name) for what, name in named if not (TESTS / f"{name}.py").is_file()]


def test_every_exit_code_is_one_of_the_table() -> None:
    codes = {code for row in ROWS for code in re.findall(r"^\d+", row[1])}

    assert {"0", "1", "2", "3", "4", "5", "6"} == codes
