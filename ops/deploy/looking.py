"""`inv status`, `inv logs` and `inv exec` on a host: what serves there, as the same tasks show it on a laptop."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..compose import ComposeProject, Container, containers
from ..errors import FairleadError, SettingsError
from ..settings import find_settings, load_settings
from ..ssh import RemoteHost
from ..state import as_json, table
from .layout import Layout
from .target import Target, examine

ERASE_LINE = "\x1b[2K"


@dataclass(frozen=True)
class Serving:
    """What serves on a host: the base project and that of the current release."""

    host: RemoteHost
    target: Target
    projects: tuple[ComposeProject, ...]

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
    with ExitStack() as opened:
        for each in _serving(opened, names):
            found = each.containers()
            well = well and bool(found) and all(container.settled for container in found)
            release = each.target.current or "no release"
            told.append({"host": each.host.name, "release": each.target.current, "services": as_json(found)})
            if not json_wanted:
                print(f"{each.host.name}: {release} serves")
                table(found)
    if json_wanted:
        print(json.dumps({"version": 1, "hosts": told}, indent=2))
    if not well:
        sys.exit(FairleadError.exit_code)


def logs(names: Iterable[str], *, service: str, flags: tuple[str, ...]) -> None:
    """`inv logs --host`; lines of several hosts begin with the host's name."""
    with ExitStack() as opened:
        serving = list(_serving(opened, names))
        reading = []
        for each in serving:
            start = f"{each.host.name} | " if len(serving) > 1 else ""
            for project in (each.project_of(service),) if service else each.projects:
                command = project.command("logs", "--timestamps", *flags, *((service,) if service else ()))
                told = threading.Thread(target=_print_lines, args=(each.host, command, start), daemon=True)
                told.start()
                reading.append(told)
        for told in reading:
            told.join()


def execute(names: Iterable[str], *, service: str, command: str, dry: bool) -> None:
    """`inv exec --host`; exits with the command's exit code."""
    with ExitStack() as opened:
        serving = list(_serving(opened, names))
        if len(serving) != 1:
            raise SettingsError("exec: on one host at a time")
        (each,) = serving
        terminal = () if sys.stdin.isatty() and sys.stdout.isatty() else ("-T",)
        asked = each.project_of(service).command("exec", *terminal, service, *shlex.split(command))
        if dry:
            print(f"{each.host.name}: {asked}")
            return
        if terminal:
            result = each.host.run(asked)
            sys.stdout.write(result.out)
            sys.stderr.write(result.err)
            sys.exit(result.exit_code)
        sys.exit(each.host.attach(asked))


def _serving(opened: ExitStack, names: Iterable[str]) -> Iterator[Serving]:
    settings = load_settings(find_settings(Path.cwd()))
    for entry in settings.inventory.chosen(names):
        host = opened.enter_context(RemoteHost(entry, input if sys.stdin.isatty() else None))
        layout = Layout(settings.name, entry.folder)
        target = examine(host, layout)
        yield Serving(host, target, tuple(_projects(layout, target)))


def _projects(layout: Layout, target: Target) -> Iterator[ComposeProject]:
    def project(name: str, folder: str) -> ComposeProject:
        return ComposeProject(target.client, name, (Path(folder) / "compose.yaml",), None, {})

    if target.base is not None:
        yield project(layout.base_project, layout.base)
    if target.current:
        yield project(layout.project(target.current), layout.release(target.current))


def _print_lines(host: RemoteHost, command: Any, start: str) -> None:
    host.stream(command, lambda line: print(f"{start}{line.removeprefix(ERASE_LINE)}", flush=True))
