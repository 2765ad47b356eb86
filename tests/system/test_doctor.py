"""`inv doctor` on a stack that is well, and on one with one fault at a time: the right line turns wrong."""

from __future__ import annotations

import json
import os
import signal
import socket

import pytest

from fairlead.schemas import errors


@pytest.fixture
def broken(stack):
    """The running stack, to be broken; `inv up` puts it right, as a person would."""
    yield stack
    ended = stack.inv("up")
    assert ended.code == 0, ended.out + ended.err


def _examined(stack):
    """The exit code, and the checks by id."""
    ended = stack.inv("doctor", "--json")
    report = json.loads(ended.out)
    assert [] == errors("doctor", report)
    assert ended.code == report["exit_code"]
    values = [stack.secret(path.name) for path in (stack.folder / ".fairlead" / "secrets").iterdir()]
    assert [] == [value for value in values if len(value) > 6 and value in ended.out + ended.err]
    return ended.code, {check["id"]: check for check in report["checks"]}


def _words(checks, word):
    return {name for name, check in checks.items() if check["verdict"] == word}


def test_a_good_stack_is_all_ok(stack):
    code, checks = _examined(stack)

    assert {} == {name: check for name, check in checks.items() if check["verdict"] != "ok"}
    assert 0 == code
    assert {
        "engine.running",
        "compose.version",
        "disk.space",
        "memory.limits",
        "settings.mode",
        "secrets.current",
        f"ports.nginx.{stack.environment['PAGE_PORT']}",
        "containers.mysql",
        "logs.backend",
        "health.page",
        "health.ready",
        "gunicorn.backend",
        "mysql.mysql.values",
        "redis.redis.login",
        "page.assets",
        "proxy.nginx.configuration",
        "proxy.frontend.configuration",
        "proxy.api",
        "certificate.live",
        "certificate.served",
        "functional.chat",
    } <= set(checks)


def test_a_person_reads_one_line_for_each_check(stack):
    ended = stack.inv("doctor")

    assert 0 == ended.code
    assert "  ok      backend              master and 4 workers\n" in ended.out
    assert ended.out.startswith("engine\n  ok      installed")
    assert "\x1b" not in ended.out
    assert " ok (" in ended.out.splitlines()[-1]


def test_under_dry_nobody_is_registered(stack):
    ended = stack.inv("--dry", "doctor")

    assert 0 == ended.code
    assert "  skipped chat                 it registers a person, and --dry changes nothing\n" in ended.out


def test_an_engine_that_is_well_needs_no_mending(stack):
    ended = stack.inv("--dry", "doctor", "--fix")

    assert ended.out.startswith("the engine needs no mending\n")


def test_a_stopped_front_end_is_named(broken):
    broken.docker("stop", "--time", "1", broken.container("frontend"))
    code, checks = _examined(broken)

    assert 1 == code
    assert {"containers.frontend", "page.html"} <= _words(checks, "wrong")
    assert checks["containers.frontend"]["says"].startswith("frontend is not running: exited, exit ")
    assert "inv up starts it" in checks["containers.frontend"]["todo"]
    assert "the page answers" not in checks["page.html"]["says"]
    assert {"page.assets", "functional.chat", "proxy.frontend.configuration"} <= _words(checks, "skipped")
    assert {"containers.mysql", "mysql.mysql.login", "health.ready", "proxy.api"} <= _words(checks, "ok")


def test_a_killed_mysql_is_named_and_what_needs_it_says_so(broken):
    broken.docker("kill", broken.container("mysql"))
    code, checks = _examined(broken)

    assert 1 == code
    assert (
        "mysql is not running: exited, exit 137 (killed from outside: out of memory, docker kill, or too slow to stop)"
        == checks["containers.mysql"]["says"]
    )
    assert "inv logs --service mysql" in checks["containers.mysql"]["todo"]
    assert "answers 503: not ready: mysql" in checks["health.ready"]["says"]
    assert "mysql does not run" == checks["mysql.mysql.login"]["says"]
    assert {"mysql.mysql.login", "mysql.mysql.values"} <= _words(checks, "skipped")
    assert {"health.inside", "gunicorn.backend", "redis.redis.login", "page.html"} <= _words(checks, "ok")
    assert "functional.chat" in _words(checks, "wrong")


def test_a_live_generation_that_nginx_cannot_read_is_named(broken):
    edge = broken.folder / ".fairlead" / "edge"
    unreadable = edge / "g90"
    unreadable.mkdir()
    (unreadable / "nginx.conf").write_text("events {}\nhttp { no_such_directive on; }\n")
    (edge / "live").unlink()
    (edge / "live").symlink_to("g90")
    code, checks = _examined(broken)

    assert 1 == code
    assert {"proxy.nginx.configuration", "proxy.generation"} == _words(checks, "wrong")
    assert any("no_such_directive" in line for line in checks["proxy.nginx.configuration"]["details"])
    assert checks["proxy.generation"]["says"].startswith("the live generation g90 is not what docker/nginx.conf")
    assert "inv up" in checks["proxy.generation"]["todo"]


def test_killed_gunicorn_workers_are_counted_and_their_end_is_explained(broken, until):
    rows = [
        row.split() for row in broken.docker("top", broken.container("backend"), "-eo", "pid,ppid").splitlines()[1:]
    ]
    pids = {pid for pid, _ in rows}
    master = next(int(pid) for pid, parent in rows if parent not in pids)
    workers = [int(pid) for pid, parent in rows if parent in pids]
    os.kill(master, signal.SIGSTOP)  # else it starts others at once
    try:
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        code, checks = _examined(broken)
    finally:
        os.kill(master, signal.SIGCONT)

    assert 1 == code
    assert {"gunicorn.backend", "health.inside", "health.page"} <= _words(checks, "wrong")
    assert f"{broken.container('backend')} has a master and 0 of 4 workers" == checks["gunicorn.backend"]["says"]
    assert {"containers.mysql", "mysql.mysql.login", "page.html"} <= _words(checks, "ok")

    until(lambda: "SIGKILL" in _log(broken, "backend"), "gunicorn says that its workers were killed")
    until(lambda: "ok" == _examined(broken)[1]["gunicorn.backend"]["verdict"], "gunicorn starts others")
    _, checks = _examined(broken)
    broken.docker("restart", broken.container("backend"))

    assert "wrong" == checks["logs.backend"]["verdict"]
    assert "a gunicorn worker was killed, most often for want of memory" == checks["logs.backend"]["says"]
    assert checks["logs.backend"]["details"][0].startswith("4 x ")


def _log(stack, service):
    import subprocess

    done = subprocess.run([stack.client, "logs", stack.container(service)], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_a_changed_password_file_is_named_and_redis_refuses_it(broken):
    path = broken.folder / ".fairlead" / "secrets" / "redis_password"
    path.chmod(0o644)
    path.write_text("another-password-than-before")  # in place: the container sees it at once
    path.chmod(0o444)
    code, checks = _examined(broken)

    assert 1 == code
    assert {"secrets.current", "redis.redis.login"} <= _words(checks, "wrong")
    assert "redis_password is not what the env file says" == checks["secrets.current"]["says"]
    assert "inv up" in checks["secrets.current"]["todo"]
    assert "does not let the application in" in checks["redis.redis.login"]["says"]
    assert {"mysql.mysql.login", "page.html"} <= _words(checks, "ok")


@pytest.fixture
def env_file(stack):
    """The env file, put back as it was."""
    path = stack.folder / "docker" / ".env"
    before = path.read_text()
    yield path
    path.write_text(before)
    path.chmod(0o600)


def test_an_env_file_that_others_can_read_is_named(stack, env_file):
    env_file.chmod(0o644)
    code, checks = _examined(stack)

    assert 1 == code
    assert {"settings.mode"} == _words(checks, "wrong")
    assert f"chmod 600 {env_file}" == checks["settings.mode"]["todo"]


def test_a_placeholder_is_named_without_its_value(stack, env_file):
    text = env_file.read_text()
    env_file.write_text(text.replace("\nSMTP_PASSWORD=\n", "\nSMTP_PASSWORD=changeme\n"))
    code, checks = _examined(stack)

    assert 2 == code
    assert {"settings.placeholders", "secrets.current"} == _words(checks, "wrong")
    assert f"{env_file}: SMTP_PASSWORD still holds a placeholder" == checks["settings.placeholders"]["says"]


def test_an_empty_required_value_is_named_and_not_made_up(stack, env_file):
    text = env_file.read_text()
    env_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("REDIS_PASSWORD=")))
    code, checks = _examined(stack)

    assert 2 == code
    assert f"{env_file}: REDIS_PASSWORD is empty" == checks["settings.values"]["says"]
    assert "REDIS_PASSWORD=" not in env_file.read_text()


def test_a_compose_file_that_compose_refuses_is_quoted(stack):
    path = stack.folder / "docker" / "docker-compose.prod.yml"
    before = path.read_text()
    path.write_text(before.replace("services:\n", "services:\n  backend: [1, 2]\n  extra:\n    imago: x\n", 1))
    try:
        code, checks = _examined(stack)
    finally:
        path.write_text(before)

    assert 2 == code
    assert {"settings.compose"} == _words(checks, "wrong") & {"settings.compose", "containers.all"}
    assert str(path.parent) in checks["settings.compose"]["says"]
    assert "containers.all" in _words(checks, "skipped")


def test_a_port_taken_by_another_process_is_named_with_that_process(broken):
    port = int(broken.environment["PAGE_PORT"])
    broken.docker("stop", broken.container("nginx"))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        code, checks = _examined(broken)

    assert 1 == code
    assert {f"ports.nginx.{port}", "containers.nginx"} <= _words(checks, "wrong")
    assert f"port {port} is taken by process {os.getpid()} (" in checks[f"ports.nginx.{port}"]["says"]
