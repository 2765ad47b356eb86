"""Agents that die while a job runs or once the release serves, and an nginx that is stopped: on a real host."""

from __future__ import annotations

import json
import time

import pytest

from .deployed import ROOT, STACK, copy_of

ONCE = "label=com.docker.compose.oneoff=True"
NGINX = f"{STACK}-base-nginx-1"
SLOW_JOB = "import sys, time\nif 'agentchat.migrate' in sys.orig_argv: time.sleep({})"
NOT_READY = """
from starlette.responses import PlainTextResponse

@app.middleware("http")
async def not_ready(request, call_next):
    if request.url.path == "/ready":
        return PlainTextResponse("not ready on purpose", status_code=500)
    return await call_next(request)
"""


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed for the first time."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("cut-off")) as made:
        yield made


def _killed_when(host, begun):
    """The exit code of a deploy whose agent was killed as soon as the shell's condition *begun* held."""
    process = host.start("deploy", "--allow-local-bases", "--host", "prod")
    script = f"until {begun}; do :; done; docker kill {STACK}-agent"
    host.machine.root("timeout", "300", "sh", "-c", script)
    process.communicate()
    return process.returncode


def _jobs(host, *flags):
    """The containers of jobs that are there."""
    return host.machine.root("docker", "ps", "--quiet", "--no-trunc", *flags, "--filter", ONCE).split()


JOB_RUNS = f"docker ps --quiet --filter {ONCE} | grep -q ."


def test_a_job_that_outlives_its_agent_is_waited_for_and_no_second_runs_beside_it(host):
    since = int(time.time())
    undo = host.change(SLOW_JOB.format(15))
    try:
        killed = _killed_when(host, JOB_RUNS)
        left = _jobs(host)
        resumed = host.inv("deploy", "--host", "prod", "--resume")
    finally:
        undo()

    assert (3, 1) == (killed, len(left))
    assert 0 == resumed.code, resumed.out + resumed.err
    assert (host.state["current"], "") == (host.serving(), host.state["pending"])
    form = ("--filter", "type=container", "--filter", "event=start", "--filter", ONCE, "--format", "{{.ID}}")
    started = host.machine.root("docker", "events", "--since", str(since), "--until", str(int(time.time()) + 1), *form)
    assert left == started.split()
    assert [] == _jobs(host, "--all")


def test_taking_back_ends_a_job_that_outlived_its_agent(host):
    before, running = host.state, host.running()
    undo = host.change(SLOW_JOB.format(120))
    try:
        killed = _killed_when(host, JOB_RUNS)
        left = _jobs(host)
        aborted = host.inv("deploy", "--host", "prod", "--abort")
    finally:
        undo()

    assert (3, 1) == (killed, len(left))
    assert 0 == aborted.code, aborted.out + aborted.err
    assert (before["current"], running, []) == (host.serving(), host.running(), _jobs(host, "--all"))
    assert (before["current"], "") == (host.state["current"], host.state["pending"])


def test_an_engine_that_is_killed_and_started_again_costs_a_deploy_nothing_but_time(host):
    undo = host.change(SLOW_JOB.format(5))
    process = host.start("deploy", "--allow-local-bases", "--host", "prod")
    # without systemd, which would keep the socket, the new engine makes another one
    restart = "pid=$(cat /var/run/docker.pid); kill -KILL $pid; sleep 1; rm -f /var/run/docker.pid; setsid dockerd"
    log = ">>/var/log/dockerd.log 2>&1 </dev/null"
    try:
        with host.load().running() as load:
            host.machine.root("timeout", "300", "sh", "-c", f"until {JOB_RUNS}; do :; done; ({restart} {log} &)")
            out, err = process.communicate()
    finally:
        undo()

    assert 0 == process.returncode, out + err
    assert [] == load.lost
    assert (host.state["current"], "") == (host.serving(), host.state["pending"])


def test_a_switch_that_was_cut_off_once_it_served_is_tidied_up_and_not_proven_again(host):
    before = host.state["current"]
    host.change("# for the drain")
    line = '"start", "step": "let the old workers of nginx end"'
    with host.load().running() as load:
        killed = _killed_when(host, f"docker logs {STACK}-agent 2>/dev/null | grep -q '{line}'")
        now = host.state["current"]
        manifest = f"{ROOT}/releases/{now}/release.json"
        host.machine.root("sed", "-i", "s#:7860/[a-z]*#:7860/nowhere#", manifest)
        resumed = host.inv("deploy", "--host", "prod", "--resume")

    assert "/nowhere" in json.loads(host.machine.root("cat", manifest))["probes"][0]
    assert (3, 0) == (killed, resumed.code), resumed.out + resumed.err
    assert (now, now, "") == (host.serving(), host.state["current"], host.state["pending"])
    assert {f"{STACK}-base", f"{STACK}-{now}"} == {project for project, _ in host.running()}
    assert (True, []) == (before != now, load.lost)


def test_a_release_that_fails_while_nginx_is_stopped_leaves_the_old_one_serving(host):
    before, running = host.state, host.running()
    undo = host.change(NOT_READY, "main")
    host.machine.root("docker", "kill", NGINX)
    try:
        ended = host.inv("deploy", "--host", "prod", "--allow-local-bases")
    finally:
        undo()

    assert 1 == ended.code, ended.out + ended.err
    assert "ask the new release from where nginx asks it" in ended.err
    assert (before, running, before["current"]) == (host.state, host.running(), host.serving())


def test_a_stopped_nginx_does_not_keep_a_release_from_serving(host):
    before = host.state["current"]
    host.change("# while nginx is stopped")
    host.machine.root("docker", "kill", NGINX)

    host.deploy()

    assert (True, host.state["current"]) == (before != host.state["current"], host.serving())


def test_a_site_with_a_name_is_asked_by_it_through_tls(host):
    host.environment["DOMAINS"] = "shop.example www.shop.example"
    host.change("# with a name")
    try:
        host.deploy()
    finally:
        del host.environment["DOMAINS"]

    lines = host.machine.root("sh", "-c", f"docker logs {NGINX} | grep shop.example").splitlines()
    asked = [json.loads(line) for line in lines]
    assert {("/health", 200), ("/", 200)} == {(each["path"], each["status"]) for each in asked}
    assert {"shop.example"} == {each["host"] for each in asked}
