"""Machines of a test's own, to deploy to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fairlead.ops import bases
from fairlead.ops.command import Command
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.inventory import HostEntry
from fairlead.ops.plan import plan_for
from fairlead.ops.provision.needs import needs
from fairlead.ops.rehearse import machine as throw_away
from fairlead.ops.rehearse.machine import USER
from fairlead.ops.ssh import RemoteHost

from .sshd import key

OURS = "fairlead/"
ENGINE_S = "60"


@contextmanager
def running(client: str, home: Path) -> Iterator[Machine]:
    """A machine that runs, and lets in a key that *home* has then; removed at the end."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, client)), {host.name: host}, lambda *_: None)
    ssh = home / ".ssh"
    ssh.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (ssh / "id_ed25519").exists():
        key(ssh / "id_ed25519")
    machine = Machine(client, home, OURS)
    with machine.running():
        yield machine


@contextmanager
def provisioned(client: str, home: Path) -> Iterator[Machine]:
    """As `running`, and made a host."""
    with running(client, home) as machine:
        with machine.at_home():
            machine.provision()
        yield machine


@contextmanager
def copy_of(machine: Machine, home: Path) -> Iterator[Machine]:
    """
    A machine with all that *machine* had when it was put to `rest`, as if that had been started again.

    Args:
        home: As for `running`; it gets the key of the other.
    """
    shutil.copytree(machine.home / ".ssh", home / ".ssh")
    copy = Machine(machine.client, home, OURS, machine.disk)
    with copy.running():
        volumes = (f"--volume={machine.volume}:/from:ro", f"--volume={copy.volume}:/to")
        copy.docker("run", "--rm", "--privileged", *volumes, machine.disk, "cp", "-a", "/from/.", "/to")
        copy.start_engine()
        copy.root("timeout", ENGINE_S, "sh", "-c", "until docker info >/dev/null 2>&1; do sleep 0.1; done")
        yield copy


class Machine(throw_away.Machine):
    """One that a test may also make a host in its own process, and copy."""

    @property
    def disk(self) -> str:
        """The image of what it has but for its volume; see `rest`."""
        return f"{self.name}-disk"

    @property
    def volume(self) -> str:
        """Where its engine has everything."""
        return self.docker("inspect", "--format", "{{(index .Mounts 0).Name}}", self.name).strip()

    def entry(self, user: str = USER) -> HostEntry:
        """The machine as fairlead.yaml would describe it."""
        return HostEntry("prod", self.address, user=user, folder="/srv/agentchat")

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """While the block runs, this process has the machine's key and no other."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(self.home))
            patch.delenv("SSH_AUTH_SOCK", raising=False)
            yield

    def provision(self) -> None:
        """Makes it a host, as `inv provision` does."""
        with RemoteHost(self.entry("root")) as root:
            steps = [step for need in needs(root, self.entry(), USER) for step in need.steps]
            execute(plan_for(root.name, *steps), {root.name: root}, lambda *_: None, take_back=False)

    def rest(self) -> None:
        """Kills all that runs on it, as a loss of power does, and keeps what it has, to be copied."""
        self.root("sync")
        self.docker("kill", "--signal", "KILL", self.name)
        self.docker("commit", self.name, self.disk)

    def remove(self) -> None:
        """Removes it with all that is on it and what was kept of it; nothing where it is gone."""
        super().remove()
        LocalHost().run(Command((self.client, "image", "rm", "--force", self.disk)))
