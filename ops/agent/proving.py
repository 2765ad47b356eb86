"""Asks from inside nginx's container whether a release answers, and watches what visitors get of it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping

from ..command import Command
from ..errors import StepFailedError
from ..host import Host
from ..maintenance.texts import CLOSED_STATUS
from ..step import Do, Say, Step
from .bundle import Bundle
from .nginx import Nginx
from .watching import Answers, answers_in, is_failing, is_slow

CURL = "see that nginx's container has curl"
PROBE_S = 30.0
PAUSE_S = 0.2
OK = 200
ANSWERED = range(200, 500)


def curl_step(bundle: Bundle, nginx: Command, image: Command) -> Iterator[Step]:
    """
    Before anything is changed: what is asked of a release is asked by curl; nothing where nothing is asked.

    Args:
        nginx: Asks for it in the container that runs.
        image: Asks for it in a container of its own, where none runs.
    """

    def look(host: Host, say: Say) -> None:
        if host.run(nginx, 60).ok:
            return
        result = host.stream(image, say)
        if not result.ok:
            why = f"{bundle.edge} has no curl, by which a release is asked ({result.reason}); add it to its image"
            raise StepFailedError(host.name, CURL, why)

    if bundle.probes or bundle.smoke:
        yield Do(CURL, str(nginx), look)


def ask_until_well(
    host: Host, nginx: Nginx, address: str, step: str, say: Say, *, port: int = 0, well: Collection[int] = (OK,)
) -> int:
    """
    Asks *address* from inside nginx's container until it answers as it should, and gives that status.

    Args:
        port: Where nginx listens for it in its container; as the address says where it is 0.
        well: The statuses that will do.

    Raises:
        StepFailedError: it does not within half a minute.
    """
    until = time.monotonic() + PROBE_S
    while True:
        status, body = nginx.ask(address, port)
        say(f"{address}: {status or body}")
        if status in well:
            return status
        if time.monotonic() > until:
            raise StepFailedError(host.name, step, f"{address}: {status or 'no answer'}: {body.strip()[:200]}")
        time.sleep(PAUSE_S)


def answers_by_name(nginx: Nginx, bundle: Bundle) -> dict[str, int]:
    """What visitors are answered by the site's name now: the status of each address, 0 where there is none."""
    return {address: nginx.ask(address, bundle.tls_port)[0] for address in bundle.public}


def ask_by_name(
    host: Host, nginx: Nginx, bundle: Bundle, step: str, say: Say, *, before: Mapping[str, int], closed: bool
) -> Iterator[str]:
    """
    Asks what is asked through nginx once more as visitors do: by the site's name, through nginx's own TLS.

    A path that only nginx's own port has may be redirected or missing there, as long as it was so before the switch;
    gives a line for each. Where nothing is known of before, any answer but 5xx will do.

    Args:
        before: The statuses before the switch.
        closed: Whether the site is in maintenance, so that visitors are told so.

    Raises:
        StepFailedError: as `ask_until_well`.
    """
    always = {OK, CLOSED_STATUS} if closed else {OK}
    for address in bundle.public:
        known = before.get(address, 0)
        other = {known} if known in ANSWERED else set() if known == CLOSED_STATUS and closed else set(ANSWERED)
        status = ask_until_well(host, nginx, address, step, say, port=bundle.tls_port, well=always | other)
        if status not in always:
            yield f"{address}: answers {status}, so it tells nothing of the release; deploy.smoke may name another path"


def watch(host: Host, nginx: Nginx, step: str, say: Say, *, begun: float, watch_s: float, closed: bool) -> str:
    """
    Watches what visitors get for *watch_s* seconds from *begun* on; what cannot be watched is said in what it gives.

    Raises:
        StepFailedError: answers are 5xx, or slow, as they were not before.
    """
    if not watch_s:
        return ""
    meant = {CLOSED_STATUS} if closed else set()
    ends = time.monotonic() + min(watch_s, begun + watch_s - time.time())  # the clock may be set back meanwhile
    before = answers_in(nginx.log(begun - watch_s, begun).lines, meant)
    while True:
        log = nginx.log(begun)
        since = answers_in(log.lines, meant)
        say(f"{since.count} answers, {since.bad} of them 5xx")
        if why := is_failing(before, since):
            raise StepFailedError(host.name, step, why)
        if time.monotonic() >= ends:
            break
        time.sleep(PAUSE_S)
    if why := is_slow(before, since):
        raise StepFailedError(host.name, step, why)
    return _unseen(log.problem, log.lines, since)


def _unseen(problem: str, lines: Iterable[str], since: Answers) -> str:
    """Why nothing is known of what visitors got; empty where something is."""
    if since.count and not problem:
        return ""
    first = next(iter(lines), "")
    why = problem or (f'no line of nginx\'s log is known, such as "{first[:80]}"' if first else "nginx logged none")
    return f"answers cannot be watched: {why}"
