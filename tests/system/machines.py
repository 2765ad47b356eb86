"""Machines of a test's own, to deploy to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairlead.ops import bases
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


class Machine(throw_away.Machine):
    """One that a test may also make a host in its own process."""

    def entry(self, user: str = USER) -> HostEntry:
        """The machine as fairlead.yaml would describe it."""
        return HostEntry("prod", self.address, user=user, folder="/srv/agentchat")

    def provision(self) -> None:
        """Makes it a host, as `inv provision` does."""
        with RemoteHost(self.entry("root")) as root:
            steps = [step for need in needs(root, self.entry(), USER) for step in need.steps]
            execute(plan_for(root.name, *steps), {root.name: root}, lambda *_: None, take_back=False)
