"""One engine and one running stack for all system tests: a copy of this checkout, under a name and ports of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fairlead.ops.engine import engine_facts
from fairlead.ops.engine_install import DAEMON_PID, fix_plan
from fairlead.ops.execute import execute
from fairlead.ops.host import LocalHost

if TYPE_CHECKING:
    from .acme_site import Site
    from .deployed import Deployed
    from .machines import Machine

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
COPIED = ("app", "docker", "fairlead.yaml")
LEFT_OUT = shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".env", ".fairlead", "base")


@dataclass(frozen=True)
class Ended:
    """How a run of `inv` ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Checkout:
    """
    A copy of the stack's files in a folder of its own.

    Attributes:
        environment: The operator's environment; the real one, with ports that were free.
    """

    folder: Path
    name: str
    client: str
    environment: dict[str, str] = field(repr=False)

    @property
    def site(self) -> str:
        """The address of the page."""
        return f"http://localhost:{self.environment['PAGE_PORT']}"

    def inv(self, *arguments: str, stdin: str = "", **environment: str) -> Ended:
        """Runs the tool in this folder, to its end."""
        done = subprocess.run(
            [TOOLS / "fairlead", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts the tool in this folder; the caller ends it."""
        return subprocess.Popen(
            [TOOLS / "fairlead", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def docker(self, *arguments: str) -> str:
        """What a docker command prints; it has to succeed."""
        return subprocess.run([self.client, *arguments], capture_output=True, text=True, check=True).stdout

    def container(self, service: str, number: int = 1) -> str:
        """The name of a service's container."""
        return f"{self.name}-{service}-{number}"

    def inside(self, service: str, *command: str) -> str:
        """What *command* prints in a service's container; it has to succeed."""
        return self.docker("exec", self.container(service), *command)

    def inspect(self, service: str) -> dict[str, Any]:
        """All that the engine knows of a service's container."""
        found: dict[str, Any] = json.loads(self.docker("inspect", self.container(service)))[0]
        return found

    def secret(self, name: str) -> str:
        """The value in a secret's file."""
        return (self.folder / ".fairlead" / "secrets" / name).read_text()


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """The docker client of a running engine, installed and started where it has to be."""
    host = LocalHost()
    facts = engine_facts(host)
    ours = None
    if facts.problem is not None:
        execute(fix_plan(host), {host.name: host}, lambda *_: None)
        facts = engine_facts(host)
        ours = int(Path(DAEMON_PID).read_text()) if not Path("/run/systemd/system").is_dir() else None
    yield facts.client or "docker"
    if ours:
        os.kill(ours, signal.SIGTERM)


@pytest.fixture(scope="session")
def checkout_at(engine: str) -> Callable[[Path, str], Checkout]:
    """Makes a checkout in a folder, as the compose project of that name."""
    return lambda folder, name: make_checkout(engine, folder, name)


def make_checkout(client: str, folder: Path, name: str) -> Checkout:
    """A copy of this checkout's stack in *folder*, as the compose project *name*."""
    for entry in COPIED:
        source = ROOT / entry
        copy = shutil.copytree if source.is_dir() else shutil.copy
        extra = {"ignore": LEFT_OUT} if source.is_dir() else {}
        copy(source, folder / entry, **extra)
    settings = folder / "fairlead.yaml"
    settings.write_text(settings.read_text().replace("name: agentchat\n", f"name: {name}\n", 1))
    own = {
        "PAGE_PORT": str(free_port()),
        "API_PORT": str(free_port()),
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(free_port()),
        "PUBLIC_ADDRESS": "127.0.0.1",
        "RELEASE": "test",
        "GIT_REVISION": "feedc0de",
    }
    inherited = {key: value for key, value in os.environ.items() if key not in ("BASE_REGISTRY", "VIRTUAL_ENV")}
    return Checkout(folder, name, client, {**inherited, **own})


@pytest.fixture(scope="session")
def stack(checkout_at: Callable[[Path, str], Checkout], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The whole stack, up and healthy as `inv up` leaves it."""
    checkout = checkout_at(tmp_path_factory.mktemp("checkout"), f"agentchat-test-{secrets.token_hex(3)}")
    ended = checkout.inv("up")
    try:
        assert ended.code == 0, ended.out + ended.err
        yield checkout
    finally:
        checkout.inv("down", "--volumes", "--yes")


@pytest.fixture(scope="session")
def site(stack: Checkout) -> str:
    """The address of the running page."""
    return stack.site


@pytest.fixture(scope="session")
def shop(checkout_at: Callable[[Path, str], Checkout], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Another stack, with names, a CA that knows them, and a certificate from it."""
    from .acme_site import running_site

    checkout = checkout_at(tmp_path_factory.mktemp("shop"), f"agentchat-test-{secrets.token_hex(3)}")
    with running_site(checkout, tmp_path_factory.mktemp("ca")) as site:
        yield site


@pytest.fixture(scope="session")
def bare_host(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A host on which nothing was deployed, at rest, to be copied: to make one takes half a minute."""
    from . import machines

    with machines.provisioned(engine, tmp_path_factory.mktemp("bare-host")) as machine:
        machine.rest()
        yield machine


@pytest.fixture(scope="session")
def first_deploy(bare_host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A host with the stack's first release, at rest, to be copied: to make one takes a minute and a half."""
    from . import deployed, machines

    folder = tmp_path_factory.mktemp("first-deploy")
    with machines.copy_of(bare_host, folder / "home") as machine:
        made = deployed.first_release(machine, folder)
        made.rest()
        yield made


@pytest.fixture(scope="module")
def machine(bare_host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A host of the module's own, on which nothing was deployed; this process has its key."""
    from . import machines

    with machines.copy_of(bare_host, tmp_path_factory.mktemp("machine")) as made, made.at_home():
        yield made


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool], str], None]:
    """Waits until something is true; fails with what it is after a minute and a half."""

    def wait(question: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 90
        while not question():
            assert time.monotonic() < end, f"never came true: {what}"
            time.sleep(0.2)

    return wait


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
