"""A machine that lasts as long as it is needed: a Debian with sshd in a container, with room for an engine."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..command import Command
from ..errors import FairleadError
from ..host import LocalHost

IMAGE = "fairlead-machine"
USER = "deploy"
DOCKERFILE = f"""\
ARG BASE_REGISTRY=
FROM ${{BASE_REGISTRY}}debian:trixie-slim
RUN apt-get update -qq \\
 && apt-get install -qq --yes --no-install-recommends openssh-server sudo procps \\
 && rm -f /etc/ssh/ssh_host_* \\
 && useradd --create-home --shell /bin/bash {USER} \\
 && echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER} \\
 && mkdir -p /run/sshd
CMD ["sh", "-c", "ssh-keygen -A && exec /usr/sbin/sshd -D -e"]
"""
KEY_THERE = "/etc/ssh/ssh_host_ed25519_key.pub"
READY_S = 60
READY = f"until (: </dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.1; done; cat {KEY_THERE}"
"""Its key is there before sshd listens."""

NUMBER = r"^r(\d+)(?:\.jsonl)?$"
LET_IN = "install -d -m 700 -o {user} {folder}/.ssh && cat >{folder}/.ssh/authorized_keys"


@dataclass
class Machine:
    """
    Lets the ssh key of *home* in as `deploy`, who may use sudo, and as root.

    Attributes:
        client: The docker client.
        home: A folder in whose ``.ssh`` the key is, and its host key gets known.
        registry: What stands before the name of its base image: BASE_REGISTRY.
        image: What it starts from: a bare Debian, or what another machine had.
    """

    client: str
    home: Path
    registry: str = ""
    image: str = IMAGE
    name: str = field(default_factory=lambda: f"fairlead-machine-{secrets.token_hex(6)}")

    @contextmanager
    def running(self) -> Iterator[Machine]:
        """
        The machine, while the block runs; nothing of it is left afterwards.

        Raises:
            FairleadError: the engine does not start it.
        """
        build = ("build", "--quiet", "--tag", IMAGE, "--build-arg", f"BASE_REGISTRY={self.registry}", "-")
        self.docker(*build, stdin=DOCKERFILE)
        try:
            self.start()
            yield self
        finally:
            self.remove()

    def start(self) -> None:
        """Starts it and waits for sshd."""
        options = ("--privileged", "--volume=/var/lib/docker", "--init", "--name", self.name, "--hostname", self.name)
        self.docker("run", "--detach", *options, self.image)
        ssh = self.home / ".ssh"
        for user, folder in ((USER, f"/home/{USER}"), ("root", "/root")):
            script = LET_IN.format(user=user, folder=folder)
            self.root("sh", "-c", script, stdin=(ssh / "id_ed25519.pub").read_text())
        kind, value, *_ = self.root("timeout", str(READY_S), "bash", "-c", READY).split()
        with (ssh / "known_hosts").open("a") as known:
            known.write(f"{self.address} {kind} {value}\n")

    @property
    def address(self) -> str:
        """Its address on the engine's bridge."""
        return self.docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.name).strip()

    def root(self, *command: str, stdin: str = "") -> str:
        """
        What *command*, run by root on the machine, prints.

        Raises:
            FairleadError: it did not succeed.
        """
        return self.docker("exec", "--interactive", self.name, *command, stdin=stdin)

    def next_release(self, root: str) -> str:
        """The name that the next release of the stack in *root* gets."""
        listed = self.root("sh", "-c", f"ls -1 {root}/releases {root}/state/journal 2>/dev/null; true")
        return f"r{max(map(int, re.findall(NUMBER, listed, re.MULTILINE)), default=0) + 1}"

    def reboot(self) -> None:
        """Kills all that runs on it, and starts it again with its engine, as a loss of power does."""
        self.docker("kill", "--signal", "KILL", self.name)
        self.docker("start", self.name)
        self.start_engine()

    def start_engine(self) -> None:
        """Starts its engine, since it has no systemd that would, with nothing of what ran before, as after a boot."""
        engine = "setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null"
        self.root("sh", "-c", f"rm -rf /var/run/docker /var/run/docker.pid; ({engine} &)")

    def remove(self) -> None:
        """Removes it with all that is on it; nothing where it is gone."""
        LocalHost().run(Command((self.client, "rm", "--force", "--volumes", self.name)))

    def docker(self, *arguments: str, stdin: str = "") -> str:
        """What a docker command of the engine that it runs on prints; raises as `root` does."""
        result = LocalHost().run(Command((self.client, *arguments), stdin=stdin or None))
        if not result.ok:
            raise FairleadError(f"{self.name}: docker {arguments[0]}: {result.reason}", result.err.strip())
        return result.out
