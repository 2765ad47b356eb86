"""What a running stack survives: cut-off and doubled runs, killed processes, a stop in the middle of an answer."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess

import httpx
import pytest

from .people import conversation, person

READY = (
    "import urllib.request as r, urllib.error as e\n"
    "try: a = r.urlopen('http://127.0.0.1:7860/ready', timeout=8)\n"
    "except e.HTTPError as x: a = x\n"
    "print(a.status, a.read().decode())"
)


@pytest.fixture
def broken(stack):
    """The running stack, to be broken; `inv up` puts it right, as a person would."""
    yield stack
    ended = stack.inv("up")
    assert ended.code == 0, ended.out + ended.err


def _ready(stack):
    """What /ready says inside the back end: status and body."""
    status, _, body = stack.inside("backend", "python", "-c", READY).partition(" ")
    return int(status), json.loads(body)


def _containers(stack):
    """The names of the running containers."""
    label = f"label=com.docker.compose.project={stack.name}"
    return set(stack.docker("ps", "--filter", label, "--format", "{{.Names}}").split())


def _volumes(stack):
    label = f"label=com.docker.compose.project={stack.name}"
    return set(stack.docker("volume", "ls", "--filter", label, "--format", "{{.Name}}").split())


def _worker_pids(stack):
    rows = [row.split() for row in stack.docker("top", stack.container("backend"), "-eo", "pid,ppid").splitlines()[1:]]
    pids = {pid for pid, _ in rows}
    return {int(pid) for pid, parent in rows if parent in pids}


def _said(client, messages):
    """The whole answer to a message, as it streams."""
    with client.stream("POST", messages, json={"text": "hello there"}) as stream:
        return [line for line in stream.iter_lines() if line.startswith("event: ")][-1]


# ---- runs of the tool


def test_an_interrupted_start_goes_on_with_the_next(broken, until):
    assert 0 == broken.inv("down").code
    run = broken.start("up")
    until(lambda: broken.container("mysql") in _containers(broken), "MySQL is being started")
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate()

    assert 130 == run.returncode
    assert out.endswith("inv up: interrupted; run it again, it goes on from where it was\n")
    assert "Traceback" not in out

    ended = broken.inv("up")

    assert 0 == ended.code, ended.out + ended.err


def test_an_interrupted_start_leaves_no_service_with_an_old_secret(broken):
    # as a run leaves it that was cut off after writing the files and before restarting who reads them
    path = broken.folder / ".fairlead" / "secrets" / "redis_password"
    before = broken.inspect("redis")["State"]["StartedAt"]
    copy = path.with_name(".copy")
    copy.write_text(path.read_text())
    copy.chmod(0o444)
    copy.rename(path)
    ended = broken.inv("up")

    assert (0, True) == (ended.code, "restart what reads a changed secret" in ended.out), ended.out + ended.err
    assert before != broken.inspect("redis")["State"]["StartedAt"]
    assert "restart what reads a changed secret" not in broken.inv("up").out


def test_an_interrupted_switch_of_nginx_is_made_up_for(broken):
    marker = broken.folder / ".fairlead" / "edge" / ".loaded"
    marker.write_text("g0")

    assert "reload nginx" in broken.inv("up").out
    assert "reload nginx" not in broken.inv("up").out


def test_a_second_start_says_who_is_at_work_and_leaves_them_to_it(broken, until):
    first = broken.start("up")
    lock = broken.folder / ".fairlead" / "lock"
    until(lambda: lock.read_text() != "", "the first run holds the lock")
    first.send_signal(signal.SIGSTOP)
    try:
        ended = broken.inv("up")
    finally:
        first.send_signal(signal.SIGCONT)
        out, _ = first.communicate()

    assert (4, 0) == (ended.code, first.returncode), ended.out + ended.err + out
    since = r"since [\d-]{10} [\d:]{8} UTC"
    pattern = rf"inv up: inv up by \S+@\S+, {since} \(process {first.pid}\) is at work here; wait for it\n"
    assert re.fullmatch(pattern, ended.err), ended.err


def test_deleting_data_wants_a_person_or_a_word(stack):
    there = _volumes(stack)
    ended = stack.inv("down", "--volumes")

    assert 2 == ended.code
    assert ended.err.startswith(f"down --volumes deletes {', '.join(sorted(there))} for good; nobody is here to ask")
    assert there == _volumes(stack)
    assert stack.container("mysql") in _containers(stack)


def test_data_outlive_a_stop_and_go_when_they_are_told_to(broken):
    with person(broken.site) as client:
        messages = conversation(client)
        assert "event: done" == _said(client, messages)
        before = client.get(messages).json()

        assert 0 == broken.inv("down").code
        assert set() == _containers(broken)
        assert 0 == broken.inv("up").code
        assert before == client.get(messages).json()
        assert ["hello there", "You said: hello there"] == [message["text"] for message in before]

        assert 0 == broken.inv("down", "--volumes", "--yes").code
        assert set() == _volumes(broken)
        assert 0 == broken.inv("up").code
        assert 401 == client.get(messages).status_code


# ---- processes that die


def test_a_killed_worker_comes_back_and_requests_go_on(broken, until):
    workers = _worker_pids(broken)
    os.kill(min(workers), signal.SIGKILL)
    statuses = [httpx.get(broken.site + "/health").status_code for _ in range(30)]

    assert [200] * 30 == statuses
    until(lambda: len(_worker_pids(broken)) == 4 and min(workers) not in _worker_pids(broken), "a new worker")
    assert 0 == broken.inspect("backend")["RestartCount"]
    broken.docker("restart", broken.container("backend"))  # so that its log begins anew


def test_a_mysql_that_dies_comes_back_and_the_application_heals(broken, until):
    with person(broken.site) as client:
        messages = conversation(client)
        os.kill(broken.inspect("mysql")["State"]["Pid"], signal.SIGKILL)
        until(lambda: broken.inspect("mysql")["RestartCount"] == 1, "the engine starts MySQL again")
        until(lambda: _ready(broken)[0] == 200, "the back end is ready again")

        assert "event: done" == _said(client, messages)
    assert 0 == broken.inspect("backend")["RestartCount"]


def test_ready_names_a_mysql_that_is_away_and_health_does_not_mind(broken, until):
    broken.docker("kill", broken.container("mysql"))
    status, told = _ready(broken)

    assert (503, ["mysql"], "ok") == (status, told["failed"], told["checks"]["redis"])
    assert 200 == httpx.get(broken.site + "/health").status_code
    # a container that was killed by hand stays down, by Docker's own rule
    assert "exited" == broken.inspect("mysql")["State"]["Status"]

    broken.docker("start", broken.container("mysql"))
    until(lambda: _ready(broken)[0] == 200, "the back end is ready again")


def test_an_answer_under_way_is_finished_before_the_back_end_stops(broken):
    text = " ".join(f"word{number}" for number in range(120))
    with person(broken.site) as client:
        messages = conversation(client)
        with client.stream("POST", messages, json={"text": text}) as stream:
            lines = stream.iter_lines()
            next(line for line in lines if "word0" in line)
            stop = subprocess.Popen([broken.client, "stop", broken.container("backend")], stdout=subprocess.DEVNULL)
            rest = list(lines)
        stop.wait()

        assert "event: done" == [line for line in rest if line.startswith("event: ")][-1]
        assert any("word119" in line for line in rest)
        assert 0 == broken.inspect("backend")["State"]["ExitCode"]
        assert 0 == broken.inv("up").code
        answer = client.get(messages)
        assert 200 == answer.status_code, answer.text
        stored = answer.json()[-1]
        assert (f"You said: {text}", True) == (stored["text"], stored["complete"])


# ---- other shapes


def test_two_back_ends_share_the_requests(broken, until):
    ended = broken.inv("up", "--scale", "backend=2")
    assert 0 == ended.code, ended.out + ended.err
    addresses = {
        json.loads(broken.docker("inspect", broken.container("backend", number)))[0]["NetworkSettings"]["Networks"][
            f"{broken.name}_front"
        ]["IPAddress"]
        for number in (1, 2)
    }

    def served():
        assert 200 == httpx.get(broken.site + "/version").status_code
        log = broken.docker("logs", "--tail", "200", broken.container("nginx"))
        return addresses <= {address.partition(":")[0] for address in re.findall(r'"upstream":"([\d.]+:7860)"', log)}

    until(served, "both back ends were asked")
    assert 0 == broken.inv("doctor").code
    assert 0 == broken.inv("up").code
    assert broken.container("backend", 2) not in _containers(broken)


def test_a_service_to_scale_that_is_not_there_is_said(stack):
    ended = stack.inv("up", "--scale", "backand=2")

    assert 2 == ended.code
    assert ended.err.startswith("--scale backand=2: no such service; there are backend, ")


def test_the_developers_shape_reloads_code_and_shows_the_api(broken, until):
    source = broken.folder / "app" / "backend" / "agentchat" / "status.py"
    before = source.read_text()
    api = f"http://127.0.0.1:{broken.environment['API_PORT']}/health"

    def answers(status):
        try:
            return {"status": status} == httpx.get(api).json()
        except httpx.HTTPError:
            return False

    ended = broken.inv("up", "--dev")
    try:
        assert 0 == ended.code, ended.out + ended.err
        assert {"status": "ok"} == httpx.get(api).json()
        source.write_text(before.replace('{"status": "ok"}', '{"status": "changed"}'))
        until(lambda: answers("changed"), "the changed code answers")
    finally:
        source.write_text(before)

    assert 0 == broken.inv("up").code
    with pytest.raises(httpx.ConnectError):
        httpx.get(api)
