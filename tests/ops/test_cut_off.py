"""What becomes of a switch that was cut off, also where files of a release are gone, torn or edited since."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

from fairlead.ops import edge
from fairlead.ops.agent.bundle import stand_in
from fairlead.ops.agent.record import Records, State
from fairlead.ops.agent.removing import gc_on
from fairlead.ops.agent.running import ended
from fairlead.ops.agent.switching import abort_on, switch_on
from fairlead.ops.command import Result
from fairlead.ops.errors import SettingsError, TakeBackError
from fairlead.ops.settings import EdgeSettings

from .agent_engine import Engine, write_release


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Nothing is asked twice."""
    monkeypatch.setattr("fairlead.ops.agent.proving.PROBE_S", 0.0)


@pytest.fixture
def root(tmp_path):
    """A host's folder with two releases, of which r1 is live."""
    for name in ("r1", "r2"):
        write_release(tmp_path, name)
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "compose.yaml").write_text('{"name": "shop-base"}')
    for step in edge.edge_steps(_edge(tmp_path), {"nginx.conf": "# r1\n"}):
        step.run(Engine(), lambda _: None)
    return tmp_path


@pytest.fixture
def engine():
    """An engine in which both releases run."""
    made = Engine()
    for project, service in (("shop-base", "nginx"), ("shop-base", "mysql"), ("shop-r1", "web"), ("shop-r2", "web")):
        made.have(project, service)
    return made


def _edge(root):
    return EdgeSettings("nginx", root / "nginx", "/e", ())


def _state(root, *state, **more):
    records = Records(root / "state")
    if state or more:
        records.write_state(State(*state, **more))
    return records.state()


def _apps(engine):
    return [project for project, service in engine.running() if service == "web"]


def _switched(engine, root, release):
    return ended(root, lambda: switch_on(engine, str(root), release, "ann@laptop", jobs=True))


def _aborted(engine, root, release=""):
    return ended(root, lambda: abort_on(engine, str(root), release, "ann@laptop"))


def _told(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


SERVES = State("r2", "g1", ("r1",), "r2")


def test_a_switch_that_was_cut_off_when_it_served_is_tidied_up_and_not_proven_again(engine, root):
    _state(root, "r2", "g1", ("r1",), "r2")
    engine.answers["web-r2"] = 503

    assert 0 == _switched(engine, root, "r2")

    assert (State("r2", "g1", ("r1",)), ["shop-r2"]) == (_state(root), _apps(engine))
    assert [] == [each for each in engine.asked if "curl" in each or " migrate" in each]


def test_a_rollback_to_what_serves_proves_it_all_the_same(engine, root):
    _state(root, "r2", "g1", ("r1",))
    engine.answers["web-r2"] = 503

    assert 1 == _switched(engine, root, "r2")


def test_a_switch_that_the_audit_cannot_take_has_not_begun(engine, root):
    _state(root, "r1", "g1")
    (root / "state" / "audit.jsonl").mkdir()  # it cannot be written, as on a full disk

    assert 1 == _switched(engine, root, "r2")

    assert State("r1", "g1") == _state(root)


def _torn(root, name, text):
    path = root / "releases" / name / "release.json"
    if text is None:
        shutil.rmtree(path.parent)
    else:
        path.write_text(text)


TORN = [None, "", '{"version": 1, "na', "[1]", '{"version": 1}', "\x00\x00"]


@pytest.mark.parametrize("text", TORN)
def test_a_switch_to_a_release_whose_files_are_gone_or_torn_is_taken_back(engine, root, text):
    _state(root, "r1", "g1", (), "r2")
    _torn(root, "r2", text)

    assert 0 == _aborted(engine, root)

    assert (State("r1", "g1"), ["shop-r1"]) == (_state(root), _apps(engine))


@pytest.mark.parametrize("text", TORN)
def test_a_release_whose_files_are_gone_or_torn_is_refused_with_its_file_and_changes_nothing(
    engine, root, text, capsys
):
    _state(root, "r1", "g1")
    _torn(root, "r2", text)

    assert 2 == _switched(engine, root, "r2")
    assert "releases/r2/release.json" in _told(capsys)["text"]
    assert State("r1", "g1") == _state(root)


@pytest.mark.parametrize("text", TORN)
def test_a_first_release_whose_files_are_gone_or_torn_is_taken_back(engine, root, text):
    _state(root, pending="r1")
    shutil.rmtree(root / "releases" / "r2")
    _torn(root, "r1", text)

    assert 0 == _aborted(engine, root)
    assert (State(), ["shop-r2"]) == (_state(root), _apps(engine))


@pytest.mark.parametrize("torn", ["r1", "r2"])
def test_what_is_torn_once_the_new_release_serves_does_not_keep_a_host_from_going_on(engine, root, torn):
    _state(root, "r2", "g1", ("r1",), "r2")
    _torn(root, torn, None)
    engine.torn.append(f"shop-{torn}")

    assert 0 == _switched(engine, root, "r2")
    assert (State("r2", "g1", ("r1",)), ["shop-r2"]) == (_state(root), _apps(engine))


def test_a_host_of_which_nothing_says_what_the_stack_is_called_is_said(root):
    for name in ("r1", "r2"):
        _torn(root, name, "")
    (root / "base" / "compose.yaml").unlink()

    with pytest.raises(SettingsError, match="no name of a stack"):
        stand_in(str(root), "r2", ("r1",))


@pytest.mark.parametrize("text", TORN)
def test_gc_removes_the_containers_of_a_release_whose_files_are_torn(engine, root, text):
    _state(root, "r1", "g1")
    _torn(root, "r2", text)
    (root / "releases" / "r2").mkdir(exist_ok=True)

    gc_on(engine, str(root), 1, "ann@laptop")

    assert (["shop-r1"], False) == (_apps(engine), (root / "releases" / "r2").exists())


@pytest.mark.parametrize(
    "error", [KeyError("generation"), ValueError("no number"), OSError("no file named"), RecursionError()]
)
def test_whatever_goes_wrong_in_a_step_is_taken_back_and_said(engine, root, capsys, error):
    _state(root, "r1", "g1")
    run = engine.run

    def broken(command, timeout_s=None):
        if "curl" in command.argv and "http://web-r2/health" in command.argv:
            raise error
        return run(command, timeout_s)

    engine.run = broken

    assert 1 == _switched(engine, root, "r2")
    assert (State("r1", "g1"), ["shop-r1"]) == (_state(root), _apps(engine))
    said = _told(capsys)["text"]
    assert said.startswith("ask the new release from where nginx asks it: ")
    assert ("None" in said, type(error).__name__ in said) == (False, not isinstance(error, OSError))


def test_what_cannot_be_taken_back_for_whatever_reason_needs_a_person(engine, root, capsys):
    _state(root, "r1", "g1")
    engine.answers["web-r2"] = 503
    engine._compose_down = {}.__getitem__

    assert TakeBackError.exit_code == _switched(engine, root, "r2")
    assert "not taken back: a fault of fairlead itself: " in _told(capsys)["text"]


def test_a_setting_that_spoils_a_step_is_a_deploy_that_failed(engine, root, capsys):
    _state(root, "r1", "g1")
    (root / "state" / "maintenance.json").write_text("[]")

    assert 1 == _switched(engine, root, "r2")
    assert (State("r1", "g1"), ["shop-r1"]) == (_state(root), _apps(engine))
    assert "maintenance" in _told(capsys)["text"]


def test_an_agent_ends_with_a_line_also_by_a_fault_of_its_own(tmp_path, capsys):
    assert 3 == ended(tmp_path, lambda: {}["current"])
    assert "a fault of fairlead itself: KeyError: 'current'" == _told(capsys)["text"]


OLD_S = 7200.0


def test_gc_removes_what_was_cut_off_on_its_way_and_nothing_of_others(engine, root):
    _state(root, "r1", "g1", ("r2",))
    backups = root / "shared" / "backups"
    backups.mkdir(parents=True)
    ours = [".r2-from-1-20261123T040501Z.sql.gz.x1y2z3_4", ".r2-data-redis-20261123T040501Z.redis.tar.gz.abcd"]
    others = ["nightly-shop-2026-11-20.sql.gz", ".nightly.sql.gz.abc", "r1-from-a-20261123T040501Z.sql.gz"]
    for name in (*ours, *others):
        (backups / name).write_text("x")
    old = [root / "releases" / "r3.part.Ab12xY", root / "base.part.Ab12xY", root / "base.next-0a1b2c3d.part.Ab12xY"]
    stays = [root / "releases" / "r4.part.Ab12xY", root / "releases" / "r1.backup", root / "mine.part.Ab12xY"]
    for folder in (*old, *stays):
        (folder / "secrets").mkdir(parents=True)
        if folder != stays[0]:
            os.utime(folder, (time.time() - OLD_S,) * 2)

    gc_on(engine, str(root), 3, "ann@laptop")

    assert sorted(others) == sorted(path.name for path in backups.iterdir())
    assert ([False] * 3, [True] * 3) == ([path.exists() for path in old], [path.exists() for path in stays])


def _silent(engine, since):
    """Once *since* says so of a command, the engine does not say any more where nginx runs."""
    run, begun = engine.run, []

    def one(command, timeout_s=None):
        text = " ".join(command.argv)
        if begun or since(text):
            begun.append(text)
            if text.startswith("docker ps") and "service=nginx" in text:
                return Result(124, err="docker: no answer within 60 s")
        return run(command, timeout_s)

    engine.run = one


def test_a_release_that_nginx_may_name_is_not_removed_while_the_engine_does_not_say_where_nginx_runs(engine, root):
    _state(root, "r1", "g1")
    engine.answers["http://localhost/"] = 503
    _silent(engine, lambda text: "http://localhost/" in text)

    assert TakeBackError.exit_code == _switched(engine, root, "r2")
    assert (["shop-r1", "shop-r2"], "r2") == (_apps(engine), _state(root).pending)


def test_the_old_release_is_not_stopped_while_the_engine_does_not_say_whether_workers_still_ask_it(engine, root):
    _state(root, "r1", "g1")
    _silent(engine, lambda _: _state(root).current == "r2")

    assert 3 == _switched(engine, root, "r2")
    assert (["shop-r1", "shop-r2"], "r2") == (_apps(engine), _state(root).current)


def test_a_site_that_a_cut_off_maintenance_has_closed_stays_closed_when_a_deploy_fails(engine, root):
    """The link names what was closed, and the state what was open: the agent died in between."""
    _state(root, "r1", "g1")
    for step in edge.edge_steps(_edge(root), {"nginx.conf": "# r1, closed\n"}):
        step.run(Engine(), lambda _: None)
    engine.answers["nginx"] = engine.answers["web-r2"] = 503

    assert 1 == _switched(engine, root, "r2")

    assert (State("r1", "g2"), "g2") == (_state(root), edge.live_generation(_edge(root)))
