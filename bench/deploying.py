"""
Requests lost while this stack is deployed under load, and beside it by `docker compose up --detach --build`.

    ./inv bench --name deploying

Deploys to a throw-away host: ten changes in a row of the back end, the front end and nginx, then rollbacks, while
twenty clients ask some 400 times a second over connections that they keep, five get answers that take three seconds,
and three read streams of twelve. The same on this machine by Compose. Then what a change of one line sends, beside
`docker save`. Images are built before the clock starts, on both sides.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from fairlead.ops.command import Command
from fairlead.ops.engine import require_engine
from fairlead.ops.host import LocalHost
from fairlead.ops.rehearse.cli import Rehearsal, rehearsal_of
from fairlead.ops.rehearse.copying import copy_stack
from fairlead.ops.rehearse.load import Ask, Load
from fairlead.ops.rehearse.machine import USER
from fairlead.ops.rehearse.measuring import quantile_ms
from fairlead.ops.stack import Stack, open_stack

PATHS = ("/version", "/health", "/", "/api/me")
CLIENTS, PAUSE_S = 20, 0.05
READERS = (*[73] * 5, *[298] * 3)
"""Words that others say and hear back, one each 40 ms: five for 3 seconds, three for 12."""
DEPLOYS, ROLLBACKS, ROUNDS = 10, 3, 3
CHANGED = (
    ("app/backend/agentchat/__init__.py", "# change {}\n"),
    ("app/frontend/index.html", "<!-- change {} -->\n"),
    ("docker/snippets/site.conf", "# change {}\n"),
)
LEAST, BESIDE = 20_000, 64 * 1024
HEADERS = 66
"""Ethernet, IP, and TCP with its times: bytes of each packet that no program wrote."""


@dataclass
class Site:
    """Where the stack answers, and a person who has an account there."""

    address: str
    port: int

    def post(self, path: str, data: object, cookie: str = "") -> tuple[dict[str, object], str]:
        """The JSON that a POST gives, and the cookie."""
        headers = {"Origin": "https://localhost", "Content-Type": "application/json", "Cookie": cookie}
        asked = HTTPConnection("localhost")
        with socket.create_connection((self.address, self.port), 30) as plain:
            asked.sock = _unverified().wrap_socket(plain, server_hostname="localhost")
            asked.request("POST", path, json.dumps(data), headers)
            answer = asked.getresponse()
            return json.load(answer), (answer.headers.get("Set-Cookie") or "").partition(";")[0]

    def loads(self) -> list[Load]:
        """Twenty clients, the slow ones, the streams."""
        person = {"username": f"grace-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(16)}
        _, cookie = self.post("/api/register", person)
        made = [Load(self.address, self.port, "localhost", PATHS, CLIENTS, pause_s=PAUSE_S)]
        for words in READERS:
            talk, _ = self.post("/api/conversations", {"title": "bench"}, cookie)
            ask = _message(talk["id"], cookie, words)
            made.append(Load(self.address, self.port, "localhost", [ask], clients=1))
        return made


def _message(talk: object, cookie: str, words: int) -> Ask:
    body = json.dumps({"text": " ".join(["word"] * words)}).encode()
    headers = (f"Cookie: {cookie}", "Origin: https://localhost", "Content-Type: application/json")
    return Ask(f"/api/conversations/{talk}/messages", "POST", headers, body, b"event: done")


@dataclass
class Seen:
    """What one change under load led to."""

    seconds: float
    requests: int
    lost: list[str]
    p99_ms: float

    def __str__(self) -> str:
        shown = f" ({self.lost[0]})" if self.lost else ""
        return (
            f"{self.seconds:6.1f} s {self.requests:7} requests {len(self.lost):5} lost{shown}, p99 {self.p99_ms:.0f} ms"
        )


def under_load(site: Site, work: Callable[[], None]) -> Seen:
    """Does *work* while everybody asks."""
    loads = site.loads()
    begun = time.perf_counter()
    with ExitStack() as running:
        for load in loads:
            running.enter_context(load.running())
        work()
        seconds = time.perf_counter() - begun
    took = quantile_ms(loads[0].took, 0.99) or 0.0
    return Seen(seconds, sum(load.requests for load in loads), [each for load in loads for each in load.lost], took)


def main() -> None:
    """Prints each change, the sums, and the bars they are held to."""
    stack = open_stack(client=str(require_engine(LocalHost()).client))
    with rehearsal_of(stack, PATHS, CLIENTS, local_bases=True) as rehearsal:
        _well(rehearsal.tool("provision", "--yes"), "provision")
        _well(rehearsal.deploy(), "first deploy")
        site = Site(rehearsal.machine.address, rehearsal.target.port)
        _deploys(rehearsal, site)
        _bytes(rehearsal)
    with _composed(stack) as composed:
        _compose(*composed)


def _deploys(rehearsal: Rehearsal, site: Site) -> None:
    print("inv deploy, each a change under load")
    seen, serving = [], []
    for number in range(DEPLOYS):
        path = _change(rehearsal.folder, number)
        _well(rehearsal.deploy("--plan"), "deploy --plan")
        begun = time.time()
        seen.append(under_load(site, lambda: _well(rehearsal.deploy(), "deploy")))
        serving.append(rehearsal.served_after(begun) or 0.0)
        print(f"  {path:36} {seen[-1]}, served after {serving[-1]:.1f} s", flush=True)
    _sum("inv deploy", seen)
    print(f"  until new code serves, images built: {median(serving):.1f} s (at most 30)")
    back, served = [], []
    for _ in range(ROLLBACKS):
        begun = time.time()
        back.append(under_load(site, lambda: _well(rehearsal.tool("rollback"), "rollback")))
        served.append(rehearsal.served_after(begun) or 0.0)
        print(f"  {'rollback':36} {back[-1]}, served after {served[-1]:.1f} s", flush=True)
    _sum("inv rollback", back)
    print(f"  until the code before serves: {median(served):.1f} s (at most 8)")


def _sum(title: str, seen: list[Seen]) -> None:
    requests, lost = sum(each.requests for each in seen), sum(len(each.lost) for each in seen)
    print(f"{title}: {requests} requests, {lost} lost (0 of at least {LEAST})", flush=True)


def _bytes(rehearsal: Rehearsal) -> None:
    """What a change of one line sends in all, and how long; then the whole image, as people do it by hand."""
    _change(rehearsal.folder, 0, salt=secrets.token_hex(4))
    _well(rehearsal.deploy("--plan"), "deploy --plan")
    before, begun = _received(rehearsal), time.perf_counter()
    _well(rehearsal.deploy(), "deploy")
    sent, seconds = _received(rehearsal) - before, time.perf_counter() - begun
    image = f"agentchat/backend:{_newest(rehearsal)}"
    layers = _shell(f"docker save {image} | tar --extract --to-stdout manifest.json")
    top = json.loads(layers)[0]["Layers"][-1]
    size = int(_shell(f"docker save {image} | tar --extract --to-stdout {top} | gzip | wc -c"))
    print(f"one line of the back end: {sent} bytes arrived there in all, {seconds:.1f} s for the whole deploy")
    print(f"  its layer, compressed: {size} bytes; beside it {sent - size} (at most {BESIDE})")
    before, begun = _received(rehearsal), time.perf_counter()
    _shell(f"docker save {image} | {_ssh(rehearsal)} sudo docker load")
    taken, other = time.perf_counter() - begun, _received(rehearsal) - before
    print(f"the same by docker save | ssh docker load: {other} bytes in {taken:.1f} s, and nothing is switched yet")


def _received(rehearsal: Rehearsal) -> int:
    """Bytes that the host has received from its network, whatever brought them, without the packets' headers."""
    counters = (f"/sys/class/net/eth0/statistics/rx_{each}" for each in ("bytes", "packets"))
    received, packets = map(int, rehearsal.machine.root("cat", *counters).split())
    return received - packets * HEADERS


def _ssh(rehearsal: Rehearsal) -> str:
    folder = f"{rehearsal.home}/.ssh"
    options = f"-F /dev/null -i {folder}/id_ed25519 -o UserKnownHostsFile={folder}/known_hosts"
    return f"ssh {options} {USER}@{rehearsal.machine.address}"


def _newest(rehearsal: Rehearsal) -> str:
    state = json.loads(rehearsal.machine.root("cat", f"{rehearsal.layout.state}/state.json"))
    return str(state["current"])


@contextmanager
def _composed(stack: Stack) -> Iterator[tuple[Path, Site, Callable[[], None], Callable[[], None]]]:
    """A copy of the stack on this machine, brought up; what builds its images, and what people run to change it."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as name:
        folder = Path(name)
        copy_stack(stack.settings, folder, "nowhere.invalid")
        settings = json.loads((folder / "fairlead.yaml").read_text())
        settings["name"] = f"bench-{secrets.token_hex(3)}"
        (folder / "fairlead.yaml").write_text(json.dumps(settings))
        names = ("PAGE_PORT", "API_PORT", "HTTP_PORT", "HTTPS_PORT")
        own = {each: str(_free_port()) for each in names} | {"PUBLIC_ADDRESS": "127.0.0.1", "RELEASE": "bench"}
        host = LocalHost({**os.environ, **own})

        def inv(*words: str) -> None:
            _well(host.run(Command((sys.executable, "-m", "fairlead", *words), directory=name)), words[0])

        def compose() -> None:
            dry = host.run(Command((sys.executable, "-m", "fairlead", "up", "--dry"), directory=name)).out
            line = next(line for line in dry.splitlines() if " compose " in line and " up " in line)
            words = line[: line.index(" up ")].strip() + " up --detach --build"
            _well(host.run(Command(("sh", "-c", words), directory=name)), "docker compose up")

        inv("up")
        try:
            yield folder, Site("127.0.0.1", int(own["HTTPS_PORT"])), lambda: inv("build"), compose
        finally:
            inv("down", "--volumes", "--yes")


def _compose(folder: Path, site: Site, build: Callable[[], None], up: Callable[[], None]) -> None:
    print("docker compose up --detach --build, each a change under load")
    seen = []
    for number in range(ROUNDS):
        path = _change(folder, number)
        build()
        seen.append(under_load(site, up))
        print(f"  {path:36} {seen[-1]}", flush=True)
    _sum("docker compose up", seen)


def _change(folder: Path, number: int, salt: str = "") -> str:
    path, text = CHANGED[number % len(CHANGED)]
    with (folder / path).open("a") as file:
        file.write(text.format(f"{number} {salt}"))
    return path


def _well(result: object, what: str) -> None:
    if not getattr(result, "ok", False):
        sys.exit(f"{what}: {getattr(result, 'err', '')}")


def _shell(words: str) -> str:
    return subprocess.run(words, shell=True, check=True, capture_output=True, text=True).stdout.strip()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


if __name__ == "__main__":
    main()
