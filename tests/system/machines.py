"""Machines of a test's own, to deploy to: a Debian with sshd, and room for an engine of its own."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.ops import bases
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.inventory import HostEntry
from fairlead.ops.plan import plan_for
from fairlead.ops.provision.needs import needs
from fairlead.ops.ssh import RemoteHost

from .sshd import key

IMAGE = "fairlead-test-machine"
USER = "deploy"
DOCKERFILE = f"""\
FROM fairlead/debian:trixie-slim
RUN apt-get update -qq \\
 && apt-get install -qq --yes --no-install-recommends openssh-server sudo procps \\
 && rm -f /etc/ssh/ssh_host_* \\
 && useradd --create-home --shell /bin/bash {USER} \\
 && echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER} \\
 && mkdir -p /run/sshd
CMD ["sh", "-c", "ssh-keygen -A && exec /usr/sbin/sshd -D -e"]
"""


def image(client: str) -> str:
    """The machines' image; made where the engine has it not."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, client)), {host.name: host}, lambda *_: None)
    subprocess.run((client, "build", "--quiet", "--tag", IMAGE, "-"), input=DOCKERFILE.encode(), check=True)
    return IMAGE


@contextmanager
def running(client: str, home: Path) -> Iterator[Machine]:
    """A machine that runs; removed at the end."""
    image(client)
    machine = Machine(client, home)
    try:
        machine.start()
        yield machine
    finally:
        machine.remove()


@dataclass
class Machine:
    """A machine that runs; *home* is a folder whose ssh keys it lets in as `deploy` and as root."""

    client: str
    home: Path
    name: str = field(default_factory=lambda: f"fairlead-test-{uuid.uuid4().hex[:12]}")

    def start(self) -> None:
        """Starts it and waits for sshd; its key is known to *home*."""
        options = ("--privileged", "--volume=/var/lib/docker", "--init", "--name", self.name, "--hostname", self.name)
        self._docker("run", "--detach", *options, IMAGE)
        ssh = self.home / ".ssh"
        ssh.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (ssh / "id_ed25519").exists():
            key(ssh / "id_ed25519")
        public = (ssh / "id_ed25519.pub").read_text()
        for user, folder in ((USER, f"/home/{USER}"), ("root", "/root")):
            script = f"install -d -m 700 -o {user} {folder}/.ssh && cat >{folder}/.ssh/authorized_keys"
            self._docker("exec", "--interactive", self.name, "sh", "-c", script, stdin=public)
        ready = (
            "until [ -s /etc/ssh/ssh_host_ed25519_key.pub ]; do sleep 0.1; done; cat /etc/ssh/ssh_host_ed25519_key.pub"
        )
        kind, value, *_ = self.root("sh", "-c", ready).split()
        with (ssh / "known_hosts").open("a") as known:
            known.write(f"{self.address} {kind} {value}\n")

    @property
    def address(self) -> str:
        """Its address on the engine's bridge."""
        return self._docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.name).strip()

    def entry(self, user: str = USER) -> HostEntry:
        """The machine as fairlead.yaml would describe it."""
        return HostEntry("prod", self.address, user=user, folder="/srv/agentchat")

    def root(self, *command: str, stdin: str = "") -> str:
        """What *command*, run by root on the machine, prints; it has to succeed."""
        return self._docker("exec", "--interactive", self.name, *command, stdin=stdin)

    def provision(self) -> None:
        """Makes it a host, as `inv provision` does."""
        with RemoteHost(self.entry("root")) as root:
            steps = [step for need in needs(root, self.entry(), USER) for step in need.steps]
            execute(plan_for(root.name, *steps), {root.name: root}, lambda *_: None, take_back=False)

    def remove(self) -> None:
        """Removes it with all that is on it."""
        subprocess.run((self.client, "rm", "--force", "--volumes", self.name), capture_output=True, check=False)

    def _docker(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run((self.client, *arguments), input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
