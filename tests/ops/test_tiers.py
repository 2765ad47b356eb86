"""A change of the edge or the data: what is handed over, what is replaced, and how it is taken back."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from fairlead.ops.agent.bundle import bundle_of
from fairlead.ops.agent.database import Migrations
from fairlead.ops.agent.dump import TITLE as DUMP
from fairlead.ops.agent.record import Records
from fairlead.ops.agent.redis import Store
from fairlead.ops.agent.redis_copy import title
from fairlead.ops.agent.tier import (
    ASK,
    FILE,
    HOOKS,
    KEPT,
    MARK,
    REPLACING,
    TierChange,
    TierWork,
    change_in,
    half_done,
    refuse_half_done,
)
from fairlead.ops.agent.tiers import abort_tier, change_tier
from fairlead.ops.command import Result
from fairlead.ops.deploy.agreeing import wish_of
from fairlead.ops.deploy.tier_planning import seconds
from fairlead.ops.deploy.tiers import files_read, is_redis, joined, stores_in
from fairlead.ops.deploy.upload import Upload
from fairlead.ops.errors import SettingsError, StepFailedError
from fairlead.ops.execute import execute
from fairlead.ops.settings import load_settings

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


def test_the_file_of_a_config_is_handed_over_with_its_service():
    files = [Upload(f"files/.fairlead/configs/{name}", "x") for name in ("redis", "other")]
    files.append(Upload("secrets/root", "x"))
    read = files_read([{"configs": [{"source": "redis"}], "secrets": [{"source": "root"}]}], files, "/srv/shop/base")

    assert ["files/.fairlead/configs/redis", "secrets/root"] == [file.path for file in read]


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

    def make(engine, note=lambda _: None, **more):
        bundle, records = bundle_of(MANIFEST, str(tmp_path)), Records(tmp_path / "state")
        return TierWork(engine, bundle, records, folder, replace(change_in(folder), **more), note=note)

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


def test_files_of_other_services_stay_those_that_their_containers_have_mounted(work):
    root, make = work
    same, changed = root / "base" / "secrets" / "redis", root / "base" / "secrets" / "root"
    for folder in (root / "base", root / "base.next-1"):
        (folder / "secrets" / "redis").write_text("same")
    before = same.stat().st_ino, changed.stat().st_ino
    engine = Engine(fails="--force-recreate")
    change = make(engine)

    with pytest.raises(StepFailedError, match="no room"):
        _execute(change, engine)
    engine.fails = ""
    for _, step in reversed(change.plan().steps):
        step.undo(engine)

    assert "old" == changed.read_text()
    assert (before[0], True) == (same.stat().st_ino, changed.stat().st_ino != before[1])


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


# ---- Redis among the data


def test_who_may_tell_redis_to_save_is_handed_over_and_an_older_hand_over_names_none(tmp_path):
    change = TierChange("data", ("cache",), (), {}, {}, (Store("cache", (("keeper", "/run/secrets/k"), ("", ""))),))
    (tmp_path / FILE).write_text(json.dumps(change.data))
    assert change == change_in(tmp_path)

    (tmp_path / FILE).write_text(json.dumps({key: value for key, value in change.data.items() if key != "stores"}))
    assert () == change_in(tmp_path).stores


@pytest.mark.parametrize(
    ("service", "found"),
    [
        ({"image": "mirror.example.com/library/redis:8.0"}, True),
        ({"image": "valkey/valkey:8"}, True),
        ({"image": "shop/cache:1", "command": ["redis-server", "--appendonly", "yes"]}, True),
        ({"image": "shop/cache:1", "entrypoint": None, "command": None}, False),
        ({"image": "oliver006/redis_exporter"}, False),
    ],
)
def test_redis_is_known_by_its_image_or_by_its_program(service, found):
    assert found == is_redis(service)


def test_who_may_have_redis_save_is_whom_the_settings_know(tmp_path):
    (tmp_path / "fairlead.yaml").write_text(
        "name: shop\ncompose: {files: [compose.yml]}\n"
        "doctor: {redis: {user: app, password_file: /run/secrets/app}}\n"
        "secrets: {folder: secrets, rotate: {CACHE: {kind: redis, service: cache, user: app, by: keeper, "
        "password_file: /run/secrets/keeper, acl: acl}}}\n"
    )
    services = {
        "cache": {"image": "redis:8"},
        "queue": {"image": "valkey:8"},
        "mysql": {"image": "mysql:9"},
        "new": None,
    }

    found = {store.service: store.logins for store in stores_in(services, load_settings(tmp_path / "fairlead.yaml"))}

    app = ("app", "/run/secrets/app")
    assert {"cache": (("keeper", "/run/secrets/keeper"), app), "queue": (app,)} == found


def test_a_redis_whose_data_cannot_be_copied_is_not_replaced(work):
    root, make = work
    engine = Engine()
    engine.run = lambda *_, **__: Result(0, "")  # no container of it runs
    change = make(engine, tier="data", services=("cache",), stores=(Store("cache"),))

    with pytest.raises(StepFailedError, match=f"{title('cache')}: no container of cache runs; nothing was changed"):
        _execute(change, engine)
    assert [] == engine.told
    assert not (root / KEPT).exists()


def test_without_a_backup_nothing_is_copied_and_an_older_hand_over_wants_one(work, tmp_path):
    _, make = work
    change, wanted = (make(Engine(), tier="data", services=("mysql",), backup=each) for each in (False, True))
    for each in (change, wanted):
        each.bundle = replace(each.bundle, migrations=Migrations(service="mysql"))

    assert [False, True] == [DUMP in [step.title for _, step in each.plan().steps] for each in (change, wanted)]
    older = {key: value for key, value in change.change.data.items() if key != "backup"}
    (tmp_path / FILE).write_text(json.dumps(older))
    assert change_in(tmp_path).backup


def test_only_a_change_of_the_data_can_do_without_a_backup():
    flags = {"plan": False, "plan_out": "", "apply": "", "yes": True, "backup": False}
    assert not wish_of(**flags, tier="data").backup
    for tier in ("", "edge"):
        with pytest.raises(SettingsError, match="--no-backup goes with --tier data"):
            wish_of(**flags, tier=tier)


def test_what_was_copied_before_is_not_asked_of_containers_that_may_be_away(work):
    root, make = work
    engine = Engine()
    change = make(engine, tier="data", services=("cache",), stores=(Store("cache"),))
    (root / "base.next-1" / REPLACING).touch()

    _execute(change, engine)

    assert "--force-recreate" in engine.told[-1]
    assert not (root / "shared").exists()


# ---- the agent's commands, with an engine that answers what a file says


@pytest.fixture
def host(work, monkeypatch):
    """The folder of a stack whose release r2 serves; `docker` notes what it is told, and fails where `broken` is."""
    root, _ = work
    tools = root / "tools"
    tools.mkdir()
    (tools / "docker").write_text(
        f'#!/bin/sh\necho "$*" >>{root}/told\n'
        f'case "$*" in *--force-recreate*) test ! -e {root}/broken;; ps*) echo c0ffee;; '
        "*curl*) printf 'said\\n200';; esac\n"
    )
    (tools / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    (root / "releases" / "r2").mkdir(parents=True)
    (root / "releases" / "r2" / "release.json").write_text(json.dumps({"version": 1, **MANIFEST}))
    (root / "state").mkdir()
    (root / "state" / "state.json").write_text('{"current": "r2"}')
    (root / "state" / HOOKS).write_text('{"owed": ["after-switch"], "tier": "edge"}')
    return root


def _left(root):
    return sorted(path.name for path in root.glob("*base*")), (root / "state" / MARK).exists()


def _ended(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def _audit(root):
    return [json.loads(line)["what"] for line in (root / "state" / "audit.jsonl").read_text().splitlines()]


def test_a_change_ends_with_nothing_left_and_its_hooks_still_owed(host, capsys):
    assert 0 == change_tier(str(host), "base.next-1", "ann@laptop")

    assert (["base"], False) == _left(host)
    assert ("new", NEW) == _base(host)
    assert (0, ["edge tier changes", "edge tier changed"]) == (_ended(capsys)["exit"], _audit(host))
    assert (host / "state" / HOOKS).exists()


def test_a_change_that_fails_is_taken_back_and_owes_no_hooks_and_the_engine_does_not_start_it_again(host, capsys):
    (host / "tools" / "docker").write_text('#!/bin/sh\ncase "$*" in *nginx.conf*) exit 1;; esac\n')

    assert 0 == change_tier(str(host), "base.next-1", "ann@laptop")  # the exit code that the engine sees

    assert ((["base"], False), ("old", OLD)) == (_left(host), _base(host))
    assert (1, "edge tier: taken back") == (_ended(capsys)["exit"], _audit(host)[-1])
    assert not (host / "state" / HOOKS).exists()


def _cut_off(host):
    """A change of which a run was cut off while containers were replaced."""
    (host / KEPT / "secrets").mkdir(parents=True)
    (host / KEPT / "secrets" / "root").write_text("old")
    (host / KEPT / "compose.yaml").write_text(json.dumps(OLD))
    (host / "base" / "secrets" / "root").write_text("new")
    (host / "base" / "compose.yaml").write_text(json.dumps(NEW))
    (host / "base.next-1" / REPLACING).touch()
    (host / "state" / MARK).write_text("base.next-1\n")


def test_one_that_was_cut_off_in_the_middle_is_gone_on_with(host, capsys):
    _cut_off(host)

    assert 0 == change_tier(str(host), "", "ann@laptop")

    assert ((["base"], False), ("new", NEW), 0) == (_left(host), _base(host), _ended(capsys)["exit"])
    assert ["edge tier goes on", "edge tier changed"] == _audit(host)


def test_one_that_goes_on_and_fails_takes_back_what_the_run_before_did(host, capsys):
    _cut_off(host)
    (host / "tools" / "docker").write_text(
        f'#!/bin/sh\necho "$*" >>{host}/told\ncase "$*" in *nginx.conf*) exit 1;; esac\n'
    )

    assert 0 == change_tier(str(host), "", "ann@laptop")

    assert ((["base"], False), ("old", OLD), 1) == (_left(host), _base(host), _ended(capsys)["exit"])
    assert "--force-recreate nginx\n" in (host / "told").read_text()


def test_one_that_was_cut_off_is_taken_back_and_so_it_is_called(host, capsys):
    _cut_off(host)

    assert 0 == abort_tier(str(host), "ann@laptop")

    assert ((["base"], False), ("old", OLD), 0) == (_left(host), _base(host), _ended(capsys)["exit"])
    assert ["edge tier: taken back"] == _audit(host)
    assert not (host / "state" / HOOKS).exists()


def test_one_that_cannot_be_taken_back_stays_begun_until_it_can(host, capsys):
    _cut_off(host)
    (host / "broken").touch()

    assert 0 == abort_tier(str(host), "ann@laptop")
    assert (3, True) == (_ended(capsys)["exit"], (host / "state" / MARK).exists())

    (host / "broken").unlink()
    assert 0 == abort_tier(str(host), "ann@laptop")
    assert (0, (["base"], False)) == (_ended(capsys)["exit"], _left(host))


@pytest.mark.parametrize("command", [lambda root: change_tier(root, "", "ann"), lambda root: abort_tier(root, "ann")])
def test_one_that_was_cut_off_at_its_very_end_is_done_and_not_called_taken_back(host, capsys, command):
    _cut_off(host)
    (host / KEPT).rename(host / f".{KEPT}.done")

    assert 0 == command(str(host))

    assert ((["base"], False), ("new", NEW)) == (_left(host), _base(host))
    assert "edge tier changed" == _audit(host)[-1]
    assert not (host / "told").exists()


def test_what_an_older_change_has_kept_is_never_brought_back(host, capsys):
    (host / KEPT / "secrets").mkdir(parents=True)
    (host / KEPT / "secrets" / "root").write_text("ancient")
    (host / "tools" / "docker").write_text('#!/bin/sh\ncase "$*" in *nginx.conf*) exit 1;; esac\n')

    change_tier(str(host), "base.next-1", "ann@laptop")

    assert ("old", OLD) == _base(host)


def test_a_change_that_ended_and_is_begun_again_by_the_engine_says_so(host, capsys):
    change_tier(str(host), "base.next-1", "ann@laptop")

    assert 0 == change_tier(str(host), "base.next-1", "ann@laptop")
    assert {"exit": 2, "text": "base.next-1: changed or taken back before; inv audit says which"}.items() <= _ended(
        capsys
    ).items()
