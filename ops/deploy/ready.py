"""What is asked of a host before anything is built: its clock, its ports. Asks only."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..command import Command
from ..compose import model, published
from ..host import Host
from ..stack import open_stack
from ..step import Do, Say, Step
from .layout import Layout
from .sending import Sending, for_host
from .target import Target, TargetError

ASK_S = 60.0
APART_S = 60.0
"""Within a minute, a connection that was slow explains it."""
LISTEN = "0A"


def say_clock(host: Host) -> None:
    """Says so where the clock of *host* is another than this machine's."""
    if note := clock_note(host):
        print(note, flush=True)


def ports_step(sending: Sending) -> Iterator[Step]:
    """Before the first release: looks whether the ports are free, by the variables that hold once it is built."""
    if not sending.target.state.current:

        def look(_: Host, __: Say) -> None:
            stack = for_host(open_stack(client=sending.client), sending.host, sending.layout, sending.name)
            check_ports(sending.host, sending.target, sending.layout, model(stack.host, stack.project))

        yield Do("see that its ports are free there", "cat /proc/net/tcp; docker ps", look)


def clock_note(host: Host, clock: Callable[[], float] = time.time) -> str:
    """What is to be said about the clocks of *host* and of this machine; empty where they agree."""
    begun = clock()
    told = host.run(Command(("date", "+%s")), timeout_s=ASK_S).out.strip()
    if not told.isdigit():
        return ""
    apart_s = int(told) - (begun + clock()) / 2
    if abs(apart_s) <= APART_S:
        return ""
    amount = f"{abs(apart_s) / 60:.0f} minutes" if abs(apart_s) < 2 * 3600 else f"{abs(apart_s) / 3600:.1f} hours"
    way = "before" if apart_s > 0 else "behind"
    return (
        f"{host.name}: its clock is {amount} {way} this machine's: one of the two is wrong, and certificates, logins "
        f"and logs need the time; timedatectl says which, inv provision --host {host.name} sets the host's"
    )


def check_ports(host: Host, target: Target, layout: Layout, merged: Mapping[str, Any]) -> None:
    """
    Before a release serves: the ports that the stack publishes are free there, or held by its own edge.

    Raises:
        TargetError: one is not; nothing was changed.
    """
    wanted = {port: service for service, _, port, protocol in published(merged) if protocol == "tcp"}
    taken = sorted(wanted.keys() & set(_listening(host)))
    holders = {port: _holder(host, target, port) for port in taken}
    held = "; ".join(
        f"{port}, wanted by {wanted[port]}, by {holder}"
        for port, holder in holders.items()
        if not holder.startswith(f"container {layout.base_project}-")
    )
    if held:
        raise TargetError(
            f"{host.name}: ports are taken there: {held}; end that, or set other ports; nothing was changed there"
        )


def _listening(host: Host) -> Iterable[int]:
    """Every TCP port that somebody listens on."""
    told = host.run(Command(("sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null")), timeout_s=ASK_S)
    for line in told.out.splitlines():
        fields = line.split()
        if len(fields) > 3 and fields[3] == LISTEN:  # noqa: PLR2004 - local, remote, state
            yield int(fields[1].rpartition(":")[2], 16)


def _holder(host: Host, target: Target, port: int) -> str:
    """The container or the process, as far as this user may know."""
    asked = Command((target.client, "ps", "--filter", f"publish={port}", "--format", "{{.Names}}"))
    names = host.run(asked, timeout_s=ASK_S).out.split()
    if names:
        return f"container {names[0]}"
    told = host.run(Command(("sh", "-c", f"ss -Hltnp 'sport = :{port}' 2>/dev/null")), timeout_s=ASK_S).out
    found = re.search(r'users:\(\("([^"]+)",pid=(\d+)', told)
    return f"process {found[2]} ({found[1]})" if found else "a process of another user"
