"""Changes at the paths of a table, sharing what stays the same."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Lookup
from typing import Union

from .nodes import Mapping, Node, Sequence

Change = Callable[[Node], Node]
Table = Lookup[str, Union[Change, "Table"]]
"""Keys to changes or tables below them; ``*`` stands for every key, ``[]`` for every item of a list."""


def changed(node: Node, table: Change | Table) -> Node:
    """*node* with each change of *table* made; nodes that keep their value are kept, changed ones are copies."""
    if callable(table):
        return table(node)
    if isinstance(node, Mapping):
        return _changed_mapping(node, table)
    if isinstance(node, Sequence) and "[]" in table:
        items = [changed(item, table["[]"]) for item in node.items]
        return node.made(items) if any(new is not old for new, old in zip(items, node.items, strict=True)) else node
    return node


def _changed_mapping(node: Mapping, table: Table) -> Mapping:
    everywhere = table.get("*")
    copy: Mapping | None = None
    for name, child in node.children.items():
        change = table.get(name, everywhere)
        if change is None:
            continue
        new = changed(child, change)
        if new is not child:
            copy = copy or node.copy()
            copy.children[name] = new
    return copy or node
