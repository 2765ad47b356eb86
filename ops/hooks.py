"""Runs the operator's own commands at the turning points of a deploy, on this machine, in the stack's folder."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .errors import FairleadError
from .host import Host
from .outward import Hook, Outward
from .step import Do, Say, Step

GRACE_S = 5.0
Show = Callable[[str], None]


class HookError(FairleadError):
    """A command of the operator's own failed."""


class LateHookError(HookError):
    """One failed when the new release served already: nothing is taken back."""

    exit_code = 3


@dataclass(frozen=True)
class Moment:
    """
    What hooks are told, in variables that begin with FAIRLEAD_.

    Attributes:
        action: ``deploy`` or ``rollback``.
        release: The release that comes; where edge or data change, the one that serves and goes on serving.
        previous: What served before; empty at the first deploy.
        revision: What the release was made from.
        tier: What changes: ``app``, ``edge`` or ``data``.
    """

    host: str
    release: str
    previous: str
    revision: str = ""
    action: str = "deploy"
    tier: str = "app"

    @property
    def variables(self) -> Mapping[str, str]:
        """As a hook gets them."""
        return {
            "FAIRLEAD_HOST": self.host,
            "FAIRLEAD_RELEASE": self.release,
            "FAIRLEAD_PREVIOUS": self.previous,
            "FAIRLEAD_REVISION": self.revision,
            "FAIRLEAD_ACTION": self.action,
            "FAIRLEAD_TIER": self.tier,
        }


@dataclass(frozen=True)
class Hooks:
    """The hooks of a stack whose fairlead.yaml stands in *root*."""

    settings: Outward
    root: Path

    def steps(self, name: str, moment: Moment) -> Iterator[Step]:
        """A step for each command of the hook *name*; one that fails stops the deploy."""
        for hook in self.settings.hooks.get(name, ()):
            yield Do(f"{name}: {hook.words[0]}", shlex.join(hook.words), partial(self._stopping, name, hook, moment))

    def run(self, name: str, moment: Moment, show: Show = print) -> str:
        """Runs the commands of the hook *name*, all of them; gives what failed, in words."""
        failed = (self._ended(name, hook, moment, show) for hook in self.settings.hooks.get(name, ()))
        return "; ".join([said for said in failed if said])

    def _stopping(self, name: str, hook: Hook, moment: Moment, _: Host, say: Say) -> None:
        said = self._ended(name, hook, moment, lambda line: _both(say, line))
        if said:
            serves = f"{moment.previous or 'no release'} serves as before"
            raise HookError(f"{moment.host}: {said}; {serves}: mend it and deploy again")

    def _ended(self, name: str, hook: Hook, moment: Moment, show: Show) -> str:
        """Runs one command; why it failed, empty where it did not."""
        shown = f"{name}: {shlex.join(hook.words)}"
        try:
            code, last = _run(hook, self.root, {**os.environ, **moment.variables}, show)
        except OSError as error:
            return f"{shown}: {(error.strerror or 'cannot be run').lower()}"
        if code is None:
            return f"{shown}: not ended after {hook.timeout_s:g} s"
        return f"{shown}: exit {code}{f': {last}' if last else ''}" if code else ""


def _both(say: Say, line: str) -> None:
    say(line)
    print(line, flush=True)


def _run(hook: Hook, root: Path, environment: Mapping[str, str], show: Show) -> tuple[int | None, str]:
    """Its exit code, None where it took too long; and the last line it printed."""
    process = subprocess.Popen(
        hook.words,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that what it started ends with it
    )
    late = threading.Event()
    timer = threading.Timer(hook.timeout_s, partial(_end, process, late))
    timer.daemon = True
    timer.start()
    last = ""
    try:
        for line in process.stdout or ():
            last = line.strip() or last
            show(f"    | {line.rstrip()}")
        code = process.wait()
    except BaseException:
        _signal(process, signal.SIGKILL)
        raise
    finally:
        timer.cancel()
        process.stdout and process.stdout.close()
    return (None if late.is_set() else code), last


def _end(process: subprocess.Popen[str], late: threading.Event) -> None:
    late.set()
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
