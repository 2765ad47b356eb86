"""The two ways of writing the same: lists of ``KEY=VALUE`` and mappings."""

from __future__ import annotations

from .nodes import Mapping, Node, Scalar, Sequence
from .scalars import spelled


def as_sequence(node: Node) -> list[Node]:
    """The items of a list, the pairs of a mapping as ``KEY=VALUE`` in the order of the keys, a text alone."""
    if isinstance(node, Sequence):
        return list(node.items)
    if isinstance(node, Mapping):
        pairs = [pair for name, child in node.children.items() for pair in _pairs(name, node.keys[name], child)]
        pairs.sort(key=lambda pair: str(pair.data))
        return list(pairs)
    return [node] if isinstance(node.data, str) else []


def as_mapping(node: Node, default: dict[str, str | bool] | None) -> Mapping:
    """A mapping as it is; of a list, each item as a key whose value is *default*, or null; of anything else, empty."""
    if isinstance(node, Mapping):
        return node
    mapping = Mapping(node.source, node.start, node.end)
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar):
            mapping.put(item, _filled(item, default), str(item.data))
    return mapping


def _filled(item: Scalar, default: dict[str, str | bool] | None) -> Node:
    if default is None:
        return item.made(None)
    mapping = Mapping(item.source, item.start, item.end)
    for key, value in default.items():
        mapping.put(item.made(key), item.made(value), key)
    return mapping


def _pairs(name: str, key: Scalar, value: Node) -> list[Scalar]:
    values = value.items if isinstance(value, Sequence) else [value]
    return [_pair(name, key, each) for each in values]


def _pair(name: str, key: Scalar, value: Node) -> Scalar:
    data = value.data if isinstance(value, Scalar) else None
    text = name if isinstance(value, Scalar) and data is None else f"{name}={spelled(data)}"
    whole = key.source is value.source and key.end <= value.start
    shown = value.text if isinstance(value, Scalar) else ""
    pair = Scalar(key.source, key.start, value.end if whole else key.end, f"{name}={shown}", text, style=key.style)
    pair.origin = (key, value)
    return pair
