"""Opens the hosts that a task's --host means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .deploy.layout import Layout
from .errors import SettingsError
from .here import Here
from .inventory import HostEntry
from .person import person
from .reach import HERE
from .settings import find_settings, load_settings
from .ssh import RemoteHost
from .ssh.keys import Ask


@dataclass(frozen=True)
class Opened:
    """A host, and where the stack stands on it; it connects at first use. *state*: what this machine remembers."""

    host: RemoteHost
    layout: Layout
    state: Path = Path(".fairlead")


@contextmanager
def open_hosts(names: Iterable[str], *, one: bool = False) -> Iterator[list[Opened]]:
    """
    The hosts of fairlead.yaml that *names* mean, while the block runs.

    Args:
        one: Whether the task works on one host at a time.

    Raises:
        SettingsError: no such host, or several where one is worked on.
    """
    settings = load_settings(find_settings(Path.cwd()))
    chosen = settings.inventory.chosen(names)
    if one and len(chosen) > 1:
        raise SettingsError(f"one host at a time: {', '.join(entry.name for entry in chosen)}; say one of them")
    ask = person()
    with ExitStack() as opened:
        hosts = [opened.enter_context(_host(entry, ask)) for entry in chosen]
        yield [Opened(host, Layout(settings.name, host.entry.folder), settings.state) for host in hosts]


def _host(entry: HostEntry, ask: Ask | None) -> RemoteHost:
    """*entry*, over the network unless this very machine is it, as it is for the keeper."""
    if os.environ.get(HERE) == entry.name:
        return Here(entry)
    if entry.identity and not Path(entry.identity).expanduser().is_file():
        raise SettingsError(
            f"fairlead.yaml: hosts: {entry.name}: identity: {entry.identity}: no such file here; name the private key "
            "that logs in, or leave it out where the agent or ssh_config has it"
        )
    return RemoteHost(entry, ask)
