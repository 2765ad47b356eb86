"""The switch on a host where not all is as a deploy left it: what serves, what is taken back, what is waited for."""

from __future__ import annotations

import pytest

from fairlead.ops import edge
from fairlead.ops.agent.bundle import load
from fairlead.ops.agent.record import Records, State
from fairlead.ops.agent.running import carry_out
from fairlead.ops.agent.switch import START, Switch
from fairlead.ops.command import Result
from fairlead.ops.errors import StepFailedError
from fairlead.ops.maintenance.order import Order, order_text
from fairlead.ops.settings import EdgeSettings

from .agent_engine import Engine, write_release

R1 = State("r1", "g1")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """Nothing is asked twice."""
    monkeypatch.setattr("fairlead.ops.agent.proving.PROBE_S", 0.0)
    monkeypatch.setattr("fairlead.ops.agent.standing_up.START_S", 0.0)
    monkeypatch.setattr("fairlead.ops.agent.leftovers.PAUSE_S", 0.0)


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


def test_an_nginx_that_died_again_and_again_is_not_waited_for(engine, root):
    _container(engine, "nginx").state = "restarting"

    _carried_out(engine, root)

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


def _jobs(engine):
    return [asked for asked in engine.asked if " run --rm --no-deps -T migrate" in asked]


@pytest.mark.parametrize("service", ["migrate", "other"])
def test_a_job_that_an_agent_that_was_killed_left_at_work_is_waited_for_and_not_run_beside_it(engine, root, service):
    left = engine.have("shop-r2", service, once=True)

    _carried_out(engine, root)

    assert (service == "other") == bool(_jobs(engine))
    assert (service == "migrate") == any(
        f"docker attach --no-stdin --sig-proxy=false {left}" == each for each in engine.asked
    )


def test_a_job_that_was_left_at_work_and_fails_takes_the_release_back(engine, root):
    engine.have("shop-r2", "migrate", once=True, exit_code=4)

    with pytest.raises(StepFailedError, match="run the job migrate: exit 4: at the end") as caught:
        _carried_out(engine, root)
    assert ("at the end", []) == (caught.value.details, _jobs(engine))


@pytest.mark.parametrize("state", ["created", "exited"])
def test_what_is_left_of_a_job_that_ended_goes_before_it_runs_again(engine, root, state):
    left = engine.have("shop-r2", "migrate", once=True, state=state)

    _carried_out(engine, root)

    assert (1, False) == (len(_jobs(engine)), left in engine.containers)


def test_a_job_that_outlasts_the_engine_is_waited_for(engine, root):
    engine.goes_on, engine.job = True, Result(1, err="unexpected EOF")

    _carried_out(engine, root)

    assert (1, 1) == (len(_jobs(engine)), sum("docker attach" in each for each in engine.asked))


def test_taking_back_ends_a_job_that_still_runs(engine, root):
    left = engine.have("shop-r2", "migrate", once=True)
    work = Switch(engine, load(str(root), "r2"), Records(root / "state"), R1)

    for _, step in reversed(work.until_serving().steps):
        step.undo(engine)

    assert left not in engine.containers
    assert f"docker stop --time 40 {left}" in engine.asked


def test_what_cannot_be_removed_is_not_said_to_be_taken_back(engine, root, monkeypatch):
    left = engine.have("shop-r2", "web")
    engine.torn.append("shop-r2")
    engine._rm = lambda *_: Result(1, err="device or resource busy")
    monkeypatch.setattr("fairlead.ops.agent.leftovers.GONE_S", 0.0)
    steps = Switch(engine, load(str(root), "r2"), Records(root / "state"), R1).until_serving().steps
    (start,) = [step for _, step in steps if step.title == START]

    with pytest.raises(StepFailedError, match=f"exit 1: device or resource busy; {left[:12]} are still there"):
        start.undo(engine)


def test_what_the_engine_itself_removes_has_its_time(engine, root):
    left, looks, ps = engine.have("shop-r2", "web"), [], engine._ps
    engine.torn.append("shop-r2")
    engine._rm = lambda *_: Result(1, err=f"removal of container {left} is already in progress")

    def look(*words):
        looks.append(words)
        if len(looks) > 5:
            engine.containers.pop(left, None)
        return ps(*words)

    engine._ps = look
    steps = Switch(engine, load(str(root), "r2"), Records(root / "state"), R1).until_serving().steps

    assert [True] == [step.undo(engine) for _, step in steps if step.title == START]
    assert left not in engine.containers


def test_an_edge_without_curl_is_said_before_anything_is_changed(engine, root):
    engine.curl = Result(127, err="curl: executable file not found in $PATH")

    with pytest.raises(
        StepFailedError, match=r"nginx has no curl, by which a release is asked .*; add it to its image"
    ):
        _carried_out(engine, root)
    assert ([], 0) == (
        _jobs(engine),
        sum("shop-r2" in each and "compose" in each and " up " in each for each in engine.asked),
    )


def test_an_edge_that_nothing_is_asked_of_needs_no_curl(engine, root):
    engine.curl = Result(127)
    write_release(root, "r3", probes=[], smoke=[])
    work = Switch(engine, load(str(root), "r3"), Records(root / "state"), R1)

    carry_out(engine, Records(root / "state"), "r3", work.until_serving())
    assert ("shop-r3", "web") in engine.running()


def _watched(engine, root, **more):
    """What people are told after the switch to a release whose answers are watched for a moment."""
    write_release(root, "r3", watch_s=0.05, **more)
    (root / "releases" / "r3" / "nginx" / "nginx.conf").write_text(CLOSABLE)
    told = []
    work = Switch(engine, load(str(root), "r3"), Records(root / "state"), R1, note=told.append)
    carry_out(engine, Records(root / "state"), "r3", work.until_serving())
    return told


@pytest.mark.parametrize(
    ("logs", "says"),
    [
        (
            Result(1, err="configured logging driver does not support reading"),
            "docker logs: exit 1: configured logging",
        ),
        (Result(0, "GET /a took 3\n"), 'no line of nginx\'s log is known, such as "GET /a took 3"'),
        (Result(0), "nginx logged none"),
    ],
)
def test_answers_that_cannot_be_watched_are_said(engine, root, logs, says):
    engine.logs = logs

    (told,) = _watched(engine, root)

    assert told.startswith(f"answers cannot be watched: {says}")


def test_answers_that_are_watched_are_no_news(engine, root):
    engine.logs = Result(0, '{"status": 200}\n')

    assert [] == _watched(engine, root)


CLOSABLE = "http { include site/visitors.conf; server { include site/maintenance.conf; } }\n"
PUBLIC = {"public": ["https://shop.example/health"], "tls_port": 8443}


def test_a_site_with_a_name_is_asked_by_it_as_visitors_ask_before_the_switch_and_after(engine, root):
    engine.answers["https://shop.example/health"] = 404

    told = _watched(engine, root, **PUBLIC)

    assert "https://shop.example/health: answers 404, so it tells nothing of the release" in told[0]
    before, after = (each for each in engine.asked if "shop.example" in each)
    assert before.endswith("--insecure --connect-to ::127.0.0.1:8443 https://shop.example/health")
    assert before == after


def test_a_site_in_maintenance_may_say_so_by_its_name(engine, root):
    engine.answers["https://shop.example/health"] = 503
    engine.logs = Result(0, '{"status": 200}\n')
    order = Order("ann@laptop", "2026-11-23T03:40:00+00:00", "site", page="<p>closed</p>")
    (root / "state" / "maintenance.json").write_text(order_text(order))

    assert [] == _watched(engine, root, **PUBLIC)
