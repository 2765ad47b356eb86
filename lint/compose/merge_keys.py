"""The merge key ``<<``: keys of other mappings, below a mapping's own."""

from __future__ import annotations

from .nodes import Mapping, Node, Scalar, Sequence
from .problem import Problem, error


def with_merged_keys(mapping: Mapping, merged: list[tuple[Scalar, Node]]) -> list[Problem]:
    """
    Adds to *mapping* the keys of each value of ``<<`` that it does not have itself; earlier ones win.

    A second ``<<`` in one mapping is a duplicate key to Compose.
    """
    problems = []
    if len(merged) > 1:
        line = merged[0][0].place.line
        message = f'key "<<" is already set in line {line}; write one "<<: [*a, *b]"'
        problems.append(error("duplicate-key", merged[1][0].place, message))
    for key, value in merged:
        for other in value.items if isinstance(value, Sequence) else [value]:
            if isinstance(other, Mapping):
                _take(mapping, other)
            elif not _is_faulty_alias(other):
                message = '"<<" takes a map or a list of maps, such as *name'
                problems.append(error("invalid-alias", key.place, message))
    return problems


def _is_faulty_alias(node: Node) -> bool:
    """Whether *node* stands for an alias without an anchor, which is reported at its own place."""
    return isinstance(node, Scalar) and node.source.text.startswith("*", node.start)


def _take(mapping: Mapping, other: Mapping) -> None:
    for name, child in other.children.items():
        own = mapping.children.get(name)
        if isinstance(own, Mapping) and isinstance(child, Mapping):
            mapping.source.shadowed.append((mapping.keys[name], own, child))
        if own is None:
            mapping.put(other.keys[name], child, name)
            if other.overrides and name in other.overrides:
                mapping.overrides = {*(mapping.overrides or ()), name}
    if other.resets:
        mapping.resets = {**other.resets, **(mapping.resets or {})}
