"""
Kills the agent, the laptop's process, its connection, the host's engine and the host at every step of a deploy, and at
moments that chance chooses, from the first second of the build on.

After each fault some healthy release serves, `--resume` or `--abort` ends what was begun, a person who had registered
can still log in, and no secret stands where others look. It writes ``docs/campaigns/deploy-faults.md``::

    python -m fairlead.tests.campaigns.deploy_faults [--only KIND] [--limit N] [--random N] [--kept FILE]

With ``--kept`` each run is noted in a file, and those that it has are not made again: the whole takes an hour or two.
``--random`` makes that many at moments of chance instead.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import ClassVar

from fairlead.ops.engine import engine_facts
from fairlead.ops.errors import FairleadError
from fairlead.ops.host import LocalHost
from fairlead.tests.system.deployed import ROOT, STACK, Deployed, deployed

REPORT = Path(__file__).parents[2] / "docs" / "campaigns" / "deploy-faults.md"
STEPS = (
    "have the data services run",
    "run the job migrate",
    "start the new release",
    "wait until all is healthy",
    "ask the new release from where nginx asks it",
    "switch nginx to the new release",
    "ask through nginx, and watch its answers",
    "note that it serves",
    "let the old workers of nginx end",
    "stop",
)
MOMENTS = {"start": "before", "done": "after"}
LONGEST_S = 40.0
"""A deploy takes less."""
BACK_S = 90.0


@dataclass(frozen=True)
class Run:
    """What one fault led to; *broken* is empty where everything held."""

    kind: str
    step: str
    moment: str
    exit_code: int
    ended_by: str
    served: str
    broken: tuple[str, ...]

    def row(self) -> str:
        """The run as a line of the table."""
        held = "; ".join(self.broken) or "yes"
        cells = (
            self.kind,
            f"{MOMENTS.get(self.moment, self.moment)} {self.step}",
            str(self.exit_code),
            self.ended_by,
            self.served,
            held,
        )
        return f"| {' | '.join(cells)} |"


def kill_agent(host: Deployed, _: subprocess.Popen[str]) -> None:
    """`kill -9` of the agent's container."""
    host.machine.root("docker", "kill", f"{STACK}-agent")


def kill_laptop(_: Deployed, process: subprocess.Popen[str]) -> None:
    """`kill -9` of the process on the laptop."""
    process.kill()


def cut_connection(host: Deployed, _: subprocess.Popen[str]) -> None:
    """`kill -9` of every sshd that serves a connection."""
    host.machine.root("sh", "-c", "pkill -KILL -u deploy sshd; pkill -KILL sshd-session; true")


def kill_engine(host: Deployed, _: subprocess.Popen[str]) -> None:
    """`kill -9` of dockerd, which a moment later is started again, as systemd would."""
    script = "pid=$(cat /var/run/docker.pid); kill -KILL $pid; sleep 1; rm -f /var/run/docker.pid; setsid dockerd"
    host.machine.root("sh", "-c", f"({script} >>/var/log/dockerd.log 2>&1 </dev/null &)")


def reboot_host(host: Deployed, _: subprocess.Popen[str]) -> None:
    """`kill -9` of everything on the host at once, which then starts as after a loss of power."""
    host.machine.reboot()


KINDS: dict[str, Callable[[Deployed, subprocess.Popen[str]], None]] = {
    "agent": kill_agent,
    "laptop": kill_laptop,
    "connection": cut_connection,
    "engine": kill_engine,
    "host": reboot_host,
}
SLOWLY_BACK = ("engine", "host")


@dataclass(frozen=True)
class AtStep:
    """The moment before or after a step of the agent's."""

    step: str
    moment: str
    not_there: ClassVar[tuple[type[Exception], ...]] = ()

    def reached(self, host: Deployed, _: subprocess.Popen[str], release: str) -> tuple[str, str]:
        """Waits for it; gives the step and the moment in words."""
        line = f'"event": "{self.moment}", "step": "{self.step}'
        script = f"until grep -qF '{line}' {_journal(release)} 2>/dev/null; do sleep 0.02; done"
        host.machine.root("timeout", "300", "sh", "-c", script)
        return self.step, self.moment


@dataclass(frozen=True)
class AtTime:
    """A moment so many seconds after the deploy began."""

    seconds: float
    not_there: ClassVar[tuple[type[Exception], ...]] = (FairleadError,)
    """By chance there is no agent yet, or no more."""

    def reached(self, host: Deployed, process: subprocess.Popen[str], release: str) -> tuple[str, str]:
        """Waits for it, or for the end of a deploy that is faster."""
        with suppress(subprocess.TimeoutExpired):
            process.wait(self.seconds)
        told = host.machine.root("sh", "-c", f"tail -n 1 {_journal(release)} 2>/dev/null; true")
        return json.loads(told).get("step", "") if told else "building and sending", f"{self.seconds:.1f} s on,"


def run(host: Deployed, person: Person, kind: str, when: AtStep | AtTime, *, resume: bool) -> Run:
    """Deploys, breaks it at that moment, ends it, and looks at everything."""
    release = host.machine.next_release(ROOT)
    process = host.start("deploy", "--host", "prod", "--allow-local-bases")
    step, moment = when.reached(host, process, release)
    with suppress(*when.not_there):
        KINDS[kind](host, process)
    process.communicate()
    broken = [] if _answers(host, BACK_S if kind in SLOWLY_BACK else 10.0) else ["nothing answered after the fault"]
    ended_by = "itself"
    for word in ("--resume", "--resume") if resume else ("--abort", "--resume"):
        ended = host.inv("deploy", "--host", "prod", word)
        if "nothing is left to do" not in ended.out:
            ended_by = word
        if ended.code == 0 and not host.state["pending"]:
            break
    try:
        broken += _left_behind(host, person)
        serves = host.serving()
    except (FairleadError, ValueError) as error:
        broken.append(" ".join(str(error).split()))
        serves = "nothing"
    return Run(kind, step, moment, process.returncode, ended_by, serves, tuple(broken))


def _journal(release: str) -> str:
    return f"{ROOT}/state/journal/{release}.jsonl"


def _answers(host: Deployed, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if host.serving():
                return True
        except (FairleadError, json.JSONDecodeError, KeyError):  # nothing, or what nginx says by itself
            time.sleep(0.2)
    return False


def _left_behind(host: Deployed, person: Person) -> Iterator[str]:
    state = host.state
    if state["pending"]:
        yield f"{state['pending']} is still pending"
    if host.serving() != state["current"]:
        yield f"{host.serving()} serves, the state says {state['current']}"
    wanted = {(f"{STACK}-base", name) for name in ("mysql", "nginx", "redis")}
    wanted |= {(f"{STACK}-{state['current']}", name) for name in ("backend", "frontend")}
    if set(host.running()) != wanted:
        yield f"other containers run than should: {sorted(set(host.running()) ^ wanted)}"
    if not person.can_log_in():
        yield "who had registered cannot log in"
    if seen := host.secrets_seen():
        yield f"{seen} secrets stand where others look"


@dataclass
class Person:
    """Somebody whose account has to outlive every fault."""

    host: Deployed
    name: str
    word: str

    def register(self) -> None:
        """Makes the account."""
        assert self._post("register") == 201

    def can_log_in(self) -> bool:
        """Whether the account is there."""
        return self._post("login") == 200

    def _post(self, what: str) -> int:
        body = json.dumps({"username": self.name, "password": self.word})
        words = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--data", "@-")
        headers = ("--header", "Content-Type: application/json", "--header", "Origin: http://localhost:8090")
        address = f"http://localhost:8090/api/{what}"
        asked = ("docker", "exec", "--interactive", f"{STACK}-base-nginx-1", *words, *headers, address)
        return int(self.host.machine.root(*asked, stdin=body))


def main() -> int:
    """Runs the campaign and writes its table; the exit code is 1 where something did not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=KINDS, default="")
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    runs = _kept(given.kept)
    left = _by_chance(given.random) if given.random else _left(runs, given.only)[: given.limit or None]
    client = engine_facts(LocalHost()).client or "docker"
    with tempfile.TemporaryDirectory(prefix="fairlead-faults-") as folder, deployed(client, Path(folder)) as host:
        person = Person(host, f"grace-{secrets.token_hex(4)}", secrets.token_urlsafe(16))
        person.register()
        for number, kind, when in left:
            runs.append(run(host, person, kind, when, resume=number % 2 == 0))
            print(runs[-1].row(), flush=True)
            _keep(given.kept, runs[-1])
            host.inv("gc", "--yes", "--host", "prod", "--keep", "2")
    if given.kept or not (given.limit or given.only or given.random):
        REPORT.write_text(_page(runs))
    return 1 if any(each.broken for each in runs) else 0


def _left(runs: list[Run], only: str) -> list[tuple[int, str, AtStep | AtTime]]:
    """Those that have not been made, each with its number among all."""
    done = {(each.step, each.moment, each.kind) for each in runs}
    numbered = enumerate(product(STEPS, MOMENTS, KINDS))
    wanted = [(number, each) for number, each in numbered if not only or each[2] == only]
    return [
        (number, kind, AtStep(step, moment))
        for number, (step, moment, kind) in wanted
        if (step, moment, kind) not in done
    ]


def _by_chance(count: int) -> list[tuple[int, str, AtStep | AtTime]]:
    kinds = tuple(KINDS)
    return [(number, kinds[number % len(kinds)], AtTime(random.uniform(0, LONGEST_S))) for number in range(count)]


def _kept(path: Path | None) -> list[Run]:
    if path is None or not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [Run(**line | {"broken": tuple(line["broken"])}) for line in lines]


def _keep(path: Path | None, made: Run) -> None:
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps(asdict(made)) + "\n")


def _page(runs: list[Run]) -> str:
    held = sum(not each.broken for each in runs)
    rows = "\n".join(each.row() for each in runs)
    return f"""# Faults during a deploy

{datetime.now(UTC):%Y-%m-%d}: {len(runs)} faults, {held} of them without harm. Each row: what was killed with `kill -9`,
when, with which code `inv deploy` ended, what ended the deploy in the end, which release serves then, and whether
everything held. `python -m fairlead.tests.campaigns.deploy_faults` makes this page.

| killed | when | exit code | ended by | serves | held |
|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    sys.exit(main())
