"""Generic access to what a project holds: plain data with its places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..cached import cached_property
from ..place import Place
from ..record import dataclass
from .nodes import Mapping, Node, Scalar, Sequence, Unknown
from .places import Use, part_place, uses, written_scalars


@dataclass(frozen=True, eq=False)
class Value:
    """
    One value of the merged model.

    Messages quote `text`, never `data`: data holds what variables of the env file stand for, and that may be a secret.
    """

    node: Node
    key: Scalar | None = None

    @cached_property
    def data(self) -> Any:
        """Plain data after interpolation; `Unknown` stands for a scalar with a variable nobody gave."""
        return self.node.value

    @property
    def text(self) -> str:
        """The scalar as written, variables and all; "" for a list or map."""
        return self.node.text if isinstance(self.node, Scalar) else ""

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return self.node.place

    @property
    def key_place(self) -> Place:
        """Where its key stands, or the value itself where it has none."""
        return self.key.place if self.key is not None else self.node.place

    @property
    def path(self) -> str:
        """The file it came from."""
        return self.node.source.path

    @property
    def is_unknown(self) -> bool:
        """Whether it is a scalar with a variable nobody gave."""
        return isinstance(self.data, Unknown)

    @property
    def is_literal(self) -> bool:
        """Whether no variable is in it."""
        return not self.uses

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """The variables in it, in order."""
        return tuple(use for scalar in written_scalars(self.node) for use in uses(scalar))

    def part_place(self, start: int, end: int) -> Place:
        """The place of the characters of `text` from *start* to before *end*."""
        return part_place(self.node, start, end) if isinstance(self.node, Scalar) else self.place

    def get(self, *path: str) -> Value | None:
        """
        The value below, by keys: ``get("deploy.resources.limits")`` or, where keys have dots, ``get("labels", "a.b")``.

        None where a key is missing; a key whose value is empty gives a value with the data None.
        """
        found = self._below.get(path)
        if found is None:
            names = path[0].split(".") if len(path) == 1 else path
            if isinstance(self.node, Mapping) and names[0] in self.node.children:
                found = self._found(names)
                if found is not None:
                    self._below[path] = found
        return found

    def _found(self, path: Iterable[str]) -> Value | None:
        node, key = self.node, self.key
        for name in path:
            if not isinstance(node, Mapping) or name not in node.children:
                return None
            key = node.keys[name]
            node = node.children[name]
        return Value(node, key)

    @cached_property
    def _below(self) -> dict[tuple[str, ...], Value]:
        """What was asked for and is there: dozens of rules ask each service for the same keys."""
        return {}

    def items(self) -> Iterator[tuple[str, Value]]:
        """The keys and values of a map; nothing for anything else."""
        if isinstance(self.node, Mapping):
            for key, child in self.node.children.items():
                yield key, Value(child, self.node.keys[key])

    def entries(self) -> Iterator[Value]:
        """The items of a list; nothing for anything else."""
        if isinstance(self.node, Sequence):
            for item in self.node.items:
                yield Value(item)

    def __repr__(self) -> str:
        return f"Value({self.text or type(self.node).__name__}, {self.place})"
