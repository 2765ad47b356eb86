"""The hashed assets of a release, and what of their volume is of no release that is there; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Assets:
    """
    What a release has in the volume that all releases share.

    Attributes:
        volume: The volume's name in the engine.
        files: The size in bytes of each file, by its path in the volume.
    """

    volume: str
    files: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Stay:
    """
    What stays in *volume*: *files*, those of the release that serves among them, which *serving* names once more.

    Attributes:
        silent: Releases that do not say what they have there; where there are any, all stays.
    """

    volume: str
    files: frozenset[str]
    serving: frozenset[str]
    silent: tuple[str, ...] = ()


def what_stays(releases: Mapping[str, Assets | None], current: str) -> Stay | None:
    """
    What stays in the volume of the release that serves, or of the newest that has one; None where none has.

    Args:
        releases: All that are there, oldest first, with their assets; None where a release does not list them.
        current: The one that serves; nothing is removed where none does.
    """
    known = {name: assets for name, assets in releases.items() if assets is not None}
    if not known or not current:
        return None
    volume = known.get(current, [*known.values()][-1]).volume
    there = {name: frozenset(assets.files) for name, assets in known.items() if assets.volume == volume}
    return Stay(
        volume=volume,
        files=frozenset().union(*there.values()),
        serving=there.get(current, frozenset()),
        silent=tuple(name for name in releases if name not in known),
    )


def assets_of(data: Mapping[str, Any]) -> Assets | None:
    """What a release.json says under assets; None where it says nothing, as those of earlier versions."""
    told = data.get("assets")
    return Assets(str(told["volume"]), dict(told["files"])) if told else None


def assets_data(assets: Assets | None) -> dict[str, Any] | None:
    """The same as it stands in a release.json."""
    return {"volume": assets.volume, "files": dict(assets.files)} if assets else None
