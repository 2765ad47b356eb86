"""A change of the edge or the data: what is handed over, what is replaced, and how it is taken back."""

from __future__ import annotations

import json

import pytest

from fairlead.ops.agent.bundle import bundle_of
from fairlead.ops.agent.record import Records
from fairlead.ops.agent.tier import (
    ASK,
    FILE,
    KEPT,
    MARK,
    TierWork,
    change_in,
    half_done,
    refuse_half_done,
)
from fairlead.ops.command import Result
from fairlead.ops.deploy.tier_planning import seconds
from fairlead.ops.deploy.tiers import files_read, joined
from fairlead.ops.deploy.upload import Upload
from fairlead.ops.errors import SettingsError, StepFailedError
from fairlead.ops.execute import execute

OLD = {"name": "shop-base", "services": {"nginx": {"image": "nginx:1"}, "mysql": {"image": "mysql:1"}}}
NEW = {
    "name": "shop-base",
    "services": {
        "nginx": {"image": "nginx:2", "depends_on": {"mysql": {}, "cache": {}}},
        "mysql": {"image": "mysql:2"},
        "cache": {"image": "redis:8"},
    },
    "networks": {"front": {"external": True}},
    "volumes": {},
    "secrets": {"root": {"file": "/srv/shop/base/secrets/root"}},
}
MANIFEST = {
    "stack": "shop",
    "name": "r2",
    "services": {"edge": ["nginx"], "data": ["mysql"], "app": ["web"], "job": []},
    "networks": {},
    "volumes": {},
    "images": {},
    "edge": "nginx",
    "mount": "/etc/nginx/edge",
    "probes": [],
    "smoke": ["http://localhost/health"],
    "drain_s": 1,
    "watch_s": 1,
}


def test_one_tier_changes_and_the_other_stays_as_it_is_there():
    base = joined(OLD, NEW, ["nginx"], [])

    assert {"image": "nginx:2", "depends_on": {"mysql": {}}} == base["services"]["nginx"]
    assert ({"nginx", "mysql"}, "mysql:1") == (set(base["services"]), base["services"]["mysql"]["image"])


def test_what_is_new_comes_and_what_is_gone_goes():
    base = joined({**OLD, "services": {**OLD["services"], "old": {}}}, NEW, ["mysql", "cache"], ["old"])

    assert {"nginx": "nginx:1", "mysql": "mysql:2", "cache": "redis:8"} == {
        name: each["image"] for name, each in base["services"].items()
    }
    assert NEW["secrets"] == base["secrets"]


def test_only_the_files_that_a_service_reads_are_handed_over():
    files = [Upload(path, "x") for path in ("secrets/root", "secrets/other", "files/sql/a.sql", "files/sql2", "x")]
    service = {
        "secrets": [{"source": "root"}],
        "volumes": [{"source": "/srv/shop/base/files/sql"}, {"source": "data", "type": "volume"}],
    }

    assert ["secrets/root", "files/sql/a.sql"] == [file.path for file in files_read([service], files, "/srv/shop/base")]


@pytest.mark.parametrize(
    ("text", "found"), [("1m10s", 70.0), ("1h", 3600.0), ("500ms", 0.5), ("", 10.0), ("30s", 30.0)]
)
def test_durations_are_read_as_compose_writes_them(text, found):
    assert found == seconds(text)


class Engine:
    """A host that notes what it is told; nginx answers with *status*."""

    name = "here"

    def __init__(self, status="200", fails=""):
        self.status = status
        self.fails = fails
        self.told = []

    def run(self, command, timeout_s=None):
        text = " ".join(command.argv)
        if "docker ps" in text:
            return Result(0, "c0ffee\n")
        if "curl" in text:
            return Result(0, f"said\n{self.status}")
        return Result(0)

    def stream(self, command, line):
        self.told.append(command.argv[command.argv.index("--file") + 2 :])
        return Result(1, err="no room") if self.fails and self.fails in command.argv else Result(0)


@pytest.fixture
def work(tmp_path):
    """Makes the work of a change of nginx on a host, with what was handed over."""
    (tmp_path / "base" / "secrets").mkdir(parents=True)
    (tmp_path / "base" / "secrets" / "root").write_text("old")
    (tmp_path / "base" / "compose.yaml").write_text(json.dumps(OLD))
    folder = tmp_path / "base.next-1"
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    (folder / "secrets" / "root").write_text("new")
    (folder / "compose.yaml").write_text(json.dumps(NEW))
    change = {"tier": "edge", "services": ["nginx", "cache"], "gone": [], "networks": {}, "volumes": {}}
    (folder / FILE).write_text(json.dumps(change))

    def make(engine, note=lambda _: None):
        bundle, records = bundle_of(MANIFEST, str(tmp_path)), Records(tmp_path / "state")
        return TierWork(engine, bundle, records, folder, change_in(folder), note=note)

    return tmp_path, make


def _base(root):
    return (root / "base" / "secrets" / "root").read_text(), json.loads((root / "base" / "compose.yaml").read_text())


def _execute(work, engine):
    begun = []
    try:
        execute(
            work.plan(), {engine.name: engine}, lambda event, _, step, __: begun.append((event, step)), take_back=False
        )
    finally:
        steps = [step for event, step in begun if event == "start"]
    return steps


def test_a_change_that_answers_is_kept_and_its_gap_is_told(work):
    root, make = work
    engine, notes = Engine(), []

    _execute(make(engine, notes.append), engine)

    assert ("new", NEW) == _base(root)
    assert not (root / KEPT).exists()
    assert ("run", "--rm", "--no-deps", "-T", "--entrypoint", "nginx", "nginx", "-t", "-c") == engine.told[0][:-1]
    up = ("up", "--detach", "--no-build", "--no-deps", "--remove-orphans", "--force-recreate", "nginx", "cache")
    assert up == engine.told[1]
    assert notes[-1].startswith("the edge tier was away for at most ")
    assert not (root / "base" / FILE).exists()


def test_a_change_whose_containers_do_not_start_is_taken_back_to_what_was(work):
    root, make = work
    engine = Engine(fails="--force-recreate")
    change = make(engine)

    with pytest.raises(StepFailedError, match="no room"):
        _execute(change, engine)
    engine.fails = ""
    for _, step in reversed(change.plan().steps):
        step.undo(engine)

    assert ("old", OLD) == _base(root)
    assert "--force-recreate nginx" == " ".join(engine.told[-1][-2:])  # cache was not there before


def test_a_configuration_that_nginx_refuses_replaces_nothing(work):
    root, make = work
    engine = Engine(fails="-t")
    change = make(engine)

    with pytest.raises(StepFailedError):
        _execute(change, engine)
    told = len(engine.told)
    for _, step in reversed(change.plan().steps):
        step.undo(engine)

    assert ("old", OLD) == _base(root)
    assert told == len(engine.told)


def test_what_was_kept_once_is_not_overwritten_by_a_run_that_goes_on(work):
    root, make = work
    engine = Engine(fails="--force-recreate")
    with pytest.raises(StepFailedError):
        _execute(make(engine), engine)

    again = Engine(fails="--force-recreate")
    with pytest.raises(StepFailedError, match="no room"):
        _execute(make(again), again)

    assert "old" == (root / KEPT / "secrets" / "root").read_text()


def test_the_last_step_is_to_forget_and_the_one_before_to_ask(work):
    _, make = work

    titles = [step.title for _, step in make(Engine()).plan().steps]

    assert ASK == titles[-2]


def test_nothing_else_begins_while_a_change_is_half_done(tmp_path):
    records = Records(tmp_path)
    assert "" == half_done(records)
    refuse_half_done(records)

    (tmp_path / MARK).write_text("base.next-1\n")

    assert "base.next-1" == half_done(records)
    with pytest.raises(SettingsError, match="inv deploy --resume goes on with it"):
        refuse_half_done(records)


def test_what_was_not_handed_over_is_said(tmp_path):
    with pytest.raises(SettingsError, match="run inv deploy --tier again"):
        change_in(tmp_path)
