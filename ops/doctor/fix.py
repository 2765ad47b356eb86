"""`inv doctor --fix`: an engine where there is none, after showing how and asking."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout

from ..engine import EngineError, engine_facts
from ..engine_install import fix_plan
from ..errors import SettingsError
from ..execute import execute
from ..host import Host
from ..progress import Progress


def fix(host: Host, *, yes: bool, dry: bool, quiet: bool = False, ask: Callable[[str], str] = input) -> None:
    """
    Shows what makes the engine usable, asks, and does it; nothing where it is usable.

    Args:
        quiet: Standard output belongs to something else, such as JSON.

    Raises:
        SettingsError: nobody is there to ask, or the answer is not yes.
        EngineError: there is no way to make it usable here.
    """
    elsewhere = os.environ.get("DOCKER_HOST")
    if elsewhere and (problem := engine_facts(host).problem):
        raise EngineError(f"DOCKER_HOST is {elsewhere}: {str(problem).partition(';')[0]}; mend it there, or unset it")
    plan = fix_plan(host)
    with redirect_stdout(sys.stderr if quiet else sys.stdout):
        if dry or not plan:
            print(plan if plan else "the engine needs no mending", flush=True)
            return
        print(f"to make the engine usable:\n{plan}", flush=True)
        _confirm(yes=yes, ask=ask)
        with Progress() as progress:
            execute(plan, {host.name: host}, progress)


def _confirm(*, yes: bool, ask: Callable[[str], str]) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise SettingsError("doctor --fix: nobody is here to ask; say --yes as well, or run the commands above")
    if ask("Run this? Type yes to go on: ").strip() != "yes":
        raise SettingsError("nothing was done")
