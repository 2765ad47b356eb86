"""The switch on a host where not all is as a deploy left it: what serves, what is taken back, what is waited for."""

from __future__ import annotations

import pytest

from fairlead.ops import edge
from fairlead.ops.agent.bundle import load
from fairlead.ops.agent.record import Records, State
from fairlead.ops.agent.running import carry_out
from fairlead.ops.agent.switch import Switch
from fairlead.ops.errors import StepFailedError
from fairlead.ops.settings import EdgeSettings

from .agent_engine import Engine, write_release

R1 = State("r1", "g1")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Nothing is asked twice."""
    monkeypatch.setattr("fairlead.ops.agent.switch.PROBE_S", 0.0)
    monkeypatch.setattr("fairlead.ops.agent.standing_up.START_S", 0.0)


@pytest.fixture
def root(tmp_path):
    """A host's folder, where r1 serves and r2 has arrived."""
    for name in ("r1", "r2"):
        write_release(tmp_path, name)
    for step in edge.edge_steps(_edge(tmp_path), {"nginx.conf": "# r1\n"}):
        step.run(Engine(), lambda _: None)
    Records(tmp_path / "state").write_state(R1)
    return tmp_path


@pytest.fixture
def engine():
    """An engine that has r1 and the base, all of it running."""
    made = Engine()
    for project, service in (("shop-base", "nginx"), ("shop-base", "mysql"), ("shop-r1", "web")):
        made.have(project, service)
    return made


def _edge(root):
    return EdgeSettings("nginx", root / "nginx", "/e", ())


def _container(engine, service):
    return next(each for each in engine.containers.values() if each.service == service)


def _carried_out(engine, root, before=R1):
    work = Switch(engine, load(str(root), "r2"), Records(root / "state"), before)
    carry_out(engine, Records(root / "state"), "r2", work.until_serving())


def test_an_nginx_that_crashed_comes_back_with_the_release_that_serves_where_the_new_one_fails(engine, root):
    _container(engine, "nginx").state, _container(engine, "nginx").exit_code = "exited", 137
    engine.answers["web-r2"] = 503

    with pytest.raises(StepFailedError, match="ask the new release"):
        _carried_out(engine, root)

    assert "g1" == edge.live_generation(_edge(root))
    assert [("shop-base", "mysql"), ("shop-base", "nginx"), ("shop-r1", "web")] == engine.running()


def test_an_nginx_that_crashed_stops_no_deploy(engine, root):
    _container(engine, "nginx").state, _container(engine, "nginx").exit_code = "exited", 137

    _carried_out(engine, root)

    assert {"nginx.conf": "# r2\n"} == edge.live_files(_edge(root))
    assert ("shop-base", "nginx") in engine.running()


class Mended(Engine):
    """One whose nginx runs on nothing but the files of r2 in *folder*."""

    def _compose_up(self, project, words):
        mended = edge.live_files(_edge(self.folder)) == {"nginx.conf": "# r2\n"}
        self.dead = [] if mended else ["nginx"]
        return super()._compose_up(project, words)


def _mended(engine, root, **more):
    made = Mended(containers=engine.containers, **more)
    made.folder = root
    _container(made, "nginx").state, _container(made, "nginx").exit_code = "exited", 1
    return made


def test_an_nginx_that_does_not_run_as_it_was_starts_with_the_release_that_mends_it(engine, root):
    broken = _mended(engine, root)

    _carried_out(broken, root)

    assert ("shop-base", "nginx") in broken.running()


def test_what_an_nginx_that_never_ran_was_given_is_taken_back_with_the_release(engine, root):
    broken = _mended(engine, root, answers={"web-r2": 503})

    with pytest.raises(StepFailedError, match="ask the new release"):
        _carried_out(broken, root)

    assert "g1" == edge.live_generation(_edge(root))
    assert ("shop-r2", "web") not in broken.running()


def test_an_nginx_that_dies_after_the_switch_is_left_with_the_release_that_stays(engine, root):
    work = Switch(engine, load(str(root), "r2"), Records(root / "state"), R1)
    steps = [step for _, step in work.until_serving().steps]
    for step in steps:
        step.run(engine, lambda _: None)
    _container(engine, "nginx").state = "exited"

    for step in reversed(steps):
        step.undo(engine)

    assert "g1" == edge.live_generation(_edge(root))


def test_nginx_is_told_again_where_a_take_back_was_cut_off_after_the_link(engine, root):
    work = Switch(engine, load(str(root), "r2"), Records(root / "state"), R1)
    steps = [step for _, step in work.until_serving().steps]
    for step in steps:
        step.run(engine, lambda _: None)
    edge.point(_edge(root), "g1")
    told = engine.worker

    for step in reversed(steps):
        step.undo(engine)

    assert told < engine.worker


def test_a_data_service_that_died_and_stays_so_is_said_before_anything_starts(engine, root):
    _container(engine, "mysql").state, _container(engine, "mysql").exit_code = "exited", 1
    engine.dead.append("mysql")

    with pytest.raises(StepFailedError, match="mysql is exited"):
        _carried_out(engine, root)
    assert ("shop-r2", "web") not in engine.running()
