"""The real stack on a host of its own, deployed over SSH: for the tests and for the campaign of faults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fairlead.ops.rehearse.load import Load

from . import machines
from .conftest import Checkout, make_checkout

STACK = "agentchat"
ROOT = f"/srv/{STACK}"
SHORTEST = 12
"""A text below that is no secret of the stack's: its own are random and longer."""
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

    @property
    def state(self):
        """The state on the host."""
        return json.loads(self.machine.root("cat", f"{ROOT}/state/state.json"))

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
    checkout, home = folder / "checkout", folder / "home"
    checkout.mkdir()
    made = make_checkout(client, checkout, STACK)
    with machines.running(client, home) as machine:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(home))
            patch.delenv("SSH_AUTH_SOCK", raising=False)
            machine.provision()
        with (checkout / "fairlead.yaml").open("a") as settings:
            settings.write(f"\nhosts:\n  prod: {{address: {machines.USER}@{machine.address}}}\n")
        environment = {
            "HOME": str(home),
            "SSH_AUTH_SOCK": "",
            "XDG_CACHE_HOME": str(Path.home() / ".cache"),
            "BASE_REGISTRY": "fairlead/",
            "PUBLIC_ADDRESS": "",
            "MYSQL_BUFFER_POOL_SIZE": "128M",
            "WEB_CONCURRENCY": "2",
        }
        stack = Deployed(machine, made, environment)
        stack.deploy()
        yield stack
