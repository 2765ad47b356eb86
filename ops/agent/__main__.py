"""The agent's program: `python -m fairlead.ops.agent COMMAND --root FOLDER [--release NAME]`."""

from __future__ import annotations

import argparse
import sys

from .running import abort, gc, show_state, switch
from .standing import freeze, maintain

COMMANDS = ("switch", "rollback", "abort", "gc", "state", "maintenance", "freeze")


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
    given = parser.parse_args(arguments)
    if given.command == "state":
        return show_state(given.root)
    if given.command == "gc":
        return gc(given.root, given.keep, given.who)
    if given.command == "maintenance":
        return maintain(given.root, given.order, given.who)
    if given.command == "freeze":
        return freeze(given.root, given.reason, given.who)
    if given.command == "abort":
        return abort(given.root, given.release, given.who)
    return switch(given.root, given.release, given.who, jobs=given.command == "switch")


if __name__ == "__main__":
    sys.exit(main())
