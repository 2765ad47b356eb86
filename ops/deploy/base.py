"""Sends the base, edge and data, to a host on which no release serves yet: a first try that failed is mended so."""

from __future__ import annotations

from collections.abc import Iterable

from ..agent.record import state_of
from ..command import Command
from ..errors import LockedError, StepFailedError
from ..host import Host
from ..step import Say
from .layout import Layout
from .upload import Upload, send

TITLE = "send the files of edge and data"
CLEAR = """
set -e; cd /
if test -n "$("$1" ps --quiet --filter "name=^/$2\\$")"; then echo "an agent is at work there"; exit 75; fi
"$1" compose --project-name "$3" down 2>&1
rm -rf -- "$4" 2>&1
"""
AT_WORK = 75


def send_base(host: Host, client: str, layout: Layout, files: Iterable[Upload], say: Say = lambda _: None) -> None:
    """
    Makes the base's folder on *host* anew, while no release serves there.

    Containers that an earlier try left there go, and are made anew by the agent: they would go on with the files that
    they mounted. Their volumes stay.

    Args:
        client: The docker client there.
        say: Told now and then how far it is.

    Raises:
        LockedError: another deploy has begun there meanwhile.
        StepFailedError: it did not get there.
    """
    if host.run(Command(("test", "-e", layout.base))).ok:
        _clear(host, client, layout)
    send(host, layout.base, files, say)


def _clear(host: Host, client: str, layout: Layout) -> None:
    state = state_of(host.read(f"{layout.state}/state.json"))
    begun = LockedError(f"{host.name}: another deploy has begun there meanwhile; run it again when it has ended")
    if state.current or state.pending:
        raise begun
    result = host.run(Command(("sh", "-c", CLEAR, "sh", client, layout.agent, layout.base_project, layout.base)))
    if result.exit_code == AT_WORK:
        raise begun
    if not result.ok:
        said = (result.out.strip().splitlines() or [result.reason])[-1]
        raise StepFailedError(host.name, TITLE, f"{layout.base}: {said}; nothing serves there, run it again")
