"""`inv deploy` on a real host over SSH: the real stack, under load, with releases that fail and agents that die."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from fairlead.ops.agent.record import chain_break
from fairlead.ops.agent.sweeping import LABEL, TITLE

from .deployed import ROOT, STACK, copy_of


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed for the first time."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("deploy")) as made:
        yield made


def _base():
    return [(f"{STACK}-base", name) for name in ("mysql", "nginx", "redis")]


def _app(release):
    return [(f"{STACK}-{release}", name) for name in ("backend", "frontend")]


def test_a_first_deploy_serves_and_leaves_no_secret_where_others_look(host):
    assert ("r1", "r1", "") == (host.serving(), host.state["current"], host.state["pending"])
    assert sorted(_base() + _app("r1")) == host.running()
    assert 0 == host.secrets_seen()
    assert "" == host.machine.root("find", ROOT, "-name", "secrets", "-type", "d", "-perm", "/077")
    assert "backend" in host.machine.root("sh", "-c", f"cd {ROOT}/current && docker compose ps")


def test_a_host_is_looked_at_as_a_laptop_is(host):
    shown = host.inv("status", "--host", "prod", "--json")
    services = {each["service"]: each for each in json.loads(shown.out)["hosts"][0]["services"]}
    assert (0, {"backend", "frontend", "mysql", "nginx", "redis", "migrate"}) == (shown.code, {*services, "migrate"})
    assert f"prod: {host.state['current']} serves\n" in host.inv("status", "--host", "prod").out
    assert "agentchat" in host.inv("logs", "--host", "prod", "--service", "backend").out
    ran = host.inv("exec", "--host", "prod", "--service", "backend", "--command", "python -c 'import sys; sys.exit(7)'")
    assert 7 == ran.code
    unknown = host.inv("logs", "--host", "prod", "--service", "bakcend")
    assert (2, 1) == (unknown.code, len(unknown.err.splitlines()))


def test_a_change_goes_live_under_load_and_no_request_is_lost(host):
    before = host.state["current"]
    host.change()

    with host.load().running() as load:
        ended = host.deploy()

    now = host.state["current"]
    assert before != now == host.serving()
    assert [] == load.lost
    assert load.requests > 500
    assert {f'"release":"{name}"' for name in (before, now)} == {
        f'"release":"{name}"'
        for name in (before, now)
        for body in load.bodies
        if f'"release":"{name}"'.encode() in body
    }
    assert sorted(_base() + _app(now)) == host.running()
    assert f"prod: {now} serves" in ended.out


def test_a_rollback_brings_the_release_before_back_under_load(host):
    host.change("# once more")
    host.deploy()
    now, before = host.state["current"], host.state["previous"][0]

    with host.load().running() as load:
        ended = host.inv("rollback", "--host", "prod")

    assert (0, before) == (ended.code, host.serving()), ended.out + ended.err
    assert [] == load.lost
    assert sorted(_base() + _app(before)) == host.running()
    assert f"{before}  serves\n" in host.inv("releases", "--host", "prod").out
    assert 0 == host.inv("rollback", "--host", "prod", "--to", now).code
    assert now == host.serving()


FAULTS = {
    "ends at once": ("main", 'raise SystemExit("broken on purpose")', "backend"),
    "never healthy": ("main", "app.router.routes.clear()", "backend"),
    "a migration fails": (
        "__init__",
        "import sys\nif 'agentchat.migrate' in sys.orig_argv: raise SystemExit('no on purpose')",
        "run the job migrate",
    ),
}


@pytest.mark.parametrize(("module", "text", "says"), FAULTS.values(), ids=FAULTS)
def test_a_release_that_does_not_get_well_is_taken_back_and_nobody_notices(host, module, text, says):
    before, state = host.running(), host.state
    sooner = ("start_period: 40s", "start_period: 4s")  # what never gets healthy is given up on in half the time
    undo = [host.change(text, module), host.edit("docker-compose.yml", sooner)]

    try:
        with host.load().running() as load:
            ended = host.inv("deploy", "--host", "prod", "--allow-local-bases")
    finally:
        for each in undo:
            each()

    assert 1 == ended.code, ended.out + ended.err
    assert says in ended.err
    assert [] == load.lost
    assert (before, state) == (host.running(), host.state)
    assert state["current"] == host.serving()
    failed = f"r{max(int(name[1:]) for name in host.machine.root('ls', f'{ROOT}/releases').split())}"
    assert f"{failed}  never served\n" in host.inv("releases", "--host", "prod").out
    refused = host.inv("rollback", "--host", "prod", "--to", failed)
    assert (2, True) == (refused.code, f"--to {failed}: never served here" in refused.err)
    shown = host.inv("--dry", "rollback", "--host", "prod")
    assert f"prod: {state['current']} -> {state['previous'][0]}\n" == shown.out


def test_an_agent_that_is_killed_leaves_the_old_release_and_is_gone_on_with(host):
    before = host.state["current"]
    host.change("# for resume")

    with host.load().running() as load:
        ended = _killed_at(host, "start the new release")
        assert 3 == ended
        assert before == host.serving()
        assert host.state["pending"]
        refused = host.inv("deploy", "--host", "prod", "--allow-local-bases")
        resumed = host.inv("deploy", "--host", "prod", "--resume")

    assert (1, True) == (refused.code, "has begun and not ended" in refused.err)
    assert 0 == resumed.code, resumed.out + resumed.err
    assert (host.state["current"], "") == (host.serving(), host.state["pending"])
    assert before != host.state["current"]
    assert [] == load.lost
    assert sorted(_base() + _app(host.state["current"])) == host.running()


def test_an_agent_that_is_killed_after_the_switch_can_be_taken_back(host):
    before, running = host.state["current"], host.running()
    host.change("# for abort")

    with host.load().running() as load:
        assert 3 == _killed_at(host, "ask through nginx, and watch its answers")
        aborted = host.inv("deploy", "--host", "prod", "--abort")

    assert 0 == aborted.code, aborted.out + aborted.err
    assert (before, before, "") == (host.serving(), host.state["current"], host.state["pending"])
    assert running == host.running()
    assert [] == load.lost


def _killed_at(host, step, *task):
    """The exit code of a deploy, or of *task*, whose agent was killed when it began *step*."""
    process = host.start(*(task or ("deploy", "--allow-local-bases")), "--host", "prod")
    name = f"{STACK}-agent"
    script = (
        f'until docker logs {name} 2>/dev/null | grep -q \'"start", "step": "{step}"\'; do :; done; docker kill {name}'
    )
    subprocess.run(
        (host.machine.client, "exec", host.machine.name, "sh", "-c", script), check=True, capture_output=True
    )
    process.communicate()
    return process.returncode


def test_a_second_operator_is_refused_with_who_is_at_work(host):
    host.change("# slow")
    first = host.start("deploy", "--host", "prod", "--allow-local-bases")
    try:
        host.machine.root("sh", "-c", f"until docker ps --format '{{{{.Names}}}}' | grep -q {STACK}-agent; do :; done")
        second = host.inv("lock", "--host", "prod", "--on", "--reason", "nothing may change now")
    finally:
        out, _ = first.communicate()

    assert (4, 0) == (second.code, first.returncode), second.err + out
    said = r"prod: deploy of r\d+ by \S+@\S+, since \S+ \S+ UTC is at work there; inv deploy --resume --host prod"
    assert re.search(said, second.err)


def test_a_dry_deploy_changes_nothing_and_shows_what_it_would_do(host):
    before = host.machine.root("sh", "-c", f"ls {ROOT}/releases; docker images --quiet")

    shown = host.inv("--dry", "deploy", "--host", "prod", "--allow-local-bases")

    assert 0 == shown.code, shown.err
    assert shown.out.index("see that the stack can be deployed") < shown.out.index("send the images")
    assert before == host.machine.root("sh", "-c", f"ls {ROOT}/releases; docker images --quiet")


def test_base_images_for_trying_out_are_not_deployed_unless_told(host):
    refused = host.inv("deploy", "--host", "prod")

    assert (2, 1) == (refused.code, len(refused.err.splitlines()))
    assert "--allow-local-bases" in refused.err


def test_files_with_errors_are_not_deployed(host):
    undo = host.edit("nginx.conf", ("worker_processes auto;", "worker_proceses auto;"))
    try:
        refused = host.inv("deploy", "--host", "prod", "--allow-local-bases")
    finally:
        undo()

    assert 2 == refused.code
    assert "worker_proceses" in refused.out + refused.err


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "docker/docker-compose.prod.yml",
            "  frontend:\n",
            "  frontend:\n    container_name: page\n",
            "services.frontend.container_name: two releases run side by side",
        ),
        (
            "docker/docker-compose.prod.yml",
            "    volumes: !reset []\n",
            "    volumes: !override [../uploads:/srv/uploads]\n",
            "services.backend.volumes: uploads:/srv/uploads: can be written to",
        ),
        (
            "docker/docker-compose.yml",
            "  mysql-data: {}\n",
            "  mysql-data: {external: true, name: old-data}\n",
            "prod: the volume old-data is external in compose and not there",
        ),
        ("docker/upstreams/backend.conf", "server backend:7860 resolve", "server backend:7860", "backend.conf:1"),
        (
            "fairlead.yaml",
            "  prod: {",
            "  prod: {roles: [edge, app], ",
            "fairlead.yaml: hosts: prod: roles: without data",
        ),
    ],
)
def test_a_stack_that_cannot_be_deployed_is_refused_before_the_build(host, name, old, new, says):
    path = host.checkout.folder / name
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    try:
        refused = host.inv("deploy", "--host", "prod", "--plan", "--allow-local-bases")
    finally:
        path.write_text(before)

    assert refused.code in {1, 2}
    assert says in refused.err
    assert "build the images" not in refused.out


def test_the_audit_holds_together(host):
    text = host.machine.root("cat", f"{ROOT}/state/audit.jsonl")

    assert 0 == chain_break(text)
    lines = text.splitlines()
    assert 2 == chain_break("\n".join([lines[0].replace("switch", "nothing"), *lines[1:]]))


def test_what_differs_on_a_host_is_said_line_by_line(host):
    current = host.state["current"]
    well = host.inv("drift", "--host", "prod")
    assert (0, f"prod: as {current} says\n") == (well.code, well.out)
    edited = f"{ROOT}/releases/{current}/compose.yaml"
    host.machine.root("sh", "-c", f"cp {edited} /root/kept && echo >>{edited}")
    host.machine.root("docker", "stop", f"{STACK}-{current}-frontend-1")
    try:
        ended = host.inv("drift", "--host", "prod")
    finally:
        host.machine.root("docker", "start", f"{STACK}-{current}-frontend-1")
        host.machine.root("mv", "/root/kept", edited)

    assert 1 == ended.code
    assert f"prod: frontend: no container of {STACK}-{current} runs\n" in ended.out
    assert f"prod: {edited}: was edited there\n" in ended.out


def test_old_releases_are_removed_and_what_serves_stays(host):
    state = host.state
    assert len(host.machine.root("ls", f"{ROOT}/releases").split()) > 3

    ended = host.inv("gc", "--yes", "--host", "prod", "--keep", "2")

    assert 0 == ended.code, ended.err
    left = host.machine.root("ls", f"{ROOT}/releases").split()
    assert 2 == len(left)
    assert state["current"] in left
    assert state["current"] == host.serving()
    images = host.machine.root("docker", "images", "--format", "{{.Tag}}", f"{STACK}/backend").split()
    assert set(images) <= set(left)
    assert 0 == host.inv("gc", "--yes", "--host", "prod", "--keep", "2").code
    assert 2 == host.inv("gc", "--yes", "--host", "prod", "--keep", "0").code


def test_assets_of_the_releases_that_are_kept_are_reachable_and_those_of_others_are_gone(host):
    before, old = host.state["current"], _listed(host)
    assert set(old) == _shared(host)
    footer = host.checkout.folder / "app" / "frontend" / "src" / "components" / "PageFooter.vue"
    footer.write_text(footer.read_text().replace("</template>", "<p>a new line</p></template>"))
    host.deploy()
    new = _listed(host)
    gone, stays = sorted(set(old) - set(new)), sorted(set(old) & set(new))
    assert [True, True] == [any(name.startswith("index-") for name in gone), bool(stays)]

    assert set(old) | set(new) == _shared(host)
    assert {"200"} == {_status(host, name) for name in (*gone, *new)}
    assert 0 == host.inv("gc", "--yes", "--host", "prod", "--keep", "2").code
    assert (set(old) | set(new), {"200"}) == (_shared(host), {_status(host, name) for name in (*gone, *new)})
    assert _killed_at(host, TITLE, "gc", "--yes", "--keep", "1") in {0, 3}  # where it is not faster
    ended = host.inv("gc", "--yes", "--host", "prod", "--keep", "1")

    assert (0, False) == (ended.code, before in host.machine.root("ls", f"{ROOT}/releases").split())
    assert set(new) == _shared(host)
    assert "" == host.machine.root("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={STACK}")
    # nginx has files open for a while
    ask = f"docker exec {STACK}-base-nginx-1 curl --silent --fail http://localhost:8090/assets/{gone[0]}"
    host.machine.root("timeout", "90", "sh", "-c", f"while {ask} >/dev/null; do sleep 0.2; done")
    assert "404" == _status(host, gone[0])
    assert {"200"} == {_status(host, name) for name in new}


def _listed(host):
    """The assets that the release that serves lists, with their sizes."""
    told = host.machine.root("cat", f"{ROOT}/releases/{host.state['current']}/release.json")
    return json.loads(told)["assets"]["files"]


def _shared(host):
    """What is in the volume of assets."""
    container = f"{STACK}-{host.state['current']}-frontend-1"
    return set(host.machine.root("docker", "exec", container, "ls", "-A", "/srv/assets").split())


def _status(host, asset):
    """What nginx answers for an asset."""
    words = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
    return host.machine.root(
        "docker", "exec", f"{STACK}-base-nginx-1", *words, f"http://localhost:8090/assets/{asset}"
    ).strip()


def test_a_host_that_lost_power_serves_again_after_its_boot(host):
    serves, running = host.state["current"], host.running()

    host.machine.reboot()

    well = f"docker exec {STACK}-base-nginx-1 curl --silent --fail http://localhost:8090/health"
    host.machine.root("timeout", "120", "sh", "-c", f"until {well} 2>/dev/null; do sleep 0.2; done")
    assert (serves, running) == (host.serving(), host.running())
