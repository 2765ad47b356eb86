"""A machine with systemd as its first process, or with cron alone; engine, network and one folder are of this one."""

from __future__ import annotations

import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.ops import bases
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost
from fairlead.ops.plan import plan_for

from .conftest import ROOT, Ended

IMAGE = "fairlead-test-systemd"
DOCKERFILE = """\
FROM fairlead/python:3.13-slim-trixie
RUN apt-get update -qq \\
 && apt-get install -qq --yes --no-install-recommends \\
    systemd systemd-sysv dbus dbus-user-session libpam-systemd cron \\
    bsdutils util-linux procps docker-cli docker-compose \\
 && rm -rf /etc/systemd/system/*.wants \\
 && useradd --create-home --shell /bin/bash ada
COPY requirements.lock /
RUN pip install --quiet --root-user-action ignore --require-hashes --only-binary :all: -r /requirements.lock
"""
PACKAGE = "/usr/local/lib/python3.13/dist-packages/fairlead"
BOOT = "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /sbin/init"
"""systemd wants cgroups of its own, and of the second kind, which every kernel has beside the first."""

CRON = "exec cron -f"

RIGHTS = ("--cap-add=SYS_ADMIN", "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined")
ALIKE = ("--network=host", "--cgroupns=private", "--env=container=docker", "--stop-signal=SIGRTMIN+3")
SOCKET = "/var/run/docker.sock"


@dataclass(frozen=True)
class SystemdMachine:
    """
    A machine that runs.

    Attributes:
        folder: Where the tool is used.
        first: What its first process does.
    """

    client: str
    folder: Path
    first: str = BOOT
    name: str = field(default_factory=lambda: f"fairlead-test-systemd-{secrets.token_hex(4)}")

    def boot(self, *shared: Path) -> None:
        """Starts it, with the folders *shared* to read; returns when all its units are up."""
        folders = [(self.folder, self.folder, "rw"), (Path(SOCKET), Path(SOCKET), "rw"), (ROOT, Path(PACKAGE), "ro")]
        folders += [(path, path, "ro") for path in shared]
        mounts = [f"--volume={here}:{there}:{mode}" for here, there, mode in folders]
        gone = [f"--tmpfs={path}" for path in ("/run", "/run/lock", "/tmp")]
        command = (IMAGE, "sh", "-c", self.first)
        self._docker("run", "--detach", "--name", self.name, *RIGHTS, *ALIKE, *mounts, *gone, *command)
        self._up()

    def reboot(self) -> None:
        """Shuts it down and starts it again."""
        self._docker("restart", "--time", "20", self.name)
        self._up()

    def run(self, *command: str, stdin: str = "") -> Ended:
        """Runs *command* as root in the folder, with nothing of this machine's environment."""
        words = (self.client, "exec", "--interactive", "--workdir", str(self.folder), self.name, *command)
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def inv(self, *arguments: str) -> Ended:
        """Runs the tool."""
        return self.run("python3", "-m", "fairlead", *arguments)

    def write(self, path: str, text: str) -> None:
        """Writes a file, and the folder that it is in."""
        assert self.run("sh", "-c", f"mkdir -p $(dirname {path}) && cat >{path}", stdin=text).code == 0

    def journal(self, *options: str) -> str:
        """What the journal has, messages alone."""
        return self.run("journalctl", "--no-pager", "--output=cat", *options).out

    def remove(self) -> None:
        """Removes it."""
        subprocess.run((self.client, "rm", "--force", "--volumes", self.name), capture_output=True, check=False)

    def _up(self) -> None:
        end = time.monotonic() + 60
        question = ("systemctl", "is-system-running") if self.first == BOOT else ("pgrep", "-x", "cron")
        while (asked := self.run(*question)).code != 0:
            failed = self.run("systemctl", "--failed", "--no-pager").out
            assert time.monotonic() < end, f"it is {asked.out}{asked.err}{failed}"
            time.sleep(0.2)

    def _docker(self, *arguments: str) -> None:
        done = subprocess.run((self.client, *arguments), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@contextmanager
def systemd_machine(
    client: str, folder: Path, scratch: Path, *shared: Path, first: str = BOOT
) -> Iterator[SystemdMachine]:
    """A machine for *folder* that can read the folders *shared*; *scratch* is where its image is made."""
    host = LocalHost()
    execute(plan_for(host.name, *bases.steps(host, client)), {host.name: host}, lambda *_: None)
    (scratch / "Dockerfile").write_text(DOCKERFILE)
    (scratch / "requirements.lock").write_bytes((ROOT / "requirements.lock").read_bytes())
    subprocess.run((client, "build", "--quiet", "--tag", IMAGE, scratch), capture_output=True, check=True)
    machine = SystemdMachine(client, folder, first)
    try:
        machine.boot(*shared)
        yield machine
    finally:
        machine.remove()
