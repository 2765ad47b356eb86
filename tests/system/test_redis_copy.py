"""Copies of what a real Redis keeps on the disk, while others write into it, brought back into another one."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager

import pytest

from fairlead.ops import bases
from fairlead.ops.agent.redis import Redis, Store
from fairlead.ops.agent.redis_copy import saved
from fairlead.ops.errors import StepFailedError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for

IMAGE = "fairlead/redis:8.0.6"
PASSWORD = "of-a-test-and-nothing-else"


@pytest.fixture(scope="module")
def docker(engine):
    """Runs docker, which has to succeed; gives what it prints."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, engine)), {host.name: host}, lambda *_: None)

    def run(*words, stdin=None):
        done = subprocess.run([engine, *words], stdin=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run.client = engine
    return run


@contextmanager
def _running(docker, *words):
    """A Redis that answers, in a container that is removed at the end with its data."""
    name = docker("run", "--detach", "--network", "none", *words)
    try:
        docker("exec", name, "sh", "-c", "until redis-cli ping 2>&1 | grep -qE 'PONG|NOAUTH|NOPERM'; do :; done")
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def _copy(docker, name, path, *logins):
    return saved(Redis(LocalHost(), docker.client, name, Store("cache", logins)), path / "c.tar.gz", lambda _: None)


def _brought_back(docker, copy, *words):
    """How many keys of each kind a new Redis has from the *copy*."""
    name = docker("create", "--network", "none", IMAGE, *words)
    try:
        unpack = ("run", "--rm", "--interactive", "--user", "0", "--volumes-from", name, "--entrypoint", "sh", IMAGE)
        with copy.path.open("rb") as file:
            docker(*unpack, "-c", "cd /data && rm -rf appendonlydir dump.rdb && tar -xz", stdin=file)
        docker("start", name)
        docker("exec", name, "sh", "-c", "until redis-cli ping 2>&1 | grep -q PONG; do :; done")
        return int(docker("exec", name, "redis-cli", "get", "before")), docker("exec", name, "redis-cli", "dbsize")
    finally:
        docker("rm", "--force", "--volumes", name)


def test_a_log_that_is_written_and_written_anew_meanwhile_is_copied_with_all_that_was_there_before(docker, tmp_path):
    log = ("redis-server", "--appendonly", "yes")
    with _running(docker, IMAGE, *log) as name:
        docker("exec", name, "redis-cli", "set", "before", "7")
        over = threading.Event()

        def write():
            while not over.is_set():
                docker("exec", name, "redis-benchmark", "-q", "-n", "10000", "-r", "100000", "-t", "set", "-d", "200")
                docker("exec", name, "redis-cli", "bgrewriteaof")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            copies = [_copy(docker, name, tmp_path / str(number)) for number in range(3)]
        finally:
            over.set()
            writer.join()
        assert "0" != docker("exec", name, "redis-cli", "dbsize")

    assert {7} == {_brought_back(docker, copy, *log)[0] for copy in copies}


def test_a_dump_is_made_and_copied_where_a_command_has_the_password_which_no_argument_of_ours_has(docker, tmp_path):
    with _running(docker, IMAGE, "redis-server", "--requirepass", PASSWORD) as name:
        docker("exec", "--env", f"REDISCLI_AUTH={PASSWORD}", name, "redis-cli", "set", "before", "7")
        copy = _copy(docker, name, tmp_path)

    assert (7, "1") == _brought_back(docker, copy, "redis-server")


def test_one_whose_users_may_not_save_is_refused_and_one_that_keeps_nothing_is_not(docker, tmp_path):
    with _running(docker, IMAGE, "redis-server") as name:
        docker("exec", name, "redis-cli", "acl", "setuser", "default", "-bgsave", "-config")
        with pytest.raises(StepFailedError, match="may BGSAVE: NOPERM"):
            _copy(docker, name, tmp_path)
        told = json.loads(docker("inspect", name))[0]["State"]["Running"]
    with _running(docker, IMAGE, "redis-server", "--save", "") as name:
        assert None is _copy(docker, name, tmp_path)

    assert (True, []) == (told, [*tmp_path.iterdir()])
