"""`inv rehearse`: deploys a copy of the stack to a throw-away host again and again, under load."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from ..agent.switch import SMOKE, START, SWITCH
from ..command import Command, Result
from ..deploy.layout import Layout
from ..engine import require_engine
from ..errors import FairleadError, InterruptedRunError, SettingsError
from ..host import LocalHost
from ..stack import Stack, open_stack
from ..up import REGISTRY
from .copying import HOST, copy_stack
from .load import Load
from .machine import USER, Machine
from .measuring import Stage, as_json, stage, summary
from .target import Target, target_of

FAULTS = (START, SWITCH, SMOKE)
"""The agent is killed when one of these steps begins, in turn."""
FAULT_S = 300
WIDTH = 33


@dataclass
class Rehearsal:
    """
    The copy and the host that it is deployed to.

    Attributes:
        home: What the tool takes for the home folder: its ssh key is there.
        local_bases: Whether base images of `inv bases` are allowed.
    """

    machine: Machine
    layout: Layout
    folder: Path
    home: Path
    target: Target
    local_bases: bool
    clients: int

    def tool(self, *words: str) -> Result:
        """Runs the tool in the copy."""
        cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
        docker = os.environ.get("DOCKER_CONFIG", str(Path.home() / ".docker"))
        own = {"HOME": str(self.home), "SSH_AUTH_SOCK": "", "XDG_CACHE_HOME": cache, "DOCKER_CONFIG": docker}
        command = (sys.executable, "-m", "fairlead", *words, "--host", HOST)
        return LocalHost({**os.environ, **own}).run(Command(command, directory=str(self.folder)))

    def deploy(self, *words: str) -> Result:
        """`inv deploy`."""
        return self.tool("deploy", *(("--allow-local-bases",) if self.local_bases else ()), *words)

    def load(self) -> Load:
        """Clients that ask the site while something is done to it."""
        return Load(
            self.machine.address, self.target.port, self.target.name, self.target.paths, self.clients, self.target.plain
        )

    def done(self, title: str, work: Callable[[], Result], *, loaded: bool = True) -> Stage:
        """Does *work*, under load where *loaded*, and says how it went."""
        load = self.load() if loaded else None
        begun, clock = time.time(), time.monotonic()
        if load is None:
            result = work()
        else:
            with load.running():
                result = work()
        seconds = time.monotonic() - clock
        serving = self.served_after(begun) if result.ok and loaded else None
        return stage(title, seconds, load, serving, "" if result.ok else _why(result))

    def served_after(self, begun: float) -> float | None:
        """Seconds from *begun* until nginx named the release that serves now, by the agent's own journal."""
        state = json.loads(self.machine.root("cat", f"{self.layout.state}/state.json"))
        journal = self.machine.root("cat", f"{self.layout.state}/journal/{state['current']}.jsonl")
        lines = [json.loads(line) for line in journal.splitlines()]
        ends = [line["time"] for line in lines if (line["event"], line.get("step")) == ("done", SWITCH)]
        return datetime.fromisoformat(max(ends)).timestamp() - begun if ends else None

    def killed(self, step: str) -> Result:
        """A deploy whose agent is killed as *step* begins, and that is gone on with."""
        journal = f"{self.layout.state}/journal/{self.machine.next_release(self.layout.root)}.jsonl"
        begins = f'"event": "start", "step": "{step}'
        wait = f"until grep -qF '{begins}' {journal} 2>/dev/null; do sleep 0.02; done"
        kill = f"{wait}; docker kill {self.layout.stack}-agent"
        self.machine.docker("exec", "--detach", self.machine.name, "timeout", str(FAULT_S), "sh", "-c", kill)
        result = self.deploy()
        return result if result.ok else self.deploy("--resume")


def rehearse(
    *,
    changes: int = 3,
    clients: int = 20,
    paths: Sequence[str] = (),
    faults: int = 0,
    local_bases: bool = False,
    as_data: bool = False,
    dry: bool = False,
) -> None:
    """
    `inv rehearse`; exits with 1 where a request was lost or a deploy failed.

    Args:
        changes: How many deploys follow the first one.
        paths: What the clients ask; without any, what fairlead.yaml has under deploy.smoke.
        faults: In how many further deploys the agent is killed.

    Raises:
        SettingsError: wrong numbers, or a stack that cannot be rehearsed.
        FairleadError: the throw-away host could not be made.
    """
    if changes < 1 or clients < 1 or faults < 0:
        raise SettingsError("--changes and --clients have to be 1 or more, --faults 0 or more")
    stack = open_stack(client=str(require_engine(LocalHost()).client))
    if dry:
        target = target_of(stack, paths)
        print(
            f"a host of its own, {clients} clients on {', '.join(target.paths)}: a first deploy, {changes} more, back"
        )
        return
    stages: list[Stage] = []
    try:
        with rehearsal_of(stack, paths, clients, local_bases=local_bases) as rehearsal:
            _say(f"a host of its own, {clients} clients on {', '.join(rehearsal.target.paths)}", as_data=as_data)
            for each in _stages(rehearsal, changes, faults):
                stages.append(each)
                _say(str(each), as_data=as_data)
    except KeyboardInterrupt:
        raise InterruptedRunError("inv rehearse: interrupted; the host of the rehearsal is gone") from None
    print(json.dumps(as_json(stages), indent=1) if as_data else summary(stages))
    if not all(each.is_well for each in stages):
        sys.exit(FairleadError.exit_code)


def _stages(rehearsal: Rehearsal, changes: int, faults: int) -> Iterator[Stage]:
    made = rehearsal.done("make the host", partial(rehearsal.tool, "provision", "--yes"), loaded=False)
    yield made
    first = rehearsal.done("first deploy", rehearsal.deploy, loaded=False)
    yield first
    if not (made.is_well and first.is_well):
        return
    for number in range(1, changes + 1):
        yield rehearsal.done(f"deploy {number}", rehearsal.deploy)
    yield rehearsal.done("rollback", partial(rehearsal.tool, "rollback"))
    for number in range(faults):
        step = FAULTS[number % len(FAULTS)]
        yield rehearsal.done(f"agent killed: {step}"[:WIDTH], partial(rehearsal.killed, step))


@contextmanager
def rehearsal_of(stack: Stack, paths: Sequence[str], clients: int, *, local_bases: bool) -> Iterator[Rehearsal]:
    """A copy of *stack* and a host to deploy it to, while the block runs."""
    target = target_of(stack, paths)
    with tempfile.TemporaryDirectory(prefix="fairlead-rehearsal-") as name:
        home, folder = Path(name) / "home", Path(name) / "stack"
        (home / ".ssh").mkdir(parents=True, mode=0o700)
        folder.mkdir()
        key = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / ".ssh" / "id_ed25519"))
        made = LocalHost().run(Command(key))
        if not made.ok:
            raise FairleadError(f"ssh-keygen: {made.reason}; install OpenSSH's client")
        machine = Machine(str(stack.project.client), home, stack.values.get(REGISTRY, ""))
        with machine.running():
            copy_stack(stack.settings, folder, f"{USER}@{machine.address}")
            layout = Layout(stack.settings.name, f"/srv/{stack.settings.name}")
            yield Rehearsal(machine, layout, folder, home, target, local_bases, clients)


def _say(text: str, *, as_data: bool) -> None:
    if not as_data:
        print(text, flush=True)


def _why(result: Result) -> str:
    lines = [line for line in result.err.splitlines() if line.strip()]
    return lines[0] if lines else result.reason
