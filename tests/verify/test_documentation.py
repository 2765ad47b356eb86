"""docs/verify.md lists every check, as the code has it."""

from __future__ import annotations

from pathlib import Path

from fairlead.ops.verify.inside import checks as inside
from fairlead.ops.verify.outside import checks as outside

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


def table() -> str:
    """The table of checks: those from outside first."""
    rows = ["| id | group | severity | what has to be so | set |", "|---|---|---|---|---|"]
    sets = (
        ("outside", outside.CHECKS),
        ("inside", (*inside.CHECKS, *inside.ALONE)),
        ("a host", inside.ON_A_HOST),
    )
    for where, checks in sets:
        for check in checks:
            chosen = where if check.quick else f"{where}, --all"
            rows.append(f"| {check.id} | {check.group} | {check.severity} | {check.title} | {chosen} |")
    return "\n".join(rows) + "\n"


def test_the_page_lists_every_check() -> None:
    assert PAGE.read_text().endswith(table()), f"the table at the end of {PAGE} should be:\n{table()}"
