"""Edits by which the file for production takes away what the base has for development."""

from __future__ import annotations

from collections.abc import Sequence

from ...compose import Project, Service, Value
from ...compose.edits import added
from ...compose.nodes import Mapping
from ...compose.places import written_scalars
from ...finding import Edit
from ...place import Place


def taken_away(project: Project, service: Service, key: str, faulty: Sequence[Place]) -> tuple[Edit, ...]:
    """
    ``key: !reset []``, or ``key: !override`` with the entries that stay, for a list that only the base has.

    Nothing where no later file has the service, where it has that list too, or where an entry that stays is written
    long or needs quotes.
    """
    entries = list(value.entries()) if (value := service.get(key)) is not None else []
    above = _above(project, service.name)
    if above is None or above.get(key) is not None or any(each.path == above.path for each in entries):
        return ()
    kept = [str(each.text) for each in _written(service, key) if each.place not in faulty]
    if any(not text or any(sign in text for sign in "\"'#{}[],&*!|>%@`") or ": " in text for text in kept):
        return ()
    quoted = ", ".join(f'"{text}"' for text in kept)
    line = f"{key}: !override [{quoted}]" if kept else f"{key}: !reset []"
    edit = added(above, line, safe=False)
    return () if edit is None else (edit,)


def _above(project: Project, name: str) -> Value | None:
    """The service as the last file has it; None where that file is the base or lacks it."""
    layer = project.layers[-1] if len(project.layers) > 1 else None
    services = layer.tree.children.get("services") if layer is not None else None
    node = services.children.get(name) if isinstance(services, Mapping) else None
    return Value(node) if isinstance(node, Mapping) and node.children else None


def _written(service: Service, key: str) -> list[Value]:
    """The entries of the list as they are written, short or long."""
    found = service.get(key)
    entries = list(found.entries()) if found is not None else []
    scalars = [written_scalars(each.node) for each in entries]
    return [
        Value(each[0]) if len(each) == 1 else Value(entry.node) for each, entry in zip(scalars, entries, strict=True)
    ]
