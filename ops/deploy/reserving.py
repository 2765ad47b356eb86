"""
Reserves a host for one deploy, from before anything travels until the agent is at work.

A process there holds the lock for as long as this machine talks to it: it ends with the connection, and where this
machine falls silent without ending it. What is sent meanwhile is right without it, too: a release's folder is given
once, and no release starts with another's images.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from ..command import Command, Result
from ..errors import FairleadError, LockedError, UnreachableError
from ..host import Host
from ..lock import operator
from ..ssh.host import Readable
from .layout import Layout

EVERY_S, SILENT_S, ANSWER_S = 10.0, 60, 30.0
HELD, TAKEN, THERE = "held", "taken", "there"
HOLD = """
umask 027; file=$1 who=$2 silent=$3; shift 3
exec 9>>"$file" || exit 1
command -v flock >/dev/null || { echo "there is no flock; install util-linux"; exit 1; }
# somebody may only ask, or be about to go, or about to say who it is
if ! { flock -n 9 || { sleep 1; flock -n 9; }; }; then echo "taken $(cat "$file")"; exit 0; fi
for each in "$@"; do if test -e "$each"; then echo there; exit 0; fi; done
printf %s "$who" >"$file" && echo held || exit 1
while test -n "$(timeout "$silent" head -c 1 9>&-)"; do :; done
: >"$file"
"""
ASK = 'test -e "$1" || exit 0; flock -n "$1" true || cat "$1"'


class Talking(Protocol):
    """A host that runs a command for as long as somebody talks to it."""

    name: str

    def stream(self, command: Command, line: Callable[[str], None], source: Readable | None = None) -> Result:
        """Runs *command*, hands on each line that it says, and feeds it *source*."""


@contextmanager
def reserved(host: Talking, layout: Layout, release: str, what: str = "") -> Iterator[None]:
    """
    Has the host for the deploy of *release* while the block runs.

    Args:
        what: What others are told of it; the deploy of that release where it is not said.

    Raises:
        LockedError: another deploy has it, or has taken this very name meanwhile.
        FairleadError: it cannot be reserved.
    """
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    who = f"{what or f'deploy of {release}'} by {operator()}, since {since}"
    taken = (layout.release(release), f"{layout.state}/journal/{release}.jsonl")
    words = ("sh", "-c", HOLD, "sh", f"{layout.state}/sending", who, str(SILENT_S), *taken)
    talk = _Talk()
    holding = threading.Thread(target=talk.hold, args=(host, Command(words)), daemon=True)
    holding.start()
    try:
        _check(host.name, release, talk.answer())
        yield
    finally:
        talk.end()
        holding.join(ANSWER_S)


def holder(host: Host, layout: Layout) -> str:
    """Which deploy has reserved the host, of whom and since when; empty where none has."""
    asked = Command(("sh", "-c", ASK, "sh", f"{layout.state}/sending"))
    return host.run(asked, timeout_s=ANSWER_S).out.strip()


class _Talk:
    """What this machine says to the process there, so that it goes on: a byte every few seconds."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._said: queue.Queue[str] = queue.Queue()

    def read(self, _: int) -> bytes:
        """The next byte; none once it is over."""
        return b"" if self._over.wait(EVERY_S) else b"."

    def hold(self, host: Talking, command: Command) -> None:
        """Runs it to its end; that it was cut off is no fault of what goes on here."""
        try:
            result = host.stream(command, self._said.put, self)
        except UnreachableError as error:
            self._said.put(str(error))
        else:
            self._said.put(result.reason)

    def answer(self) -> str:
        """The first line that it says."""
        try:
            return self._said.get(timeout=ANSWER_S)
        except queue.Empty:
            return f"no answer within {ANSWER_S:g} s"

    def end(self) -> None:
        """It need not go on."""
        self._over.set()


def _check(host: str, release: str, answer: str) -> None:
    word, _, rest = answer.partition(" ")
    if word == TAKEN:
        raise LockedError(f"{host}: {rest or 'another run'} has the host; wait for it; nothing was changed")
    if word == THERE:
        raise LockedError(f"{host}: another deploy has made {release} meanwhile; run it again; nothing was changed")
    if word != HELD:
        raise FairleadError(f"{host}: cannot be reserved for {release}: {answer}; nothing was changed")
