"""Asks the person at the terminal; also where standard output is a file, a pipe or events for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable

Ask = Callable[[str], str]


def person() -> Ask | None:
    """What asks at the terminal; None where nobody is there."""
    return asked if sys.stdin.isatty() else None


def asked(question: str) -> str:
    """The answer to *question*, which is seen wherever standard output goes; empty where the input has ended."""
    try:
        if sys.stdout.isatty():
            return input(question)
        print(question, end="", file=sys.stderr, flush=True)
        return input()
    except EOFError:
        return ""
