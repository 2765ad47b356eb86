"""Waiting until every container of a project is as it should be, and saying why one is not."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .command import Command
from .compose import ComposeProject, Container, containers
from .doctor.known_errors import KNOWN_ERRORS
from .errors import FairleadError, StepFailedError
from .host import Host
from .step import Do, Say, Step

DEADLINE_S = 300.0
POLL_S = 0.5
WATCH_S = 1.0
RESTARTS_SEEN = 3
STEADY_S = 3.0
EACH_NS, RETRIES = 30 * 10**9, 3
"""The engine's own values of a health check's interval and timeout, and of its retries."""

LOG_LINES = 20
TITLE = "wait until all is healthy"


def wait_step(project: ComposeProject, deadline_s: float = DEADLINE_S, *, services: Collection[str] = ()) -> Step:
    """
    Waits until all containers have settled; fails at the first that cannot, or after *deadline_s*.

    A container whose own health check may take longer until it says that it is not healthy has that time.

    Args:
        services: Those that are waited for; all of the project where none is named.
    """
    shown = (
        f"ask docker compose ps until all is healthy, at most {deadline_s:g} s, or as long as health checks may take"
    )
    return Do(TITLE, shown, _waiting(project, deadline_s, services))


def explain(host: Host, project: ComposeProject, container: Container) -> str:
    """The last lines of the container's log, the last output of its health check, and what a known error means."""
    log = host.run(Command((project.client, "logs", "--tail", str(LOG_LINES), container.name)), timeout_s=30)
    said = log.out + log.err
    lines = [f"last lines of {container.name}:", *_indented(said)]
    health = _health_output(host, project, container)
    lines += ["its health check said:", *_indented(health)] if health else []
    return "\n".join([*lines, *_meaning(container.service, f"{said}\n{health}")])


def _meaning(service: str, said: str) -> list[str]:
    """What the table of known errors has to say, where the service or its log names the program."""
    words = f"{service}\n{said}".lower()
    for known in KNOWN_ERRORS:
        if known.pattern.search(said) and (not known.kinds or any(kind in words for kind in known.kinds)):
            return [f"that means: {known.means}", f"what to do: {known.todo}"]
    return []


def unhealthy(host: Host, project: ComposeProject) -> list[Container]:
    """The containers that have failed for good."""
    return [container for container in containers(host, project) if container.failed]


def _waiting(project: ComposeProject, deadline_s: float, services: Collection[str] = ()) -> Callable[[Host, Say], None]:
    def wait(host: Host, say: Say) -> None:
        begun = settled = time.monotonic()
        restarting: Counter[str] = Counter()
        while True:
            found, now = _of(containers(host, project), services), time.monotonic()
            restarting.update(container.name for container in found if container.state == "restarting")
            open_ = [container for container in found if not container.settled]
            settled = now if open_ else settled
            if not open_ and now - settled >= _steady_s(found, restarting):
                return
            failed = [container for container in open_ if _is_hopeless(container, restarting)]
            if failed or (open_ and now - begun > deadline_s and now - begun > _patience_s(host, project, open_)):
                raise _failure(host, project, (failed or open_)[0], now - begun)
            say(", ".join(f"{container.service} is {container.health or container.state}" for container in open_))
            time.sleep(POLL_S)

    return wait


def _patience_s(host: Host, project: ComposeProject, open_: list[Container]) -> float:
    """How long the slowest health check of them may take to fail, in seconds: start_period, then all its retries."""
    names = (container.name for container in open_)
    words = (project.client, "inspect", "--format", "{{json .Config.Healthcheck}}", *names)
    told = host.run(Command(words), timeout_s=30).out.splitlines()
    return max((_longest_s(json.loads(line) or {}) for line in told if line), default=0.0)


def _longest_s(check: Mapping[str, Any]) -> float:
    """Of a health check as the engine has it: in nanoseconds, and its own values where one is missing."""
    each = (check.get("Interval") or EACH_NS) + (check.get("Timeout") or EACH_NS)
    return float((check.get("StartPeriod") or 0) + (check.get("Retries") or RETRIES) * each) / 1e9 if check else 0.0


def _of(found: list[Container], services: Collection[str]) -> list[Container]:
    return [container for container in found if not services or container.service in services]


def _steady_s(found: list[Container], restarting: Counter[str]) -> float:
    """How long all has to be well: one that dies again and again runs in between, and no health check tells."""
    unchecked = any(container.state == "running" and not container.health for container in found)
    return STEADY_S if unchecked or restarting else 0.0


def _is_hopeless(container: Container, restarting: Counter[str]) -> bool:
    """A first restart may help, as where a service is faster than the database that it needs."""
    if container.state == "restarting":
        return restarting[container.name] >= RESTARTS_SEEN
    return container.failed


@contextmanager
def watched(host: Host, project: ComposeProject) -> Iterator[list[Container]]:
    """
    Looks on while `docker compose up` waits, which it does for minutes where a container restarts again and again.

    The list holds the containers that failed; once it has one, the container is stopped, and Compose gives up.
    """
    failed: list[Container] = []
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(host, project, failed, over), daemon=True)
    watcher.start()
    try:
        yield failed
    finally:
        over.set()
        watcher.join()


def _watch(host: Host, project: ComposeProject, failed: list[Container], over: threading.Event) -> None:
    seen: Counter[str] = Counter()
    while not over.wait(WATCH_S) and not failed:
        seen.update(container.name for container in containers(host, project) if container.state == "restarting")
        for container in containers(host, project):
            if seen[container.name] >= RESTARTS_SEEN:
                failed.append(container)
                host.run(Command((project.client, "stop", "--time", "5", container.name)), timeout_s=60)


def _failure(host: Host, project: ComposeProject, container: Container, waited_s: float) -> FairleadError:
    restarting = container.state == "restarting"
    ended = "restarts again and again" if restarting else f"is {container.state}"
    state = f"is {container.health}" if container.health else f"{ended} (exit {container.exit_code})"
    late = "" if container.failed or restarting else f" after {waited_s:.0f} s"
    reason = f"{container.service} {state}{late}; inv logs --service {container.service} has more, inv doctor asks why"
    return StepFailedError(host.name, TITLE, reason, explain(host, project, container))


def _health_output(host: Host, project: ComposeProject, container: Container) -> str:
    asked = Command((project.client, "inspect", "--format", "{{json .State.Health}}", container.name))
    result = host.run(asked, timeout_s=30)
    health = json.loads(result.out) if result.ok and result.out.strip() else None
    log = (health or {}).get("Log") or []
    return str(log[-1]["Output"]) if log else ""


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.rstrip().splitlines()]
