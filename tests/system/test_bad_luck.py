"""Bad input and bad luck: one clear line, what to do next, the right exit code, and nothing lost."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import TOOLS, Ended

TRACEBACK = "Traceback (most recent call last)"
CLIENTS = ("/usr/bin/docker", "/usr/local/bin/docker", "/snap/bin/docker")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NOWHERE = "tcp://127.0.0.1:1"


@pytest.fixture
def restored(stack):
    """The running stack; whatever a test broke is put right by `inv up`, as a person would."""
    yield stack
    ended = stack.inv("up")
    assert ended.code == 0, ended.out + ended.err


@pytest.fixture
def copy(checkout_at, tmp_path):
    """A checkout of which nothing runs, in a release of its own."""
    made = checkout_at(tmp_path / "checkout", f"agentchat-luck-{secrets.token_hex(3)}")
    made.environment["RELEASE"] = made.name
    yield made
    its = ("--quiet", "--filter", f"label=com.docker.compose.project={made.name}")
    if any(made.docker(*kind, *its) for kind in (("network", "ls"), ("volume", "ls"), ("ps", "--all"))):
        made.inv("down", "--volumes", "--yes")
    for image in ("backend", "frontend"):
        name = f"agentchat/{image}:{made.name}"
        if made.docker("images", "--quiet", name):
            made.docker("image", "rm", name)


def _refused(ended, code, *parts):
    """One line on standard error that says all of *parts*."""
    assert (code, 1) == (ended.code, len(ended.err.strip().splitlines())), ended.out + ended.err
    assert TRACEBACK not in ended.err
    assert [] == [part for part in parts if part not in ended.err], ended.err


def _write_env(checkout, **values):
    """The env file of a checkout, with *values* in place of what `inv env` made."""
    assert 0 == checkout.inv("env").code
    path = checkout.folder / "docker" / ".env"
    text = path.read_text()
    for name, value in values.items():
        text = re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", text)
    path.write_text(text)
    return path


# ---- settings


def test_a_placeholder_stops_the_start_and_is_not_shown(copy):
    _write_env(copy, JWT_SECRET_KEY="changeme")

    _refused(copy.inv("up"), 2, "docker/.env: JWT_SECRET_KEY still holds a placeholder; give it a value of its own")


def test_an_env_file_that_is_none_is_refused_at_its_place(copy):
    path = _write_env(copy)
    path.write_text(path.read_text() + "this is no variable\n")

    _refused(copy.inv("up"), 2, f"{path}:{len(path.read_text().splitlines())}:1: ")


def test_a_variable_that_the_operator_emptied_stops_the_start(copy):
    _write_env(copy)

    _refused(copy.inv("up", REDIS_PASSWORD=""), 2, "REDIS_PASSWORD is empty", "inv env")


def test_a_lost_password_is_not_replaced_by_one_that_the_data_do_not_know(copy):
    path = _write_env(copy)
    kept = path.read_text()
    folder = copy.folder / ".fairlead" / "secrets"
    folder.mkdir(parents=True)
    (folder / "mysql_password").write_text("the-old-one")
    path.unlink()

    _refused(copy.inv("up"), 2, "MYSQL_PASSWORD is empty", f"take it from {folder}/mysql_password, or delete that file")
    assert not path.exists()
    assert "the-old-one" == (folder / "mysql_password").read_text()

    path.write_text(re.sub("(?m)^MYSQL_PASSWORD=.*$", "MYSQL_PASSWORD=", kept))
    _refused(copy.inv("env"), 2, "MYSQL_PASSWORD is empty")


def test_env_never_changes_a_value_and_adds_what_the_example_gained(copy):
    path = _write_env(copy)
    assert 0o600 == path.stat().st_mode & 0o777
    own = path.read_text().replace("WEB_CONCURRENCY=4\n", "WEB_CONCURRENCY=2\n# mine\n")
    path.write_text(own)

    assert 0 == copy.inv("env").code
    assert own == path.read_text()

    example = copy.folder / "docker" / "docker.env.example"
    example.write_text(example.read_text() + "\n# What it is for.\nGAINED=7\n")
    ended = copy.inv("env")

    assert (0, "added from the example: GAINED") == (ended.code, ended.out.splitlines()[1])
    assert f"{own}\n# What it is for.\nGAINED=7\n" == path.read_text()


def test_a_value_of_the_operators_environment_is_not_made_up_in_the_file(copy):
    folder = copy.folder / ".fairlead" / "secrets"
    folder.mkdir(parents=True)
    (folder / "mysql_password").write_text("from-outside")
    for _ in range(2):
        ended = copy.inv("env", MYSQL_PASSWORD="from-outside")

        assert 0 == ended.code, ended.err
        assert "\nMYSQL_PASSWORD=\n" in (copy.folder / "docker" / ".env").read_text()


def test_a_folder_without_settings_is_told_so(copy, tmp_path):
    _refused(replace(copy, folder=tmp_path).inv("up"), 2, f"{tmp_path}: no fairlead.yaml here or in a folder above")


# ---- the engine


def _with_docker(checkout, script, *arguments):
    """Runs the tool where every docker client is *script*; the real one is $REAL in it."""
    fake = checkout.folder / "fake-docker"
    fake.write_text(script)
    fake.chmod(0o755)
    real = checkout.folder / "real-docker"
    real.touch()
    mounts = [f"mount --bind {fake} {path}" for path in CLIENTS if Path(path).exists()]
    found = Path(shutil.which(checkout.client)).resolve()
    program = "\n".join(["set -e", f"mount --bind {found} {real}", *mounts, 'exec "$@"'])
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", program, "sh", TOOLS / "fairlead", *arguments],
        cwd=checkout.folder,
        env={**checkout.environment, "REAL": str(real)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


NONE = "#!/bin/sh\nexit 127\n"
OLD_ENGINE = '#!/bin/sh\nif [ "$1" = version ]; then echo 20.10.24; else exec "$REAL" "$@"; fi\n'
OLD_COMPOSE = '#!/bin/sh\nif [ "$1 $2" = "compose version" ]; then echo 2.17.2; else exec "$REAL" "$@"; fi\n'
ENGINES = [
    (NONE, "engine.installed", "no docker with Compose is installed", "./inv doctor --fix"),
    (OLD_ENGINE, "engine.version", "the engine is 20.10.24, at least 25.0 is needed", "systemctl restart docker"),
    (OLD_COMPOSE, "compose.version", "Compose is 2.17.2, at least 2.24.4 is needed", "./inv doctor --fix"),
]


@pytest.mark.parametrize(("script", "check", "says", "todo"), ENGINES, ids=["none", "old engine", "old Compose"])
def test_an_engine_that_will_not_do_is_said_before_anything_is_done(copy, script, check, says, todo):
    _refused(_with_docker(copy, script, "up"), 5, says, todo)
    assert not (copy.folder / "docker" / ".env").exists()

    ended = _with_docker(copy, script, "doctor", "--json")
    checks = {one["id"]: one for one in json.loads(ended.out)["checks"]}
    assert (5, "wrong", says) == (ended.code, checks[check]["verdict"], checks[check]["says"])
    assert "inv doctor --fix" in checks[check]["todo"]
    asked = [name for name in checks if name.startswith(("disk.", "ports.", "containers.", "logs.", "mysql."))]
    assert {"skipped"} == {checks[name]["verdict"] for name in asked}

    assert 0 == _with_docker(copy, script, "env").code


@pytest.mark.parametrize("script", [NONE, OLD_COMPOSE], ids=["none", "old Compose"])
def test_mending_shows_its_commands_and_does_nothing_unasked(copy, script):
    shown = _with_docker(copy, script, "--dry", "doctor", "--fix")
    refused = _with_docker(copy, script, "doctor", "--fix")

    assert "apt-get" in shown.out
    assert "docker-compose" in shown.out
    assert 2 == refused.code
    assert shown.out.splitlines()[0] in refused.out
    assert "doctor --fix: nobody is here to ask; say --yes as well, or run the commands above\n" == refused.err


@pytest.mark.parametrize("task", ["up", "build", "down", "status", "logs"])
def test_an_engine_that_does_not_run_is_said_by_every_task(copy, task):
    _refused(copy.inv(task, DOCKER_HOST=NOWHERE), 5, "the engine does not run: ", "./inv doctor --fix starts it")


def test_a_doctor_without_an_engine_says_what_is_not_known(copy):
    _write_env(copy)
    ended = copy.inv("doctor", "--json", DOCKER_HOST=NOWHERE)
    verdicts = {check["id"]: check["verdict"] for check in json.loads(ended.out)["checks"]}

    assert (5, "wrong") == (ended.code, verdicts["engine.running"])
    assert {"ok"} == {verdicts[name] for name in ("engine.installed", "compose.version", "settings.values")}
    unknown = [name for name in verdicts if name.startswith(("disk.", "ports.", "containers.", "logs.", "mysql."))]
    assert {"skipped"} == {verdicts[name] for name in unknown}


def _as_nobody(checkout, *arguments):
    """Runs the tool as a user without a name, without groups, in a checkout of theirs."""
    done = subprocess.run(
        [*NOBODY, TOOLS / "python", "-I", "-m", "fairlead", *arguments],
        cwd=checkout.folder,
        env={**checkout.environment, "HOME": str(checkout.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_who_may_not_use_the_engine_is_told_how_to_get_leave(checkout_at):
    folder = Path(tempfile.mkdtemp(prefix="fairlead-operator-"))
    try:
        checkout = checkout_at(folder / "checkout", "agentchat-operator")
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, 65534, 65534)
        refused, examined = _as_nobody(checkout, "up"), _as_nobody(checkout, "doctor", "--json")
    finally:
        shutil.rmtree(folder)

    way = "run as root, or: sudo usermod -aG docker $USER, and log in again"
    _refused(refused, 5, "this user may not use the engine at /var/run/docker.sock", way)
    checks = {check["id"]: check for check in json.loads(examined.out)["checks"]}
    assert (5, "wrong", way) == (examined.code, checks["engine.allowed"]["verdict"], checks["engine.allowed"]["todo"])


def test_an_operator_who_does_not_own_the_folder_is_told_whose_it_is():
    folder = Path(tempfile.mkdtemp(prefix="fairlead-operator-"))
    folder.chmod(0o755)
    program = "import pathlib, sys, fairlead.ops.lock as l\nwith l.locked(pathlib.Path(sys.argv[1]), 'inv up'): pass"
    try:
        done = subprocess.run(
            [*NOBODY, TOOLS / "python", "-c", program, folder / "lock"],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(folder)

    assert f"{folder}/lock: permission denied; run this as the user who owns {folder}" in done.stderr


# ---- the machine


def test_a_port_taken_by_a_process_is_named_with_it(copy):
    _write_env(copy)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(copy.environment["PAGE_PORT"])))
        listener.listen()
        ended = copy.inv("up")

    _refused(
        ended, 1, f"nginx: port {copy.environment['PAGE_PORT']} is taken by process ", "end it, or set another port"
    )


def test_a_port_taken_by_another_container_is_named_with_it(copy, stack):
    ended = replace(copy, environment={**copy.environment, "PAGE_PORT": stack.environment["PAGE_PORT"]}).inv("up")

    _refused(ended, 1, f"is taken by container {stack.container('nginx')} (docker stop {stack.container('nginx')})")


def test_a_full_disk_is_said_before_anything_is_built(copy, stack):
    small = copy.folder / "small"
    small.mkdir()
    script = f'#!/bin/sh\ncase "$*" in *DockerRootDir*) echo {small} ;; *) exec "$REAL" "$@" ;; esac\n'
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small], check=True)
    try:
        ended = _with_docker(copy, script, "build")
    finally:
        subprocess.run(["umount", small], check=True)

    _refused(ended, 1, f"{small}: 0.0 GB free, 4 GB wanted; docker system prune")


# ---- builds and services


def test_a_build_that_fails_shows_its_last_lines(copy, stack):
    path = copy.folder / "docker" / "Dockerfile"
    path.write_text(path.read_text() + "RUN echo the very reason; exit 7\n")
    ended = copy.inv("up")

    assert 1 == ended.code
    assert ended.err.startswith("localhost: build the images of the stack: exit ")
    assert "the very reason" in ended.err
    assert len(ended.err.splitlines()) <= 20
    assert TRACEBACK not in ended.err
    assert "" == copy.docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={copy.name}")


@pytest.fixture
def tiny(stack, tmp_path):
    """Makes a project of one service from the image of one of the stack's services; returns it."""
    name = f"agentchat-tiny-{secrets.token_hex(3)}"
    project = replace(stack, folder=tmp_path, name=name)
    (tmp_path / "fairlead.yaml").write_text(f"name: {name}\ncompose: {{files: [compose.yml]}}\n")

    def make(service, like="redis"):
        head = f"services:\n  web:\n    image: {stack.inspect(like)['Config']['Image']}\n    user: '999:999'\n"
        (tmp_path / "compose.yml").write_text(head + "".join(f"    {line}\n" for line in service))
        return project

    yield make
    project.inv("down", "--volumes", "--yes")


@pytest.mark.parametrize("life", ["", "sleep 1; "])
def test_a_service_that_restarts_for_ever_ends_the_start_with_its_last_words(tiny, life):
    project = tiny([f"entrypoint: [sh, -c, 'echo going under; {life}exit 3']", "restart: unless-stopped"])
    ended = project.inv("up")

    assert 1 == ended.code
    assert re.match(r"localhost: [a-z ]+: web (does not start|restarts again and again \(exit 3\)); ", ended.err), (
        ended.err
    )
    assert f"last lines of {project.container('web')}:" in ended.err
    assert "    going under" in ended.err
    assert TRACEBACK not in ended.err


def test_a_service_that_stays_unhealthy_ends_the_start_with_what_its_check_said(tiny):
    check = "healthcheck: {test: [CMD-SHELL, 'echo no such table; exit 1'], interval: 1s, retries: 2}"
    ended = tiny(["entrypoint: [sh, -c, 'echo serving; exec sleep 1000']", "init: true", check]).inv("up")

    assert 1 == ended.code
    assert "web is unhealthy; inv logs --service web has more" in ended.err
    assert "    serving" in ended.err
    assert "its health check said:\n    no such table" in ended.err


def test_a_program_that_is_not_in_the_image_is_said(tiny):
    ended = tiny(["entrypoint: [no-such-program]"]).inv("up")

    assert 1 == ended.code
    assert "no-such-program" in ended.err
    assert TRACEBACK not in ended.err


def test_a_variable_that_compose_requires_is_named(tiny):
    project = tiny(["environment: {PLACE: '${PLACE:?say where}'}"])

    _refused(project.inv("up"), 2, "compose.yml", "PLACE", "say where")


def test_a_doctor_of_any_stack_knows_redis_and_skips_what_is_not_declared(tiny):
    project = tiny(["command: [redis-server, --maxmemory, 7mb]", "healthcheck: {disable: true}"])
    up = project.inv("up")
    assert 0 == up.code, up.out + up.err
    ended = project.inv("doctor", "--json")
    checks = {check["id"]: check for check in json.loads(ended.out)["checks"]}

    assert 0 == ended.code
    assert ("ok", "PONG") == (checks["redis.web.login"]["verdict"], checks["redis.web.login"]["says"])
    assert ("ok", "maxmemory 7mb") == (checks["redis.web.values"]["verdict"], checks["redis.web.values"]["says"])
    assert ("skipped", "no service runs gunicorn") == (
        checks["gunicorn.none"]["verdict"],
        checks["gunicorn.none"]["says"],
    )
    assert "skipped" == checks["functional.chat"]["verdict"]


def test_the_option_that_keeps_mysql_from_starting_is_explained(tiny):
    password = secrets.token_urlsafe(16)
    project = tiny(
        ["command: [--query-cache-size=256M]", f"environment: {{MYSQL_ROOT_PASSWORD: {password}}}"], like="mysql"
    )
    up = project.inv("up")
    examined = project.inv("doctor")

    assert (1, 1) == (up.code, examined.code)
    assert "query-cache-size" in up.err or "query_cache_size" in up.err
    assert "WRONG   web                  query_cache_size and its like are gone since MySQL 8.0.3" in examined.out
    assert "-> take them out of the command or my.cnf; the buffer pool does their work" in examined.out
    assert password not in up.out + up.err + examined.out
