"""Variables from maps, from lists of ``NAME=VALUE`` and from env files."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..files import normal
from .nodes import UNKNOWN, Mapping, Node, Scalar, Sequence, Unknown
from .parts import EnvFileReference, Text, Variable
from .places import part_place
from .scalars import spelled
from .value import Value

if TYPE_CHECKING:
    from ..envfile.model import EnvEntry
    from .project import Project


def variables(value: Value | None, origin: str) -> dict[str, Variable]:
    """The variables of a map or a list, by name; of a name twice the later one."""
    if value is None:
        return {}
    node = value.node
    if isinstance(node, Mapping):
        found = [_of_pair(name, node.keys[name], child, origin) for name, child in node.children.items()]
    else:
        items = node.items if isinstance(node, Sequence) else []
        found = [_of_item(item, origin) for item in items if isinstance(item, Scalar)]
    return {each.name: each for each in found}


def _of_pair(name: str, key: Scalar, node: Node, origin: str) -> Variable:
    if not isinstance(node, Scalar):
        return Variable(
            name, Unknown(name), "", origin, key.source.path, key.place, node.place, False, Value(node, key)
        )
    handed = node.data is None and origin != "labels"
    given = node.source.environment.get(name) if handed else spelled(node.data) if node.data is not None else ""
    value_place = key.place if handed else node.place
    return Variable(
        name, _text(given, node), node.text, origin, key.source.path, key.place, value_place, handed, Value(node, key)
    )


def _of_item(item: Scalar, origin: str) -> Variable:
    if item.origin and len(item.origin) == 2 and isinstance(item.origin[0], Scalar):  # noqa: PLR2004 - a pair made of a map
        return _of_pair(item.origin[0].text, item.origin[0], item.origin[1], origin)
    name, equals, data = spelled(item.data).partition("=")
    handed = not equals and origin != "labels"
    given = item.source.environment.get(name) if handed else data
    start = item.text.find("=") + 1 or len(item.text)
    place = part_place(item, 0, start - 1 if equals else len(item.text))
    value_place = part_place(item, start, len(item.text)) if equals else place
    return Variable(
        name,
        _text(given, item),
        item.text[start:],
        origin,
        item.source.path,
        place,
        value_place,
        handed,
        Value(item),
    )


def _text(data: str | None, node: Scalar) -> Text | None:
    return Unknown(node.text) if data is not None and UNKNOWN in data else data


def env_files(value: Value | None) -> Iterator[EnvFileReference]:
    """The env files of a service, in the order in which later ones win."""
    for entry in value.entries() if value is not None else ():
        path = entry.get("path")
        if path is None or not isinstance(path.data, str | Unknown):
            continue
        required = entry.get("required")
        is_required = required is None or required.data is not False
        yield EnvFileReference(path.data, resolved(path), is_required, path.place)


def resolved(path: Value) -> str | None:
    """The path from the current folder that *path* means in its file; None where it is unknown."""
    if not isinstance(path.data, str):
        return None
    if path.data.startswith("~"):
        return path.data
    return normal(posixpath.join(path.node.source.base, path.data))


def of_files(references: Iterable[EnvFileReference], project: Project) -> dict[str, Variable]:
    """What the env files that can be read set, later ones winning."""
    found: dict[str, Variable] = {}
    for reference in references:
        parsed = project.env_file(reference.file) if reference.file is not None else None
        if parsed is None:
            continue
        known = {name: each.value for name, each in found.items() if isinstance(each.value, str)}
        values = parsed.values({**known, **project.environment})
        for entry in parsed.entries:
            found[entry.name] = _of_entry(entry, values.get(entry.name))
    return found


def _of_entry(entry: EnvEntry, value: str | None) -> Variable:
    handed = entry.value is None
    value_place = entry.name_place if handed else entry.value_place
    path = entry.source.path
    text = entry.value or ""
    return Variable(entry.name, value, text, "env_file", path, entry.name_place, value_place, handed, None)
