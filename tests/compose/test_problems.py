"""Every problem of reading has a rule that explains it."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead.lint.discovery import Catalogue

FOLDER = Path(__file__).parents[2] / "lint" / "compose"


def test_every_problem_has_a_rule() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    ids = {f"compose/{name}" for name in re.findall(r'\berror\(\s*"([a-z-]+)"', text)}

    assert len(ids) > 10
    assert [] == sorted(name for name in ids if Catalogue().find(name) is None)
