"""`inv provision` on a bare Debian over SSH: what it lacks is said, given once, and stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.ops.command import Command
from fairlead.ops.engine import engine_facts
from fairlead.ops.ssh import RemoteHost

from . import machines

TOOL = Path(sys.executable).parent / "fairlead"


@pytest.fixture(scope="module")
def machine(engine, tmp_path_factory):
    with machines.running(engine, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def provision(machine, tmp_path):
    """Runs `inv provision` for the machine as a user with that home would."""
    settings = f"""
name: agentchat
compose: {{files: [docker-compose.yml]}}
hosts:
  prod: {{address: {machines.USER}@{machine.address}}}
  stranger: {{address: no-such-user@{machine.address}}}
"""
    (tmp_path / "fairlead.yaml").write_text(settings)
    environment = {"PATH": os.environ["PATH"], "HOME": str(machine.home)}

    def run(*arguments):
        return subprocess.run(
            [TOOL, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_bare_machine_becomes_a_host_that_keeps_what_it_got(machine, provision):
    checked = provision("provision", "--host", "prod", "--check")
    shown = provision("--dry", "provision", "--host", "prod")
    refused = provision("provision", "--host", "prod")

    assert (1, "") == (checked.returncode, checked.stderr)
    assert "prod:\n  LACKS an engine that restarts without its containers, and logs that end: " in checked.stdout
    assert "  LACKS an engine with Compose that runs: no docker with Compose is installed\n" in checked.stdout
    assert 0 == shown.returncode
    assert "let in 22/tcp" in shown.stdout
    assert (2, "provision: nobody is here to ask; say --yes as well, or run the commands above\n") == (
        refused.returncode,
        refused.stderr,
    )
    assert "" == machine.root("sh", "-c", "ls /srv; command -v docker || true")

    done = provision("provision", "--host", "prod", "--yes")

    assert 0 == done.returncode, done.stdout + done.stderr
    again = provision("provision", "--host", "prod")
    assert (0, "") == (again.returncode, again.stderr)
    assert "LACKS" not in again.stdout
    with RemoteHost(machine.entry()) as host, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(machine.home))
        assert engine_facts(host).problem is None  # the user may use it, without sudo
        assert "true\n" == host.run(Command(("docker", "info", "--format", "{{.LiveRestoreEnabled}}"))).out
        assert "deploy 750\n" == host.run(Command(("stat", "--format", "%U %a", "/srv/agentchat/releases"))).out
    allowed = machine.root("ufw", "status")
    assert "Status: active" in allowed
    assert {"22/tcp", "80/tcp", "443/tcp", "443/udp"} <= set(allowed.split())


def test_settings_that_its_owner_made_are_kept_and_containers_outlive_the_change(machine, provision):
    # depends on the host that the first test made
    file = "/etc/docker/daemon.json"
    kept = {"log-driver": "local", "default-shm-size": "96M"}
    machine.root("sh", "-c", f"echo '{json.dumps(kept)}' >{file} && kill -HUP $(cat /var/run/docker.pid)")
    machine.root("sh", "-c", "tar -C / -c bin lib lib64 usr/bin/sleep usr/lib usr/lib64 | docker import - own")
    machine.root("docker", "run", "--detach", "--name", "lives", "--network", "none", "own", "sleep", "infinity")
    begun = machine.root("docker", "inspect", "--format", "{{.State.StartedAt}}", "lives")

    done = provision("provision", "--host", "prod", "--yes")

    assert 0 == done.returncode, done.stdout + done.stderr
    assert kept | {"live-restore": True} == json.loads(machine.root("cat", file))
    assert f"{begun.strip()} running\n" == machine.root(
        "docker", "inspect", "--format", "{{.State.StartedAt}} {{.State.Status}}", "lives"
    )


def test_who_may_not_become_root_is_told_how(machine, provision):
    machine.root("mv", f"/etc/sudoers.d/{machines.USER}", "/root/kept")
    try:
        refused = provision("provision", "--host", "prod", "--check")
    finally:
        machine.root("mv", "/root/kept", f"/etc/sudoers.d/{machines.USER}")

    assert 2 == refused.returncode
    assert refused.stderr.startswith("prod: deploy is not root, and sudo without a password does not work (")
    assert 1 == len(refused.stderr.splitlines())


def test_a_daemon_json_that_is_none_is_left_alone(machine, provision):
    file = "/etc/docker/daemon.json"
    machine.root("sh", "-c", f"cp {file} /root/kept; echo '{{,}}' >{file}")
    try:
        refused = provision("provision", "--host", "prod", "--yes")
    finally:
        machine.root("mv", "/root/kept", file)

    assert 1 == refused.returncode
    assert refused.stderr.startswith(f"prod: {file}: no JSON: ")


@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        (("--host", "prdo"), 2, "--host prdo: no such host or group; did you mean prod?"),
        ((), 2, "say which host: --host prod | stranger"),
        (("--host", "stranger"), 5, "stranger: no-such-user@"),
    ],
)
def test_a_host_that_is_wrong_is_one_line(provision, names, code, says):
    refused = provision("provision", *names)

    assert (code, 1) == (refused.returncode, len(refused.stderr.splitlines()))
    assert refused.stderr.startswith(says)
