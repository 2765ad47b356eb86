"""What is asked of a host before anything is built: its clock, its ports. Asks only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..command import Command
from ..compose import model, published
from ..host import Host
from ..stack import open_stack
from ..step import Do, Say, Step
from .bound import Bound, bound_by_containers, listening, process_at
from .layout import Layout
from .sending import Sending, for_host
from .target import Target, TargetError

ASK_S = 60.0
APART_S = 60.0
"""Within a minute, a connection that was slow explains it."""


def say_clock(host: Host) -> None:
    """Says so where the clock of *host* is another than this machine's."""
    if note := clock_note(host):
        print(note, flush=True)


def ports_step(sending: Sending, *, again: bool = False) -> Iterator[Step]:
    """
    Looks whether the ports are free, by the variables that hold once it is built.

    Args:
        again: Also where a release serves already, since what publishes ports is replaced.
    """
    if again or not sending.target.state.current:

        def look(_: Host, __: Say) -> None:
            stack = for_host(open_stack(client=sending.client), sending.host, sending.layout, sending.name)
            check_ports(sending.host, sending.target, sending.layout, model(stack.host, stack.project))

        yield Do("see that its ports are free there", "cat /proc/net/tcp /proc/net/udp; docker ps", look)


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
    The ports that the stack publishes are free on *host* at their addresses, or held by its own edge and data.

    Raises:
        TargetError: one is not; nothing was changed.
    """
    containers = [*bound_by_containers(host, target.client)]
    others = [bound for bound in containers if not bound.holder.startswith(f"{layout.base_project}-")]
    # the engine itself listens for its containers
    processes = [bound for bound in listening(host) if not any(bound.clashes(each) for each in containers)]
    held = []
    for service, address, port, protocol in published(merged):
        wanted = Bound(address, port, protocol)
        found = next((each for each in (*others, *processes) if wanted.clashes(each)), None)
        if found is not None:
            who = f"container {found.holder}" if found.holder else process_at(host, wanted)
            held.append(f"{wanted}, wanted by {service}, by {who}")
    if held:
        raise TargetError(
            f"{host.name}: ports are taken there: {'; '.join(held)}; end that, or set other ports; "
            "nothing was changed there"
        )
