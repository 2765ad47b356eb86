"""Networks and volumes as the engine knows them: the stack's own, those with a name of their own, those of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .layout import Layout

Model = dict[str, Any]
NETWORKS, VOLUMES = "networks", "volumes"
EXTERNAL = "external"


def options_of(merged: Mapping[str, Any], kind: str, name: str) -> Model:
    """What *merged* says of the network or volume *name*; *kind* is `NETWORKS` or `VOLUMES`."""
    return dict((merged.get(kind) or {}).get(name) or {})


def is_own(merged: Mapping[str, Any], kind: str, name: str) -> bool:
    """Whether only this stack knows it: it is not external, and has the name that Compose gives it by itself."""
    options = options_of(merged, kind, name)
    return not options.get(EXTERNAL) and options.get("name") in (None, f"{merged.get('name')}_{name}")


def engine_name(merged: Mapping[str, Any], kind: str, name: str, layout: Layout) -> str:
    """
    Its name in the engine of a host.

    A name that compose files give is kept, since others, or data that was there before, are found by it.
    """
    return layout.shared(name) if is_own(merged, kind, name) else str(options_of(merged, kind, name).get("name", name))


def there(merged: Mapping[str, Any], kind: str, names: Iterable[str], layout: Layout) -> Model:
    """*names* as a project takes them that finds them there."""
    return {name: {"name": engine_name(merged, kind, name, layout), EXTERNAL: True} for name in names}


def wanted(merged: Mapping[str, Any], kind: str, names: Iterable[str], layout: Layout) -> Model:
    """What has to be there before a project starts: the options of each, by its name in the engine."""
    return {engine_name(merged, kind, name, layout): options_of(merged, kind, name) for name in names}
