"""The agent's program: `python -m fairlead.ops.agent COMMAND --root FOLDER [--release NAME]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from .down import down
from .removing import gc
from .rotating import rotated
from .running import show_state
from .standing import freeze, maintain
from .switching import abort, switch
from .tiers import abort_tier, change_tier

COMMANDS = (
    *("switch", "rollback", "abort", "gc", "state", "maintenance", "freeze", "down", "tier", "tier-abort"),
    "rotated",
)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and gives its exit code; every line that it prints is one JSON object."""
    parser = argparse.ArgumentParser(prog="fairlead-agent")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--root", required=True)
    parser.add_argument("--release", default="")
    parser.add_argument("--who", default="")
    parser.add_argument("--keep", type=int, default=3)
    parser.add_argument("--order", default="", help="the file of an order of maintenance; without it, it ends")
    parser.add_argument("--reason", default="", help="why it is frozen; without it, it is thawed")
    parser.add_argument("--folder", default="", help="what was handed over for a tier; without it, what was cut off")
    parser.add_argument("--about", default="", help="a secret that gets a second value; none is in here")
    given = parser.parse_args(arguments)
    root, who = given.root, given.who
    commands: dict[str, Callable[[], int]] = {
        "switch": lambda: switch(root, given.release, who, jobs=True),
        "rollback": lambda: switch(root, given.release, who, jobs=False),
        "abort": lambda: abort(root, given.release, who),
        "gc": lambda: gc(root, given.keep, who),
        "state": lambda: show_state(root),
        "maintenance": lambda: maintain(root, given.order, who),
        "freeze": lambda: freeze(root, given.reason, who),
        "down": lambda: down(root, who),
        "tier": lambda: change_tier(root, given.folder, who),
        "tier-abort": lambda: abort_tier(root, who),
        "rotated": lambda: rotated(root, given.about, who),
    }
    return commands[given.command]()


if __name__ == "__main__":
    sys.exit(main())
