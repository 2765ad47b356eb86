"""Has nginx run where it does not: as it was, while a release that serves is there; with the new one else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..command import Command, Result
from ..compose import ComposeProject, containers
from ..errors import StepFailedError
from ..host import Host
from ..step import Do, Say, Step, end_of
from ..waiting import wait_step
from .nginx import Nginx, NginxError

AGAIN = "start the edge again, as it was"
FIRST, START = "write the first generation of the edge", "start the edge"
START_S, PAUSE_S = 15.0, 0.2

Find = Callable[[], Nginx | None]


def again_step(base: ComposeProject, up: Command, services: tuple[str, ...], nginx: Find) -> Step:
    """
    Starts an edge that does not run, on the generation that is live.

    So visitors have the old release back at once, and a new one that fails leaves it to them. Where nginx does not run
    on that generation any more, the new release's own may mend it: this never fails.
    """

    def start(host: Host, say: Say) -> None:
        result = _started(host, base, up, services, say)
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

    def start(host: Host, say: Say) -> None:
        result = _started(host, base, up, services, say)
        if not result.ok:
            raise StepFailedError(host.name, START, result.reason, end_of(result))

    yield Do(FIRST, "write the generation", written, back)
    yield Do(START, str(up), start)
    yield wait_step(base, services=services)


def _started(host: Host, base: ComposeProject, up: Command, services: tuple[str, ...], say: Say) -> Result:
    """Without waiting for the engine, which starts what died again and again later each time."""
    result = host.stream(up, say)
    died = [each for each in containers(host, base) if each.service in services and each.state == "restarting"]
    return host.stream(base.command("restart", *services), say) if result.ok and died else result


def is_at_work(nginx: Nginx | None) -> bool:
    """Whether it has workers."""
    try:
        return nginx is not None and bool(nginx.workers())
    except NginxError:
        return False  # it ended between two looks
