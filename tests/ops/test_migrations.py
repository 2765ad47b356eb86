"""Which migrations a release brings, which a database has, and which lie between two releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.ops.errors import SettingsError
from fairlead.ops.migrations import Lineage, as_data, between, lineage_in, lineage_of

ROOT = Path(__file__).parents[2]


def _folder(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def _chain(*names):
    return Lineage(
        names, {name: (before,) if before else () for name, before in zip(names, ("", *names), strict=False)}
    )


def test_revisions_are_read_in_their_order_and_nothing_of_them_runs(tmp_path):
    folder = _folder(
        tmp_path,
        b_first='raise SystemExit\nrevision = "aa"\ndown_revision = None\n',
        a_second='revision: str = "bb"\ndown_revision: str | None = "aa"\n',
        helper="def names(): return []\n",
    )

    found = lineage_in(folder)

    assert (("aa", "bb"), ("bb",)) == (found.revisions, found.heads)


def test_branches_have_two_heads_and_a_merge_has_one_again(tmp_path):
    files = {"a": "revision = 'a'\ndown_revision = None\n"}
    files |= {name: f"revision = '{name}'\ndown_revision = 'a'\n" for name in ("b", "c")}
    assert ("b", "c") == lineage_in(_folder(tmp_path, **files)).heads

    merged = lineage_in(_folder(tmp_path, d="revision = 'd'\ndown_revision = ('b', 'c')\n"))

    assert (("a", "b", "c", "d"), ("d",)) == (merged.revisions, merged.heads)
    assert ("c", "d") == merged.pending(["b"])
    assert ("d",) == merged.pending(["b", "c"])


def test_what_is_pending_is_all_that_the_database_has_not():
    lineage = _chain("1", "2", "3")

    assert ("1", "2", "3") == lineage.pending([])
    assert ("2", "3") == lineage.pending(["1"])
    assert () == lineage.pending(["3"])


def test_a_database_of_a_newer_release_has_nothing_pending():
    assert () == _chain("1", "2").pending(["9"])


def test_what_lies_between_two_releases_is_what_the_database_has_and_the_older_does_not_know():
    older, newer = _chain("1"), _chain("1", "2", "3")

    assert ("2", "3") == between(older, newer, ["3"])
    assert ("2",) == between(older, newer, ["2"])
    assert () == between(older, newer, ["1"])
    assert ("9",) == between(older, newer, ["9"])
    assert ("3",) == between(Lineage(), Lineage(), ["3"])


def test_a_lineage_that_was_written_is_read_again():
    lineage = _chain("1", "2")

    assert lineage == lineage_of(as_data(lineage))
    assert Lineage() == lineage_of({})


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a": "revision = 'a'\ndown_revision = 'x'\n"}, "revision a builds on x, which is not there"),
        ({"a": "revision = 'a'\ndown_revision = 'a'\n"}, "revision a builds on itself"),
        ({"a": "revision = 'a'\n", "b": "revision = 'a'\n"}, "revision a is there twice"),
        ({"a": "def (\n"}, "cannot be read as a migration"),
    ],
    ids=["unknown", "itself", "twice", "no Python"],
)
def test_a_folder_that_makes_no_sense_is_said_with_what_to_do(tmp_path, files, says):
    with pytest.raises(SettingsError, match=says):
        lineage_in(_folder(tmp_path, **files))


def test_a_folder_that_is_not_there_names_its_setting(tmp_path):
    with pytest.raises(SettingsError, match=r"deploy\.migrations"):
        lineage_in(tmp_path / "none")


def test_the_stacks_own_migrations_are_found():
    folder = ROOT / "app" / "backend" / "agentchat" / "migrations" / "versions"

    assert "0001" == lineage_in(folder).revisions[0]
