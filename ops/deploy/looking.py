"""`inv status`, `inv logs` and `inv exec` on a host: what serves there, as the same tasks show it on a laptop."""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..agent.freezing import FILE as FROZEN
from ..agent.freezing import freeze_of
from ..command import Command
from ..compose import ComposeProject, Container, containers, log_line
from ..errors import FairleadError, SettingsError
from ..host import Host
from ..hosts import Opened, open_hosts
from ..maintenance.order import FILE as MAINTENANCE
from ..maintenance.order import order_of
from ..ssh import RemoteHost
from ..state import as_json, table
from .layout import Layout
from .target import Target, examine


@dataclass(frozen=True)
class Serving:
    """What serves on a host: the base project and that of the current release; *state* is the folder of the state."""

    host: RemoteHost
    target: Target
    projects: tuple[ComposeProject, ...]
    state: str

    def containers(self) -> list[Container]:
        """The containers of both projects, by service."""
        return sorted(
            (each for project in self.projects for each in containers(self.host, project)),
            key=lambda each: (each.service, each.name),
        )

    def project_of(self, service: str) -> ComposeProject:
        """
        The project that has *service*.

        Raises:
            SettingsError: neither has it.
        """
        known: dict[str, ComposeProject] = {}
        for project in self.projects:
            listed = self.host.run(project.command("config", "--services"), timeout_s=60)
            known |= dict.fromkeys(listed.out.split(), project)
        if service not in known:
            raise SettingsError(f"{service}: no such service on {self.host.name}; there are {', '.join(sorted(known))}")
        return known[service]


def status(names: Iterable[str], *, json_wanted: bool) -> None:
    """`inv status --host`; exits with 1 where a service is not as it should be."""
    well, told = True, []
    with _serving(names) as serving:
        for each in serving:
            found = each.containers()
            well = well and bool(found) and all(container.settled for container in found)
            current = each.target.state.current
            told.append({"host": each.host.name, "release": current, "services": as_json(found), **_standing(each)})
            if not json_wanted:
                print(f"{each.host.name}: {current or 'no release'} serves")
                table(found)
                print("".join(f"{each.host.name}: {order}\n" for order in _standing(each).values()), end="")
    if json_wanted:
        print(json.dumps({"version": 1, "hosts": told}, indent=2))
    if not well:
        sys.exit(FairleadError.exit_code)


def logs(names: Iterable[str], *, service: str, flags: tuple[str, ...]) -> None:
    """`inv logs --host`; lines of several hosts begin with the host's name."""
    with _serving(names) as serving:
        asked = []
        for each in serving:
            start = f"{each.host.name} | " if len(serving) > 1 else ""
            for project in (each.project_of(service),) if service else each.projects:
                command = project.command("logs", "--timestamps", *flags, *((service,) if service else ()))
                asked.append((each.host, command, start))
        print_all(asked)


def print_all(asked: Iterable[tuple[Host, Command, str]]) -> None:
    """
    Prints what commands say on their hosts, all at once, each line as it comes.

    Args:
        asked: The host, the command, and what its lines begin with.

    Raises:
        FairleadError: one of them failed, or its host is gone; the others were printed to their end.
    """
    failed: queue.SimpleQueue[FairleadError] = queue.SimpleQueue()
    reading = [threading.Thread(target=_print_lines, args=(*each, failed.put), daemon=True) for each in asked]
    for told in reading:
        told.start()
    for told in reading:
        told.join()
    if not failed.empty():
        raise failed.get()


def execute(names: Iterable[str], *, service: str, words: Iterable[str], dry: bool) -> None:
    """`inv exec --host`; exits with the command's exit code."""
    with _serving(names, one=True) as (each,):
        terminal = () if sys.stdin.isatty() and sys.stdout.isatty() else ("-T",)
        asked = each.project_of(service).command("exec", *terminal, service, *words)
        if dry:
            print(f"{each.host.name}: {asked}")
            return
        if terminal:
            result = each.host.run(asked)
            sys.stdout.write(result.out)
            sys.stderr.write(result.err)
            sys.exit(result.exit_code)
        sys.exit(each.host.attach(asked))


def _standing(serving: Serving) -> dict[str, str]:
    """What was ordered for the host and still holds: maintenance, a freeze."""
    orders = {
        "maintenance": order_of(serving.host.read(f"{serving.state}/{MAINTENANCE}")),
        "frozen": freeze_of(serving.host.read(f"{serving.state}/{FROZEN}")),
    }
    return {name: str(order) for name, order in orders.items() if order}


@contextmanager
def _serving(names: Iterable[str], *, one: bool = False) -> Iterator[list[Serving]]:
    with open_hosts(names, one=one) as hosts:
        yield [_on(opened) for opened in hosts]


def _on(opened: Opened) -> Serving:
    target = examine(opened.host, opened.layout)
    return Serving(opened.host, target, tuple(_projects(opened.layout, target)), opened.layout.state)


def _projects(layout: Layout, target: Target) -> Iterator[ComposeProject]:
    def project(name: str, folder: str) -> ComposeProject:
        return ComposeProject(target.client, name, (Path(folder) / "compose.yaml",), None, {})

    if target.base is not None:
        yield project(layout.base_project, layout.base)
    if target.state.current:
        yield project(layout.project(target.state.current), layout.release(target.state.current))


def _print_lines(host: Host, command: Command, start: str, fails: Callable[[FairleadError], None]) -> None:
    try:
        result = host.stream(command, lambda line: print(f"{start}{log_line(line)}", flush=True))
    except FairleadError as error:
        fails(error)
    except BrokenPipeError:
        return  # nobody reads them any more
    else:
        if not result.ok:
            fails(FairleadError(f"{host.name}: {result.reason}"))
