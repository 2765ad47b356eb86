"""The tree of one YAML file: scalars, mappings and sequences that know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Environment
from typing import Any

from ..cached import cached_property
from ..envfile.interpolation import Variable
from ..place import Place
from ..record import dataclass, field
from ..source import Source as Lines
from .comments import comments

Plain = None | bool | int | float | str
"""What a scalar resolves to."""

UNKNOWN = "\ufdd0"
"""Stands in a scalar's text for a variable whose value nobody gave; a noncharacter, so no file holds it."""


class Unknown:
    """
    A value that depends on a variable nobody gave; *text* is the scalar as written.

    Rules stay silent about it. It is no `str`, equal only to itself, and true as any object: ask a flag ``is True``.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Unknown({self.text!r})"

    def __str__(self) -> str:
        return self.text


@dataclass(eq=False)
class Source:
    """
    One file as it was read, and in what setting.

    Attributes:
        path: As the user would write it.
        base: The folder that relative paths in the file start from; "" is the current folder.
        environment: The variables the file is interpolated with.
        unset: What a variable that is not among them becomes: `UNKNOWN`, or "" as in Compose itself.
        complete: False when the file could not be read to its end as YAML.
        anchors, aliases: Names with the place where they stand, sign included.
        interpolated: The scalars with a dollar sign, in order.
        missing: The variables that Compose refuses to go on without, with their scalars.
        with_hash: The scalars, keys too, with a ``#``, in order.
        shadowed: Of each map that another map brings through ``<<`` and that is not taken since there is one of the
            same key: the key, the map that is taken, the map that is not.
    """

    path: str
    text: str
    base: str = ""
    environment: Environment[str, str] = field(default_factory=dict)
    unset: str = UNKNOWN
    complete: bool = True
    anchors: list[tuple[str, Place]] = field(default_factory=list)
    aliases: list[tuple[str, Place]] = field(default_factory=list)
    merge_keys: list[Place] = field(default_factory=list)
    interpolated: list[Scalar] = field(default_factory=list)
    with_hash: list[Scalar] = field(default_factory=list)
    missing: list[tuple[Scalar, Variable]] = field(default_factory=list)
    shadowed: list[tuple[Scalar, Mapping, Mapping]] = field(default_factory=list)

    @cached_property
    def comments(self) -> list[tuple[Place, str]]:
        """Every comment: its place and its text from the ``#`` on."""
        return comments(self)

    @cached_property
    def body(self) -> str:
        """The text without a byte order mark, as nodes index it."""
        return self.text.removeprefix("\ufeff")

    def place(self, start: int, end: int) -> Place:
        """The place of the characters of `body` from index *start* to before *end*."""
        shift = len(self.text) - len(self.body)
        return self._lines.place(start + shift, end + shift)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text, self.path)


class Scalar:
    """
    One scalar.

    Attributes:
        text: As YAML reads it, before interpolation.
        data: What Compose makes of it; a `str` may hold `UNKNOWN` where a variable was not given.
        style: "" for plain, else the quote or block sign.
        tag: As written, such as ``!!str``; None for most.
        start, end: Indexes into ``source.body``.
        origin: The nodes this one was made of: key and value of ``KEY=VALUE``, or None.
    """

    __slots__ = ("data", "end", "origin", "source", "start", "style", "tag", "text")

    size = 1
    depth = 0

    def __init__(
        self, source: Source, start: int, end: int, text: str, data: Plain, *, style: str = "", tag: str | None = None
    ) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.text = text
        self.data = data
        self.style = style
        self.tag = tag
        self.origin: tuple[Node, ...] | None = None

    @property
    def place(self) -> Place:
        """Where it stands, quotes included."""
        return self.source.place(self.start, self.end)

    @property
    def value(self) -> Plain | Unknown:
        """The data, or `Unknown` where a variable was not given."""
        if isinstance(self.data, str) and UNKNOWN in self.data:
            return Unknown(self.text)
        return self.data

    def made(self, data: Plain, *origin: Node) -> Scalar:
        """A scalar with other *data* at the same place."""
        scalar = Scalar(self.source, self.start, self.end, self.text, data, style=self.style, tag=self.tag)
        scalar.origin = origin or self.origin
        return scalar

    def __repr__(self) -> str:
        return f"Scalar({self.data!r}, {self.place})"


class Mapping:
    """
    A mapping: *children* by key, and the *keys* as scalars with their places.

    A key that came in through ``<<`` has the place it has under its anchor.
    *resets* are the keys whose value was ``!reset``; *overrides* those with ``!override``.
    """

    __slots__ = ("children", "depth", "end", "keys", "overrides", "resets", "size", "source", "start", "tag")

    def __init__(self, source: Source, start: int, end: int, tag: str | None = None) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.tag = tag
        self.children: dict[str, Node] = {}
        self.keys: dict[str, Scalar] = {}
        self.resets: dict[str, Scalar] | None = None
        self.overrides: set[str] | None = None
        self.size = 1
        self.depth = 1

    @property
    def place(self) -> Place:
        """From the first key to the end of the last value."""
        return self.source.place(self.start, self.end)

    @property
    def value(self) -> dict[str, Any]:
        """Plain data, with `Unknown` where a variable was not given."""
        return {key: child.value for key, child in self.children.items()}

    def copy(self) -> Mapping:
        """A mapping with the same children that may be changed."""
        mapping = Mapping(self.source, self.start, self.end, self.tag)
        mapping.children = dict(self.children)
        mapping.keys = dict(self.keys)
        mapping.size = self.size
        mapping.resets = self.resets
        mapping.overrides = self.overrides
        return mapping

    def put(self, key: Scalar, child: Node, name: str | None = None) -> None:
        """Sets *child* under *key*; *name* where the key's text is not the name."""
        name = key.text if name is None else name
        self.children[name] = child
        self.keys[name] = key

    def drop(self, name: str) -> None:
        """Removes *name*, if it is there."""
        self.children.pop(name, None)
        self.keys.pop(name, None)

    def __repr__(self) -> str:
        return f"Mapping({', '.join(self.children)}, {self.place})"


class Sequence:
    """A sequence of nodes."""

    __slots__ = ("depth", "end", "items", "size", "source", "start", "tag")

    def __init__(self, source: Source, start: int, end: int, items: list[Node], tag: str | None = None) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.items = items
        self.tag = tag
        self.size = 1
        self.depth = 1

    @property
    def place(self) -> Place:
        """From the first item, or the bracket, to the end of the last item."""
        return self.source.place(self.start, self.end)

    @property
    def value(self) -> list[Any]:
        """Plain data, with `Unknown` where a variable was not given."""
        return [item.value for item in self.items]

    def made(self, items: list[Node]) -> Sequence:
        """A sequence of other *items* at the same place."""
        return Sequence(self.source, self.start, self.end, items, self.tag)

    def __repr__(self) -> str:
        return f"Sequence({len(self.items)}, {self.place})"


Node = Scalar | Mapping | Sequence


def raw(node: Node) -> Any:
    """Plain data of *node*, with `UNKNOWN` left inside the texts."""
    if isinstance(node, Scalar):
        return node.data
    if isinstance(node, Mapping):
        return {key: raw(child) for key, child in node.children.items()}
    return [raw(item) for item in node.items]


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar below *node*, in order; a node under several aliases comes once for each."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for child in node.children.values():
            yield from scalars(child)
    else:
        for item in node.items:
            yield from scalars(item)
