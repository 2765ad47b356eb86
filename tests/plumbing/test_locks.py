"""The lock files are complete, agree with pyproject.toml and name no address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from fairlead.developer.locks import LOCKS, Lock

every_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.path.relative_to(ROOT)))
ROOT = Path(__file__).resolve().parents[2]


def _entries(lock: Lock) -> dict[str, str]:
    """What follows ``name==version``, by that; a version may depend on the Python."""
    blocks = re.split(r"^(?=[a-z0-9])", lock.path.read_text(), flags=re.M)
    return {block.split(" ", 1)[0].strip(): block for block in blocks if block.strip()}


@every_lock
def test_every_package_has_a_version_and_a_hash(lock: Lock) -> None:
    assert [] == [name for name, text in _entries(lock).items() if "==" not in name or "--hash=sha256:" not in text]


@every_lock
def test_no_address_is_in_a_lock_file(lock: Lock) -> None:
    assert "://" not in lock.path.read_text()
    assert [] == [
        line for line in lock.path.read_text().splitlines() if re.match(r"\s*--(index|extra-index|find)", line)
    ]


@every_lock
def test_what_pyproject_asks_for_is_locked(lock: Lock) -> None:
    data = tomllib.loads((lock.path.parent / "pyproject.toml").read_text())
    asked = [*data["project"]["dependencies"]]
    asked += data["project"].get("optional-dependencies", {}).get("deploy", [])
    asked += data["dependency-groups"]["dev"] if "dev" in lock.path.name else []
    names = {
        re.split(r"[<>=~!\[; ]", text, maxsplit=1)[0].lower().replace(".", "-").replace("_", "-") for text in asked
    }

    assert set() == names - {name.partition("==")[0] for name in _entries(lock)}


@pytest.mark.parametrize(("lock", "developers"), [(LOCKS[0], LOCKS[1]), (LOCKS[2], LOCKS[3])])
def test_the_developers_have_what_the_users_have(lock: Lock, developers: Lock) -> None:
    assert set() == set(_entries(lock)) - set(_entries(developers))
