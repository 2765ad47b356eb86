"""The real stack on a host of its own, deployed over SSH: for the tests and for the campaign of faults."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairlead.ops.rehearse.load import Load

from . import machines
from .conftest import Checkout, make_checkout

STACK = "agentchat"
ROOT = f"/srv/{STACK}"
SHORTEST = 12
"""A text below that is no secret of the stack's: its own are random and longer."""
HEALTHY_S = "120"
WAKE = """
for each in $(docker ps --all --quiet | tac); do
    docker start $each
    until test "$(docker inspect --format '{{.State.Health.Status}}' $each)" = healthy; do sleep 0.1; done
done
"""
PATHS = ("/version", "/health", "/", "/api/me")


@dataclass
class Deployed:
    """A checkout and the host that it deploys to."""

    machine: machines.Machine
    checkout: Checkout
    environment: dict[str, str] = field(repr=False)

    def inv(self, *arguments):
        """Runs the tool to its end."""
        return self.checkout.inv(*arguments, **self.environment)

    def start(self, *arguments):
        """Starts the tool; the caller ends it."""
        self.checkout.environment.update(self.environment)
        return self.checkout.start(*arguments)

    def deploy(self, *more):
        """`inv deploy`, which has to succeed."""
        ended = self.inv("deploy", "--host", "prod", "--allow-local-bases", *more)
        assert ended.code == 0, ended.out + ended.err
        return ended

    def change(self, text="# changed", module="__init__"):
        """Adds *text* to a module of the back end; gives what takes it back."""
        path = self.checkout.folder / "app" / "backend" / "agentchat" / f"{module}.py"
        before = path.read_text()
        path.write_text(f"{before}{text}\n")
        return lambda: path.write_text(before)

    def edit(self, name, *changes):
        """Replaces texts, each (old, new), in a file of the folder docker; gives what takes it back."""
        path = self.checkout.folder / "docker" / name
        before = text = path.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        return lambda: path.write_text(before)

    @property
    def state(self):
        """The state on the host, without what it says of the audit, which grows with each try."""
        told = json.loads(self.machine.root("cat", f"{ROOT}/state/state.json"))
        return {key: value for key, value in told.items() if key != "audit"}

    def load(self, clients=10):
        """Load on the site, by TLS."""
        return Load(self.machine.address, int(self.checkout.environment["HTTPS_PORT"]), "localhost", PATHS, clients)

    def running(self):
        """The compose projects that have a running container, with their services."""
        form = '{{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.service"}}'
        lines = self.machine.root("docker", "ps", "--format", form).splitlines()
        return sorted(tuple(line.split()) for line in lines if len(line.split()) == 2)

    def serving(self):
        """The release that answers."""
        address = "http://localhost:8090/version"
        told = self.machine.root("docker", "exec", f"{STACK}-base-nginx-1", "curl", "--silent", address)
        return json.loads(told)["release"]

    def rest(self) -> None:
        """Stops all that runs, the last first, and puts the machine to rest, to be copied."""
        self.machine.root("sh", "-c", "docker stop $(docker ps --quiet)")
        self.machine.rest()

    def wake(self) -> None:
        """Starts what `rest` has stopped, each when those before it are well."""
        self.machine.root("timeout", HEALTHY_S, "sh", "-c", WAKE)

    def secrets_seen(self) -> int:
        """How many secrets stand in what the engine tells of containers, in arguments, journals or the audit."""
        names = self.machine.root("docker", "ps", "--all", "--quiet").split()
        seen = self.machine.root("docker", "inspect", *names)
        seen += self.machine.root(
            "sh", "-c", f"cat {ROOT}/state/*.json* {ROOT}/state/journal/* {ROOT}/base/compose.yaml"
        )
        seen += self.machine.root(
            "sh", "-c", f"cat {ROOT}/releases/*/*.*; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"
        )
        folder = self.checkout.folder / ".fairlead" / "secrets"
        values = [text for path in folder.iterdir() if len(text := path.read_text().strip()) >= SHORTEST]
        assert len(values) >= 5, "the stack's own secrets are not where they were"
        return sum(value in seen for value in values)


@contextmanager
def deployed(client: str, folder: Path) -> Iterator[Deployed]:
    """A machine that was bare, with the stack's first release; *folder* takes the checkout and a home."""
    with machines.provisioned(client, folder / "home") as machine:
        yield first_release(machine, folder)


def first_release(machine: machines.Machine, folder: Path) -> Deployed:
    """The stack's first release on a host that has nothing, from a checkout in *folder*."""
    checkout = folder / "checkout"
    checkout.mkdir()
    made = make_checkout(machine.client, checkout, STACK)
    with (checkout / "fairlead.yaml").open("a") as settings:
        settings.write(f"\nhosts:\n  prod: {{address: {machines.USER}@{machine.address}}}\n")
    environment = {
        "HOME": str(machine.home),
        "SSH_AUTH_SOCK": "",
        "XDG_CACHE_HOME": str(Path.home() / ".cache"),
        "BASE_REGISTRY": "fairlead/",
        "PUBLIC_ADDRESS": "",
        "MYSQL_BUFFER_POOL_SIZE": "128M",
        "WEB_CONCURRENCY": "2",
    }
    stack = Deployed(machine, made, environment)
    stack.deploy()
    return stack


@contextmanager
def copy_of(first: Deployed, folder: Path) -> Iterator[Deployed]:
    """*first*, whose machine is at rest, on a machine and in a checkout of its own; the site answers."""
    checkout = replace(first.checkout, folder=folder / "checkout", environment={**first.checkout.environment})
    shutil.copytree(first.checkout.folder, checkout.folder, symlinks=True)
    with machines.copy_of(first.machine, folder / "home") as machine:
        settings = checkout.folder / "fairlead.yaml"
        settings.write_text(
            re.sub(rf"{machines.USER}@[\d.]+", f"{machines.USER}@{machine.address}", settings.read_text())
        )
        copy = Deployed(machine, checkout, {**first.environment, "HOME": str(machine.home)})
        copy.wake()
        yield copy
