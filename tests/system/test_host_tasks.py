"""What `inv` looks at and keeps up on a real host: verify, doctor, certbot, nights by timers, and down at the end."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from fairlead.ops.rehearse.load import Load

from .acme import Pebble, bridge_address, pebble_image
from .conftest import free_port
from .deployed import ROOT, STACK, copy_of

NAMES = ("shop.test", "www.shop.test")
NGINX = f"{STACK}-base-nginx-1"
VARIABLE = "FAIRLEAD_TEST_WEBHOOK"


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed; its host has cron, since there is no systemd."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("host-tasks")) as made:
        made.machine.root("sh", "-c", "apt-get install -qq -y --no-install-recommends cron >/dev/null && cron")
        yield made


@pytest.fixture(scope="module")
def certified(host, engine, tmp_path_factory):
    """The stack with names, a CA that knows them, and what `inv certbot --host` said when it got the first one."""
    pebble_image(engine)
    folder = tmp_path_factory.mktemp("ca")
    http_port = int(host.checkout.environment["HTTP_PORT"])
    ca = Pebble(engine, bridge_address(engine), folder, http_port, tuple(free_port() for _ in range(4)))
    try:
        ca.start()
        for name in NAMES:
            ca.leads(name, host.machine.address)
        lines = f'\ncertbot: {{email: ops@shop.test, resolvers: ["{ca.resolver}"]}}\n'
        with (host.checkout.folder / "fairlead.yaml").open("a") as settings:
            settings.write(lines)
        host.environment |= {"DOMAINS": ",".join(NAMES), "ACME_SERVER": ca.server, "ACME_CA_BUNDLE": str(ca.bundle)}
        host.deploy()
        (folder / "root.pem").write_text(ca.root())
        yield host, folder / "root.pem", host.inv("certbot", "--host", "prod")
    finally:
        ca.stop()


def _verified(host, *arguments):
    """The report, and the exit code."""
    ended = host.inv("verify", "--host", "prod", "--json", *arguments)
    assert ended.out.startswith("{"), ended.out + ended.err
    return json.loads(ended.out), ended.code


def _words(report, identity):
    return {each["target"]: each["verdict"] for each in report["findings"] if each["id"] == identity}


def test_a_release_keeps_what_it_promises_and_every_verdict_names_its_host(host):
    report, code = _verified(host)
    bad = [each for each in report["findings"] if each["verdict"] in ("FAIL", "ERROR")]

    assert ([], 0, "host") == (bad, code, report["view"])
    assert [] == [each["target"] for each in report["findings"] if not each["target"].startswith("prod")]
    assert {"HD14", "CT13", "MY1", "SE1", "AP3b", "DR1", "DR2", "TL4"} <= {
        each["id"] for each in report["findings"] if each["verdict"] == "PASS"
    }
    places = {each["place"] for each in report["findings"] if each["id"] == "HD14"}
    assert any(place.startswith("docker/snippets/site.conf:") for place in places)
    assert 0 == host.secrets_seen()


def test_what_was_changed_on_the_host_turns_the_right_checks_red(host):
    machine, live = host.machine, f"{ROOT}/nginx/live/snippets/site.conf"
    machine.root("cp", live, "/tmp/site.conf")
    machine.root("sh", "-c", f"echo '# by hand' >>{live}")
    machine.root("docker", "kill", "--signal", "HUP", NGINX)
    machine.root("docker", "stop", f"{STACK}-{host.state['current']}-frontend-1")
    machine.root("chmod", "0755", f"{ROOT}/base/secrets")

    try:
        report, code = _verified(host, "--only", "containers,release,secrets")
    finally:
        machine.root("chmod", "0700", f"{ROOT}/base/secrets")
        machine.root("docker", "start", f"{STACK}-{host.state['current']}-frontend-1")
        machine.root("cp", "/tmp/site.conf", live)
        machine.root("docker", "kill", "--signal", "HUP", NGINX)

    assert 1 == code
    assert "FAIL" == _words(report, "CT11")["prod: /etc/nginx/edge/live/snippets/site.conf"]
    assert "FAIL" == _words(report, "CT1")["prod: frontend"]
    assert "FAIL" == _words(report, "SE5")[f"prod: {ROOT}/base/secrets"]
    assert {"prod: frontend", "prod: the edge's configuration"} <= set(_words(report, "DR1"))
    mends = {each["mend"] for each in report["findings"] if each["verdict"] == "FAIL"}
    assert [] == [mend for mend in mends if "inv up" in mend]


def test_a_checkout_that_differs_is_told_and_fails_nothing(host):
    path = host.checkout.folder / "docker" / "snippets" / "site.conf"
    before = path.read_text()
    path.write_text(before + "# another line\n")

    try:
        report, code = _verified(host, "--only", "DR2,CT11")
    finally:
        path.write_text(before)

    assert 0 == code
    assert "WARN" == _words(report, "DR2")["prod: nginx"]
    assert {"PASS"} == set(_words(report, "CT11").values())


def test_a_host_that_is_not_there_ends_with_five_and_one_line(host):
    settings = host.checkout.folder / "fairlead.yaml"
    before = settings.read_text()
    settings.write_text(before.replace("  prod: ", '  gone: {address: "deploy@127.0.0.1:1"}\n  prod: '))

    try:
        for task in ("verify", "doctor", "certbot.status"):
            ended = host.checkout.inv(task, "--host", "gone", **{**host.environment, "DOMAINS": "shop.test"})
            assert (5, 1, "") == (ended.code, len(ended.err.splitlines()), ended.out), ended.err
            assert ended.err.startswith("gone: ")
    finally:
        settings.write_text(before)


def test_the_doctor_sees_a_host_as_well_as_a_laptop_and_names_what_is_wrong_there(host):
    ended = host.inv("doctor", "--host", "prod", "--json")
    (told,) = json.loads(ended.out)["hosts"]
    wrong = [check for check in told["checks"] if check["verdict"] == "wrong" and check["group"] != "logs"]

    assert ([], "prod") == (wrong, told["host"])
    assert {"containers.mysql", "mysql.mysql.login", "page.html", "functional.chat", "disk.space"} <= {
        check["id"] for check in told["checks"] if check["verdict"] == "ok"
    } or [] == [check["id"] for check in told["checks"] if check["verdict"] == "skipped"]
    backend = f"{STACK}-{host.state['current']}-backend-1"
    host.machine.root("docker", "stop", backend)
    try:
        ill = host.inv("doctor", "--host", "prod")
    finally:
        host.machine.root("docker", "start", backend)
    assert 1 == ill.code
    assert "backend is not running" in ill.out
    assert "inv up" not in ill.out


def test_a_host_gets_its_first_certificate_by_itself_and_keeps_it(certified):
    host, roots, first = certified
    served = host.machine.root("sh", "-c", f"cat {ROOT}/shared/certs/live/fullchain.pem")

    assert 0 == first.code, first.out + first.err
    assert "first certificate" in first.out
    assert f"served: {', '.join(NAMES)}, by Pebble" in first.out
    again = host.inv("certbot", "--host", "prod")
    assert (0, True) == (again.code, "nothing to do" in again.out), again.out + again.err
    assert served == host.machine.root("cat", f"{ROOT}/shared/certs/live/fullchain.pem")
    report, code = _verified(host, "--only", "TL1,TL2,TL4,TL5,TL14,TL15,RN5", "--ca", str(roots))
    assert {"PASS"} == {each["verdict"] for each in report["findings"]}, report["findings"]
    assert 0 == code
    assert 0 == host.secrets_seen()


def test_a_forced_renewal_is_served_and_nobody_is_refused_meanwhile(certified):
    host, _, _ = certified
    path = f"{ROOT}/shared/certs/live/fullchain.pem"
    before = host.machine.root("cat", path)

    load = Load(host.machine.address, int(host.checkout.environment["HTTPS_PORT"]), NAMES[0], ("/health", "/"), 5)

    with load.running():
        ended = host.inv("certbot.renew", "--host", "prod", "--force-renewal", "--yes")

    assert 0 == ended.code, ended.out + ended.err
    assert before != host.machine.root("cat", path)
    assert [] == load.lost
    refused = host.inv("certbot.renew", "--host", "prod", "--loop")
    assert (2, 1) == (refused.code, len(refused.err.splitlines()))


def test_a_timer_of_the_host_renews_and_its_status_says_so(certified):
    host, _, _ = certified
    (unarmed,) = json.loads(host.inv("certbot.status", "--host", "prod", "--json").out)["hosts"]
    shown = host.inv("--dry", "certbot.install-timer", "--host", "prod")
    assert 0 == shown.code, shown.err
    assert "crontab -" in shown.out
    assert not unarmed["timer"]["armed"]

    installed = host.inv("certbot.install-timer", "--host", "prod")
    armed = host.inv("certbot.status", "--host", "prod", "--json")

    assert 0 == installed.code, installed.out + installed.err
    assert "prod: renewed by cron, next at " in installed.out
    (status,) = json.loads(armed.out)["hosts"]
    assert ("cron", True, []) == (status["timer"]["kind"], status["timer"]["armed"], status["faults"])
    assert 0 == armed.code
    assert "nothing to do" in _run_timed(host, "certbot")


def test_a_host_verifies_itself_at_night_and_tells_only_what_changed(certified):
    host, roots, _ = certified
    address, folder = bridge_address(host.checkout.client), f"{ROOT}/state/metrics"
    host.machine.root("sh", "-c", f"echo '{host.machine.address} {' '.join(NAMES)}' >>/etc/hosts")
    host.machine.root("install", "-d", "-o", "deploy", folder)
    with (host.checkout.folder / "fairlead.yaml").open("a") as settings:
        settings.write(f"\nnotify: {{webhook: {VARIABLE}}}\nverify: {{textfile: {folder}/fairlead.prom}}\n")
    secret = "a-path-that-nobody-else-knows"

    with _listening(address) as (port, heard):
        host.environment[VARIABLE] = f"http://{address}:{port}/{secret}"
        installed = host.inv("verify.install-timer", "--host", "prod", "--ca", str(roots))
        assert 0 == installed.code, installed.out + installed.err
        assert "prod: verified by cron, next at " in installed.out
        good = _run_timed(host, "verify")
        quiet = list(heard)
        host.machine.root("sh", "-c", f"chmod 0644 {ROOT}/shared/certs/live/privkey.pem")
        try:
            bad = _run_timed(host, "verify")
        finally:
            host.machine.root("sh", "-c", f"chmod 0640 {ROOT}/shared/certs/live/privkey.pem")

    assert "every required promise is kept" in good, good
    assert [] == quiet
    assert "promises are broken" in bad
    (told,) = heard
    assert ("verify", STACK, "prod", "fail", "pass") == tuple(
        told[key] for key in ("event", "stack", "host", "outcome", "before")
    )
    assert {"check": "TL14", "was": "pass", "is": "fail"} in told["changed"]
    assert told["run"]
    assert secret not in good + bad + installed.out + installed.err
    assert secret not in host.machine.root("sh", "-c", "crontab -u deploy -l; cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    metrics = host.machine.root("cat", f"{folder}/fairlead.prom")
    assert f'fairlead_verify_exit_code{{site="{STACK}",host="prod"}} 1\n' in metrics
    assert "fairlead_certificate_days_left{" in metrics
    assert "644\n" == host.machine.root("stat", "--format", "%a", f"{folder}/fairlead.prom")


def test_down_asks_first_and_a_deploy_brings_the_site_back(host):
    before = host.running()
    refused = host.inv("down", "--host", "prod")
    never = host.inv("down", "--host", "prod", "--volumes", "--yes")
    assert (2, 2, before) == (refused.code, never.code, host.running())
    assert f"stop {host.state['current']}" in host.inv("--dry", "down", "--host", "prod").out

    ended = host.inv("down", "--host", "prod", "--yes")

    assert (0, []) == (ended.code, host.running()), ended.out + ended.err
    assert '"what": "down"' in host.machine.root("tail", "-n", "1", f"{ROOT}/state/audit.jsonl")
    host.deploy()
    assert host.state["current"] == host.serving()


def _run_timed(host, job):
    """What the command of the host's own timer prints, run as cron would run it."""
    lines = host.machine.root("crontab", "-u", "deploy", "-l").splitlines()
    (line,) = [each for each in lines if each.endswith(f"# fairlead-{STACK}-{job}")]
    command = line.split(" ", 5)[5].replace("\\%", "%").replace(" >/dev/null", "")
    return host.machine.root("su", "deploy", "-c", f"{{ {command}\n}} 2>&1")


@contextmanager
def _listening(address):
    """A web address that takes what it is told, and what it was told."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    with HTTPServer((address, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1], heard
        server.shutdown()
        thread.join()
