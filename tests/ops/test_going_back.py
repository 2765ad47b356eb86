"""Going back to a release: what the database has by now that it does not know."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fairlead.ops.agent.database import Migrations, migrations_data
from fairlead.ops.agent.record import State
from fairlead.ops.command import Result
from fairlead.ops.deploy.cli import _wanted
from fairlead.ops.deploy.going_back import doubts
from fairlead.ops.deploy.layout import Layout
from fairlead.ops.deploy.target import Target
from fairlead.ops.errors import SettingsError
from fairlead.ops.inventory import HostEntry
from fairlead.ops.migrations import Lineage

LAYOUT = Layout("shop", "/srv/shop")
TARGET = Target("docker", "linux/amd64", "999", "1000:1000", ("r1", "r2"), State("r2", "g2", ("r1",)))


class Machine:
    """A host with the manifests of releases, whose database is at *applied*; None where it does not answer."""

    name = "prod"

    def __init__(self, applied, **manifests):
        self.applied = applied
        self.files = {f"{LAYOUT.release(name)}/release.json": json.dumps(each) for name, each in manifests.items()}

    def read(self, path):
        return self.files.get(path)

    def run(self, command, timeout_s=None):
        text = " ".join(command.argv)
        if " ps " in text:
            return Result(0, "c0ffee\n")
        if self.applied is None:
            return Result(1, err="ERROR 2002: no server\n")
        return Result(0, "4096\t1\n" if "information_schema" in text else f"{self.applied}\n")


def _manifest(*names):
    lineage = Lineage(names, dict(zip(names, [(), *((name,) for name in names)], strict=False)))
    return {"migrations": migrations_data(Migrations(lineage, "mysql", "shop", "root", "/p"))}


def _doubts(machine, **entry):
    return list(doubts(machine, HostEntry("prod", "x", **entry), TARGET, LAYOUT, "r1"))


def test_migrations_that_the_older_release_does_not_know_are_named():
    (told,) = _doubts(Machine("3", r1=_manifest("1"), r2=_manifest("1", "2", "3")))

    assert "the migrations 2, 3, which r1 does not know and which stay" in told
    assert "add to the tables and take nothing away" in told


@pytest.mark.parametrize(
    ("applied", "manifests"),
    [
        ("1", {"r1": _manifest("1"), "r2": _manifest("1")}),
        ("1", {"r1": _manifest("1"), "r2": _manifest("1", "2")}),  # r2 served without its job
        ("2", {"r1": {}, "r2": _manifest("1", "2")}),
        ("2", {"r2": {"migrations": None}, "r1": _manifest("1")}),
        ("2", {}),
    ],
    ids=["the same", "not run", "before there were any", "none any more", "no manifests"],
)
def test_nobody_is_asked_where_the_tables_fit_or_nothing_is_told(applied, manifests):
    assert [] == _doubts(Machine(applied, **manifests))


def test_a_database_that_does_not_answer_leaves_it_to_a_person():
    (told,) = _doubts(Machine(None, r1=_manifest("1"), r2=_manifest("1", "2")))

    assert "whether r1 fits its tables is not known" in told


@pytest.mark.parametrize(
    ("to", "says"),
    [("r2", "--to r2: serves already"), ("r0", "--to r0: never served here"), ("r9", "--to r9: no such release here")],
)
def test_a_release_that_nobody_can_go_back_to_is_refused_with_why(to, says):
    with pytest.raises(SettingsError, match=f"{says}; to go back to there are on prod: r1"):
        _wanted(Machine("1"), replace(TARGET, releases=("r0", "r1", "r2")), to)
    assert "r1" == _wanted(Machine("1"), TARGET, "")


def test_a_protected_host_asks_before_every_change():
    assert ["is marked as protected in fairlead.yaml"] == _doubts(Machine("1"), protected=True)
