"""The generated pages are those of the rules as they are now."""

from __future__ import annotations

from pathlib import Path

import fairlead
from fairlead.lint.data import load_yaml
from fairlead.lint.discovery import Catalogue
from fairlead.lint.documentation import pages

ROOT = Path(fairlead.__file__).resolve().parent
PEERS = load_yaml((ROOT / "docs" / "peers.yaml").read_text(encoding="utf-8"), "docs/peers.yaml")
RULES = Catalogue().all()


def test_the_pages_are_fresh() -> None:
    """When not: ``python -m fairlead.lint.documentation``."""
    expected = pages(RULES, PEERS)
    written = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "rules").glob("**/*.md")}

    assert written | {"docs/peers.md"} == set(expected)
    assert [name for name, text in expected.items() if (ROOT / name).read_text(encoding="utf-8") != text] == []


def test_rules_name_the_peers_checks_as_the_peers_do() -> None:
    known = {f"{peer}:{check}" for peer, facts in PEERS.items() for check in facts["checks"]}

    assert [(rule.id, name) for rule in RULES for name in rule.covers if name not in known] == []
