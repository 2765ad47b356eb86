"""Hands a release over to the agent and follows it: hooks once it serves, the audit's reader told, what serves now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..agent.switch import COMMIT
from ..agent.tier import ASK
from ..errors import FairleadError
from ..hooks import Hooks, LateHookError, Moment
from ..hosts import Opened
from ..kept_json import kept_on
from ..lock import operator
from ..notify import announced
from ..outward import FINISHED, SERVING
from ..settings import Settings, find_settings, load_settings
from ..stack import Stack
from .following import Agent, AgentError
from .remembered import remember
from .split import APP
from .target import Target, examine
from .telling import Teller

EVENTS = {"switch": "deploy", "rollback": "rollback", "abort": "abort"}
FILE, MODE = "hooks.json", 0o640
PROVEN = (COMMIT, ASK)
"""The steps of the agent after which what is new serves: a release, an edge, data."""


class LateHooks:
    """
    The hooks of a release that run once it serves.

    Those still owed stand in a file on the host, so that `--resume` knows them on any machine: one that has run is
    struck out after it ran, and one that was cut off runs again.

    Args:
        path: That file; the release's own where it is not said.
    """

    def __init__(self, opened: Opened, settings: Settings, moment: Moment, path: str = "") -> None:
        self._opened = opened
        self._hooks = Hooks(settings.outward, settings.root)
        self._moment = moment
        self._path = path or f"{opened.layout.release(moment.release)}/{FILE}"
        self.state = settings.state
        self.failed: list[str] = []

    def owe(self) -> None:
        """From now on all that the settings have are owed."""
        owed = [name for name in (*SERVING, *FINISHED) if name in self._hooks.settings.hooks]
        if owed or self.owed():
            self._write(owed)

    def owed(self) -> list[str]:
        """Those that have not run."""
        owed = kept_on(self._opened.host, self._path).get("owed", [])
        return [str(name) for name in owed] if isinstance(owed, list) else []

    def run(self, names: Iterable[str]) -> None:
        """Runs those of *names* that are owed; one that fails is told at the end."""
        owed = self.owed()
        for name in [name for name in names if name in owed]:
            said = self._hooks.run(name, self._moment, lambda line: print(line, flush=True))
            self.failed += [said] if said else []
            owed.remove(name)
            self._write(owed)

    def complain(self) -> None:
        """
        Raises:
            LateHookError: one has failed; the release serves all the same.
        """
        if self.failed:
            moment = self._moment
            done = f"{moment.release} serves" if moment.tier == APP else f"the {moment.tier} tier is changed"
            raise LateHookError(
                f"{moment.host}: {done}, and is not taken back; {'; '.join(self.failed)}: "
                "mend what that was for by hand"
            )

    def _write(self, owed: list[str]) -> None:
        try:
            self._opened.host.put(self._path, json.dumps({"owed": owed, "tier": self._moment.tier}) + "\n", MODE)
        except OSError as error:
            self.failed.append(f"which hooks ran is not noted: {self._path}: {error.strerror or error}")


def moment_of(opened: Opened, target: Target, release: str, action: str = "deploy") -> Moment:
    """What hooks are told about a switch to *release*."""
    manifest = kept_on(opened.host, f"{opened.layout.release(release)}/release.json")
    before = target.state.before(release)
    return Moment(opened.host.name, release, before, str(manifest.get("revision", "")), action)


def hand_over(opened: Opened, target: Target, command: str, release: str, image: str = "", *, new: bool = True) -> None:
    """
    Has the agent do *command* for *release*, and follows it to its end.

    Args:
        new: False for one that was cut off: what hooks it owes is known on the host.

    Raises:
        FairleadError: it failed, see `Agent.run`; or a hook did, once the release served.
    """
    settings = load_settings(find_settings(Path.cwd()))
    moment = moment_of(opened, target, release, "rollback" if command == "rollback" else "deploy")
    hooks = LateHooks(opened, settings, moment)
    agent = Agent(opened.host, target, opened.layout)
    words = (command, "--root", opened.layout.root, "--release", release, "--who", operator())
    with announced(settings, _event(EVENTS[command], moment)) as event:
        image = image or agent.image()
        if new and command != "abort":
            hooks.owe()
        with _saying_what_serves(opened), Teller() as teller:
            agent.run(image, words, telling(teller, hooks))
        _end(opened, hooks, event, finished=command != "abort")
    hooks.complain()


@contextmanager
def fails_only(stack: Stack, event: dict[str, Any]) -> Iterator[None]:
    """Tells of a failure in the block, and of nothing else: what comes after it says how it all ended."""
    with announced(stack.settings, event):
        yield
        event.clear()


def follow(opened: Opened, target: Target) -> None:
    """
    Follows an agent that is at work already, to its end.

    Raises:
        FairleadError: as `hand_over`.
    """
    release = target.state.pending or target.state.current
    hooks = LateHooks(opened, load_settings(find_settings(Path.cwd())), moment_of(opened, target, release))
    with Teller() as teller:
        Agent(opened.host, target, opened.layout).follow(telling(teller, hooks))
    after = examine(opened.host, opened.layout).state
    if after.current == release and not after.pending:
        hooks.run((*SERVING, *FINISHED))
    hooks.complain()


def run_owed(opened: Opened, target: Target) -> None:
    """
    Runs what hooks the release that serves still owes.

    Raises:
        LateHookError: one of them failed.
    """
    if not target.state.current:
        return
    settings = load_settings(find_settings(Path.cwd()))
    hooks = LateHooks(opened, settings, moment_of(opened, target, target.state.current))
    hooks.run((*SERVING, *FINISHED))
    hooks.complain()


@contextmanager
def _saying_what_serves(opened: Opened) -> Iterator[None]:
    """An error of the agent says what serves now, too."""
    try:
        yield
    except AgentError as error:
        said = str(error)
        with suppress(FairleadError):
            said += f"; {examine(opened.host, opened.layout).state.current or 'no release'} serves"
        raise AgentError(said, error.details, error.exit_code) from error


def telling(teller: Teller, hooks: LateHooks) -> Any:
    """What takes the agent's lines: shows them, and runs the hooks that are due once what is new serves."""

    def line(told: Mapping[str, Any]) -> None:
        teller(told)
        if told.get("event") == "done" and told.get("step") in PROVEN:
            hooks.run(SERVING)

    return line


def _event(event: str, moment: Moment) -> dict[str, Any]:
    about = {"host": moment.host, "release": moment.release, "previous": moment.previous, "revision": moment.revision}
    return {"event": event, **about}


def _end(opened: Opened, hooks: LateHooks, event: dict[str, Any], *, finished: bool) -> None:
    after = examine(opened.host, opened.layout)
    serves = after.state.current
    remember(hooks.state, opened.host.name, after.served)
    proof = f"; inv verify --host {opened.host.name} proves it" if serves else ""
    print(f"{opened.host.name}: {serves or 'no release'} serves{proof}")
    if finished:
        hooks.run((*SERVING, *FINISHED))
    event["serves"] = serves
    if hooks.failed:
        event["text"] = f"{serves} serves; {'; '.join(hooks.failed)}"
