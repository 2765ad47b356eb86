"""Asks a person, once, where something cannot be undone or the host is marked as protected."""

from __future__ import annotations

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
    question = "".join(f"{host}: {reason}\n" for reason in found) + "Go on? Type yes: "
    if ask(question).strip().lower() != YES:
        raise RefusedError(f"{host}: not wanted; nothing was changed")
