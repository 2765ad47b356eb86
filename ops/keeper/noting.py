"""What only a host itself sees of its timers, written down for the keeper, which runs in a container there."""

from __future__ import annotations

from .. import timers
from ..certbot import outside
from ..certbot.renewers import other_renewers
from ..timers import MARK, Timer
from .running import Keeper


def note(keeper: Keeper) -> Timer:
    """Writes down for the keeper what only its host sees: the timer of the renewal, and who else renews."""
    found = timers.state(keeper.host, unit(keeper))
    outside.write(keeper.host, keeper.folder, found, others_there(keeper))
    return found


def others_there(keeper: Keeper) -> list[str]:
    """Who else renews certificates on the host."""
    return other_renewers(keeper.host, keeper.target.client, keeper.layout.base_project)


def unit(keeper: Keeper) -> str:
    """The name of the timer's units."""
    return f"{MARK}-{keeper.layout.stack}-{keeper.job}"
