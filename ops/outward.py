"""What a run does beyond the host: commands of the operator's own at its turning points, and a web address it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STOPPING = ("before-build", "after-build", "before-ship", "after-ship", "before-switch")
"""Until then nothing serves otherwise than before: what fails stops the deploy."""
SERVING, FINISHED = ("after-switch", "before-finish"), ("after-finish",)
"""From then on the new release serves: what fails is told, and nothing is taken back."""
EVENTS = ("deploy", "rollback", "abort", "failure", "maintenance", "freeze", "verify")
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Hook:
    """A command: words, without a shell; it is ended after *timeout_s*."""

    words: tuple[str, ...]
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True)
class Outward:
    """
    The settings `hooks` and `notify`.

    Attributes:
        hooks: The commands of each turning point.
        webhook: The variable that holds the address to tell; empty where none is told.
        events: What is told.
    """

    hooks: Mapping[str, tuple[Hook, ...]] = field(default_factory=dict)
    webhook: str = ""
    events: tuple[str, ...] = EVENTS


def outward(data: Mapping[str, Any]) -> Outward:
    """The settings in *data*, the content of a fairlead.yaml that its schema allows."""
    told = data.get("notify", {})
    hooks = {name: tuple(_hook(each) for each in commands) for name, commands in data.get("hooks", {}).items()}
    return Outward(hooks, told.get("webhook", ""), tuple(told.get("events", EVENTS)))


def _hook(data: Any) -> Hook:
    if isinstance(data, list):
        return Hook(tuple(data))
    return Hook(tuple(data["command"]), float(data.get("timeout_s", TIMEOUT_S)))
