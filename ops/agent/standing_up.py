"""Has nginx run where it does not: as it was, while a release that serves is there; with the new one else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..command import Command
from ..compose import ComposeProject
from ..host import Host
from ..step import Do, Run, Say, Step
from ..waiting import wait_step
from .nginx import Nginx, NginxError

AGAIN = "start the edge again, as it was"
FIRST = "write the first generation of the edge"
START_S, PAUSE_S = 15.0, 0.2

Find = Callable[[], Nginx | None]


def again_step(up: Command, nginx: Find) -> Step:
    """
    Starts an edge that does not run, on the generation that is live.

    So visitors have the old release back at once, and a new one that fails leaves it to them. Where nginx does not run
    on that generation any more, the new release's own may mend it: this never fails.
    """

    def start(host: Host, say: Say) -> None:
        result = host.stream(up, say)
        until = time.monotonic() + START_S
        while result.ok and not is_at_work(nginx()):
            if time.monotonic() > until:
                say("it does not run as it was; it starts with the new release")
                return
            time.sleep(PAUSE_S)
        if not result.ok:
            say(f"{result.reason}; it starts with the new release")

    return Do(AGAIN, str(up), start)


def first_steps(
    base: ComposeProject,
    up: Command,
    services: tuple[str, ...],
    *,
    nginx: Find,
    write: Callable[[Host, Say], None],
    back: Callable[[Host], None],
) -> Iterator[Step]:
    """Where no nginx runs by now, it starts with the generation that *write* writes and *back* takes back."""

    def written(host: Host, say: Say) -> None:
        if not is_at_work(nginx()):
            write(host, say)

    yield Do(FIRST, "write the generation", written, back)
    yield Run("start the edge", up)
    yield wait_step(base, services=services)


def is_at_work(nginx: Nginx | None) -> bool:
    """Whether it has workers."""
    try:
        return nginx is not None and bool(nginx.workers())
    except NginxError:
        return False  # it ended between two looks
