"""Asks a person, once, where something cannot be undone or the host is marked as protected."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from ..errors import FairleadError, SettingsError

YES = "yes"


class RefusedError(FairleadError):
    """A person said no; nothing was changed."""


def ask_once(host: str, reasons: Iterable[str], *, yes: bool, ask: Callable[[str], str] | None = None) -> None:
    """
    Goes on where there is no reason to ask, where --yes was said, or where a person types yes.

    Args:
        ask: Asks at a terminal; None where nobody is there.

    Raises:
        SettingsError: nobody is there to ask.
        RefusedError: the person does not want it.
    """
    found = list(reasons)
    if not found or yes:
        return
    if ask is None:
        raise SettingsError(f"{host}: {'; '.join(found)}: say --yes where nobody is there to ask; nothing was changed")
    print("\n".join(f"{host}: {reason}" for reason in found), flush=True)
    if ask("Go on? Type yes: ").strip().lower() != YES:
        raise RefusedError(f"{host}: not wanted; nothing was changed")


def person() -> Callable[[str], str] | None:
    """What asks at the terminal; None where there is none."""
    return input if sys.stdin.isatty() else None
