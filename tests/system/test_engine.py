"""`inv doctor --fix` on bare machines: a Debian 12 and a Debian 13 without any engine, each a container of its own."""

from __future__ import annotations

import subprocess
import uuid

import pytest

from fairlead.ops import base_cache, bases
from fairlead.ops.base_catalogue import ROOTFS_OPTIONS
from fairlead.ops.command import Command, Result, Secret
from fairlead.ops.debian import mirror
from fairlead.ops.engine import EngineMissingError, EngineNotRunningError, engine_facts, require_engine
from fairlead.ops.engine_install import DAEMON_PID, fix_plan
from fairlead.ops.errors import StepFailedError
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for


class ContainerHost:
    """A container as a host; all in it runs as root."""

    def __init__(self, client, name):
        self.client = client
        self.name = name

    def run(self, command, timeout_s=None):
        stdin = command.stdin.value if isinstance(command.stdin, Secret) else command.stdin or ""
        argv = (self.client, "exec", "--interactive", self.name, *command.argv)
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def stream(self, command, line):
        return self.run(command)

    def attach(self, command):
        return self.run(command).exit_code

    def put(self, path, content, mode):
        raise AssertionError(path)

    def read(self, path):
        result = self.run(Command(("cat", path)))
        return result.out if result.ok else None


@pytest.fixture(scope="session")
def systems(engine):
    """Images of bare systems: Debian 13 is the base image, Debian 12 is made here."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, engine)), {host.name: host}, lambda *_: None)
    tar, name = base_cache.cache_folder() / "test-bookworm.tar", f"fairlead-test-bookworm-{uuid.uuid4().hex[:8]}"
    if not tar.exists():
        writing = base_cache.unfinished(tar)
        made = host.run(
            Command(("mmdebstrap", *ROOTFS_OPTIONS, "--format=tar", "bookworm", str(writing), mirror(host)))
        )
        assert made.ok, made.err
        writing.replace(tar)
    host.run(Command((engine, "import", str(tar), name)))
    yield {"bookworm": name, "trixie": "fairlead/debian:trixie-slim"}
    host.run(Command((engine, "image", "rm", name)))


@pytest.fixture
def bare_machine(engine, systems):
    """Starts a bare system that may run an engine of its own."""
    names = []

    def start(system):
        name = f"fairlead-test-{uuid.uuid4().hex[:12]}"
        names.append(name)
        options = ("--privileged", "--volume=/var/lib/docker", "--init", "--name", name)
        subprocess.run((engine, "run", "--detach", *options, systems[system], "sleep", "infinity"), check=True)
        return ContainerHost(engine, name)

    yield start
    for name in names:
        subprocess.run((engine, "rm", "--force", "--volumes", name), check=False)


@pytest.mark.parametrize("system", ["bookworm", "trixie"])
def test_a_bare_debian_gets_an_engine_that_runs(bare_machine, system):
    host = bare_machine(system)
    with pytest.raises(EngineMissingError):
        require_engine(host)

    execute(fix_plan(host, {}), {host.name: host}, lambda *_: None)

    assert engine_facts(host).problem is None
    assert not fix_plan(host, {})
    assert host.run(Command(("docker", "compose", "version"))).ok
    assert host.run(Command(("docker", "buildx", "version"))).ok
    others = host.run(Command(("sh", "-c", "dpkg-query --show --showformat '${Version}' libc6"))).out
    assert others.startswith({"bookworm": "2.36", "trixie": "2.41"}[system])

    host.run(Command(("sh", "-c", f"pid=$(cat {DAEMON_PID}); kill $pid; tail --pid=$pid -f /dev/null")))
    with pytest.raises(EngineNotRunningError):
        require_engine(host)
    execute(fix_plan(host, {}), {host.name: host}, lambda *_: None)

    assert engine_facts(host).problem is None


def test_an_installation_that_fails_leaves_no_source_of_packages_behind(bare_machine):
    host = bare_machine("bookworm")
    plan = fix_plan(host, {"FAIRLEAD_DEBIAN_MIRROR": "http://127.0.0.1:9/debian"})

    with pytest.raises(StepFailedError):
        execute(plan, {host.name: host}, lambda *_: None)

    left = host.run(Command(("sh", "-c", "ls /etc/apt/sources.list.d /etc/apt/preferences.d | grep fairlead")))
    assert "" == left.out
