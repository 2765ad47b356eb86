"""
What renews on the machine itself, where this runs in a container on it: that cannot be seen from inside.

Whoever comes from outside writes it down beside the state.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..host import Host
from ..reach import HERE
from ..stack import Stack
from ..timers import Timer
from .renewers import other_renewers
from .timer import timer

FILE = "outside.json"
PRIVATE = 0o600


def renewers(stack: Stack) -> tuple[Timer, tuple[str, ...]]:
    """The timer of *stack*, and who else renews certificates on its machine."""
    others = tuple(other_renewers(stack.host, stack.project.client, stack.project.name))
    if not os.environ.get(HERE):
        return timer(stack), others
    try:
        told = json.loads(stack.host.read(str(stack.settings.state / FILE)) or "{}")
        return Timer(**told["timer"]), (*told["others"], *others)
    except (ValueError, TypeError, KeyError):
        return Timer("none", armed=False), others


def write(host: Host, folder: str, found: Timer, others: Sequence[str]) -> None:
    """Writes down for the keeper that works in *folder* what was found on *host*."""
    text = json.dumps({"timer": asdict(found), "others": list(others)}, indent=2)
    host.put(str(Path(folder, ".fairlead", FILE)), text + "\n", PRIVATE)
