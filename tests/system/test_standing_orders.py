"""What an operator orders for a real host beside a release: maintenance, a freeze, hooks, who is told."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from fairlead.ops.agent.record import chain_break
from fairlead.ops.outward import FINISHED, SERVING, STOPPING

from .deployed import ROOT, STACK, copy_of


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed for the first time."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("orders")) as made:
        yield made


@pytest.fixture(scope="module")
def ask(host):
    """Asks the site from outside."""
    address = f"https://{host.machine.address}:{host.checkout.environment['HTTPS_PORT']}"
    with httpx.Client(verify=False, headers={"Host": "localhost"}, timeout=20) as client:
        yield lambda path: client.get(
            f"{address}{path}", extensions={"sni_hostname": "localhost"}, headers={"Connection": "close"}
        )


def test_a_host_is_closed_through_a_deploy_and_a_rollback_and_no_request_is_lost(host, ask):
    before = host.state["current"]
    with host.load(clients=4).running() as load:
        closed = host.inv("maintenance", "--host", "prod", "--on")
        assert closed.code == 0, closed.out + closed.err
        page, version = ask("/"), ask("/version")
        status, drift = host.inv("status", "--host", "prod"), host.inv("drift", "--host", "prod")
        host.change()
        host.deploy()
        now, still = host.state["current"], ask("/")
        back = host.inv("rollback", "--host", "prod")
        after_rollback = ask("/")
        proved = host.inv("verify", "--host", "prod")
        opened = host.inv("maintenance", "--host", "prod", "--off")
        assert opened.code == 0, opened.out + opened.err
        after = ask("/")

    assert (503, "on", 200) == (page.status_code, page.headers["maintenance"], version.status_code)
    assert [] == [each for each in load.lost if each not in ("/: 503", "/api/me: 503")]
    assert "prod: maintenance is on since" in status.out
    assert (0, f"prod: as {before} says\n") == (drift.code, drift.out)
    assert (503, 503, 200) == (still.status_code, after_rollback.status_code, after.status_code)
    assert before != now
    assert (0, before) == (back.code, host.serving()), back.err
    assert (7, True) == (proved.code, "maintenance is on" in proved.out), proved.out[-2000:]
    assert "prod: maintenance is off\n" == host.inv("maintenance", "--host", "prod").out
    assert f"prod: as {before} says\n" == host.inv("drift", "--host", "prod").out
    audit = host.machine.root("cat", f"{ROOT}/state/audit.jsonl")
    assert ["maintenance on", "maintenance off"] == [
        json.loads(line)["what"] for line in audit.splitlines() if "maintenance" in line
    ]
    assert 0 == chain_break(audit)
    assert "" == host.machine.root("find", f"{ROOT}/state", "-name", "order-*")


def test_a_frozen_host_takes_no_release_and_says_why(host):
    current = host.state["current"]
    frozen = host.inv("lock", "--host", "prod", "--on", "--reason", "stock-taking until Monday")
    assert frozen.code == 0, frozen.err
    refused = [
        host.inv("deploy", "--host", "prod", "--allow-local-bases"),
        host.inv("rollback", "--host", "prod"),
        host.inv("lock", "--host", "prod", "--on", "--reason", "again"),
    ]
    said = host.inv("lock", "--host", "prod")
    state = host.inv("status", "--host", "prod", "--json")
    thawed = host.inv("lock", "--host", "prod", "--off")

    for each in refused:
        assert (4, 1) == (each.code, len(each.err.splitlines())), each.err
        assert "frozen by" in each.err
        assert f"with {current} serving: stock-taking until Monday; inv lock --off" in each.err
    assert "stock-taking until Monday" in said.out
    assert "stock-taking until Monday" in json.loads(state.out)["hosts"][0]["frozen"]
    assert (0, "prod: not frozen\n") == (thawed.code, thawed.out)
    assert f"prod: free; {current} serves\n" == host.inv("lock", "--host", "prod").out


HOOKS = """
hooks:
  before-switch:
    - [sh, -c, 'echo $FAIRLEAD_HOST $FAIRLEAD_RELEASE $FAIRLEAD_PREVIOUS $FAIRLEAD_ACTION >>hooks; exit {code}']
  after-switch: [[sh, -c, 'echo switched >>hooks; exit 9']]
  after-finish: [[sh, -c, 'echo finished >>hooks']]
notify: {{webhook: SHOP_WEBHOOK}}
"""


@pytest.fixture
def told():
    """What a webhook on this machine is told; and its address, which is a secret."""
    events = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield events, f"http://127.0.0.1:{server.server_port}/T0KEN"
        server.shutdown()
        thread.join()


def test_hooks_and_a_webhook_go_with_a_deploy(host, told):
    events, address = told
    before, settings = host.state["current"], host.checkout.folder / "fairlead.yaml"
    plain = settings.read_text()
    host.environment["SHOP_WEBHOOK"] = address
    host.change("# with hooks")
    try:
        settings.write_text(plain + HOOKS.format(code=5))
        stopped = host.inv("deploy", "--host", "prod", "--allow-local-bases")
        assert (1, before, "") == (stopped.code, host.serving(), host.state["pending"]), stopped.err
        settings.write_text(plain + HOOKS.format(code=0))
        ended = host.inv("deploy", "--host", "prod", "--allow-local-bases", "--json")
    finally:
        settings.write_text(plain)
        del host.environment["SHOP_WEBHOOK"]
    now = host.state["current"]

    assert f"exit 5; {before} serves as before" in stopped.err
    assert (3, now) == (ended.code, host.serving()), ended.err
    assert f"prod: {now} serves, and is not taken back; after-switch: sh -c" in ended.err
    noted = (host.checkout.folder / "hooks").read_text().splitlines()
    assert [f"prod {now} {before} deploy", "switched", "finished"] == noted[1:]
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert {"event": "end", "exit": 3} == {key: lines[-1][key] for key in ("event", "exit")}
    assert ("done", "switch nginx to the new release") in [(line["event"], line.get("step")) for line in lines]
    assert [("failure", "failed"), ("deploy", "done")] == [(each["event"], each["outcome"]) for each in events]
    assert (now, before, "prod") == tuple(events[1][key] for key in ("release", "previous", "host"))
    assert "exit 9" in events[1]["text"]
    assert "T0KEN" not in stopped.out + stopped.err + ended.out + ended.err


EACH = (*STOPPING, *SERVING, *FINISHED)
"""All hooks, in their order."""


def _noting(host):
    """Every hook writes a line into a file of the stack's folder; gives that, and what takes them back."""
    settings, noted = host.checkout.folder / "fairlead.yaml", host.checkout.folder / "noted"
    plain = settings.read_text()
    line = "echo {} $FAIRLEAD_RELEASE $FAIRLEAD_PREVIOUS $FAIRLEAD_TIER >>noted"
    hooks = {name: [["sh", "-c", line.format(name)]] for name in EACH}
    settings.write_text(f"{plain}\nhooks: {json.dumps(hooks)}\nnotify: {{webhook: SHOP_WEBHOOK}}\n")
    noted.unlink(missing_ok=True)
    return noted, lambda: settings.write_text(plain)


def test_hooks_and_a_webhook_go_with_a_change_of_the_edge(host, told):
    events, address = told
    current, model = host.state["current"], host.checkout.folder / "docker" / "docker-compose.yml"
    text = model.read_text()
    host.environment["SHOP_WEBHOOK"] = address
    noted, undo = _noting(host)
    try:
        model.write_text(text.replace("stop_grace_period: 70s", "stop_grace_period: 66s"))
        done = host.inv("deploy", "--host", "prod", "--allow-local-bases", "--tier", "edge")
    finally:
        undo()
        model.write_text(text)
        del host.environment["SHOP_WEBHOOK"]

    assert 0 == done.code, done.out + done.err
    assert [f"{name} {current} {current} edge" for name in EACH] == noted.read_text().splitlines()
    assert [("deploy", "edge", "done", current)] == [
        tuple(each[key] for key in ("event", "tier", "outcome", "release")) for each in events
    ]
    assert "nothing is left to do" in host.inv("deploy", "--host", "prod", "--resume").out


def test_hooks_of_a_deploy_whose_laptop_was_killed_run_at_resume_and_once(host):
    before = host.state["current"]
    host.change("# for hooks that are owed")
    noted, undo = _noting(host)
    try:
        process = host.start("deploy", "--host", "prod", "--allow-local-bases")
        line = '"start", "step": "switch nginx to the new release"'
        script = f"until docker logs {STACK}-agent 2>/dev/null | grep -q '{line}'; do :; done"
        host.machine.root("timeout", "300", "sh", "-c", script)
        process.kill()
        process.communicate()
        host.machine.root("docker", "wait", f"{STACK}-agent")
        now, ran = host.state["current"], noted.read_text().splitlines()
        resumed = host.inv("deploy", "--host", "prod", "--resume")
        again = host.inv("deploy", "--host", "prod", "--resume")
    finally:
        undo()

    assert (True, now, "") == (before != now, host.serving(), host.state["pending"])
    assert [f"{name} {now} {before} app" for name in STOPPING] == ran
    assert (0, 0) == (resumed.code, again.code), resumed.out + resumed.err
    assert f"prod: {now} serves; nothing is left to do" in resumed.out
    assert [f"{name} {now} {before} app" for name in EACH] == noted.read_text().splitlines()


ANSWERS_500 = """
from starlette.responses import PlainTextResponse

@app.middleware("http")
async def broken(request, call_next):
    if request.url.path in ("/health", "/ready"):
        return await call_next(request)
    return PlainTextResponse("broken on purpose", status_code=500)
"""


def test_a_healthy_release_that_answers_500_is_taken_back_by_itself(host):
    before = host.state
    undo = host.change(ANSWERS_500, "main")
    try:
        with host.load(clients=4).running() as load:
            ended = host.inv("deploy", "--host", "prod", "--allow-local-bases")
    finally:
        undo()

    assert (1, before, before["current"]) == (ended.code, host.state, host.serving()), ended.out + ended.err
    assert "prod: ask through nginx, and watch its answers: " in ended.err
    assert "answers were 5xx since the switch" in ended.err
    assert ended.err.splitlines()[0].endswith(f"; {before['current']} serves")
    assert {"/version: 500", "/api/me: 500"} >= {each for each in load.lost if "500" in each}
    assert [] == [each for each in load.lost if "500" not in each]


def test_a_configuration_that_nginx_refuses_is_never_switched_to(host):
    before, generation = host.state, host.machine.root("readlink", f"{ROOT}/nginx/live")
    path = host.checkout.folder / "docker" / "snippets" / "site.conf"
    text = path.read_text()
    path.write_text(f"{text}\nlocation /partner/ {{\n    proxy_pass http://nobody.invalid:80;\n}}\n")
    try:
        with host.load(clients=4).running() as load:
            ended = host.inv("deploy", "--host", "prod", "--allow-local-bases")
    finally:
        path.write_text(text)

    assert (1, before, []) == (ended.code, host.state, load.lost), ended.out + ended.err
    assert "prod: switch nginx to the new release: nginx -t: " in ended.err
    assert 'host not found in upstream "nobody.invalid"' in ended.err
    assert generation == host.machine.root("readlink", f"{ROOT}/nginx/live")
