"""``!reset`` and ``!override``: what a file takes away from those before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .nodes import Mapping, Node, Sequence

Path = tuple[str, ...]


def paths(tree: Node, below: Path = ()) -> Iterator[Path]:
    """The paths of everything tagged in *tree*."""
    if isinstance(tree, Mapping):
        for name in tree.resets or ():
            yield (*below, name)
        for name, child in tree.children.items():
            if tree.overrides and name in tree.overrides:
                yield (*below, name)
            else:
                yield from paths(child, (*below, name))
    elif isinstance(tree, Sequence):
        for index, item in enumerate(tree.items):
            yield from paths(item, (*below, str(index)))


def without(tree: Node, gone: Iterable[Path]) -> Node:
    """*tree* without what stands at the paths in *gone*; keys of lists are not reached, as in Compose."""
    for path in gone:
        tree = _without(tree, path)
    return tree


def _without(tree: Node, path: Path) -> Node:
    if not isinstance(tree, Mapping) or path[0] not in tree.children:
        return tree
    if len(path) == 1:
        copy = tree.copy()
        copy.drop(path[0])
        return copy
    child = tree.children[path[0]]
    new = _without(child, path[1:])
    if new is child:
        return tree
    copy = tree.copy()
    copy.children[path[0]] = new
    return copy
