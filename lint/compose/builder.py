"""Builds trees from the parser's events without recursion, so that no depth of a file can hurt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..envfile.interpolation import Variable, parts_of
from ..place import Place
from ..regex import regex
from .merge_keys import with_merged_keys
from .nodes import UNKNOWN, Mapping, Node, Scalar, Sequence, Source
from .places import part_place
from .problem import Problem, error
from .scalars import resolve, tagged
from .template import Evaluation

_PROPERTIES = regex(r"(?:[&!]\S*(?:#[^\n]*\n|\s)*)*")

DEEPEST = 250
"""Levels below which a file is not followed."""

COLON = "\ufdd1"
"""Stands for a colon inside of a word where the parser would stumble over it."""

_GROWS = "would grow"
_LARGEST_ALIAS = 100_000
_ALL_ALIASES = 2_000_000


class _Open:
    """A collection that has not ended: its node, the key that waits for a value, and the values of ``<<``."""

    __slots__ = ("anchor", "end", "flow", "key", "merged", "node")

    def __init__(self, node: Mapping | Sequence, anchor: str | None, flow: bool) -> None:
        self.node = node
        self.anchor = anchor
        self.flow = flow
        self.key: Scalar | None = None
        self.merged: list[tuple[Scalar, Node]] = []
        self.end = node.end


class Builder:
    """Takes events, gives *documents* and *problems*; `publish` hands the anchors to the source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.documents: list[Node] = []
        self.problems: list[Problem] = []
        self._evaluation = Evaluation(source.environment, source.unset)
        self._open: list[_Open] = []
        self._known: dict[str, Node] = {}
        self._anchors: list[tuple[str, Place]] = []
        self._aliases: list[tuple[str, Place]] = []
        self._merge_keys: list[Place] = []
        self._interpolated: list[Scalar] = []
        self._with_hash: list[Scalar] = []
        self._missing: list[tuple[Scalar, Variable]] = []
        self._expanded = 0
        self._too_deep = 0

    def consume(self, event: Callable[[], Any]) -> None:
        """Builds from each *event* until the stream ends."""
        from ruamel.yaml import events  # noqa: PLC0415 - imported with the parser, when there is something to parse

        scalar, of_scalar, of_end = self._scalar, events.ScalarEvent, events.StreamEndEvent
        handlers: dict[type, Callable[[Any], None]] = {
            events.MappingStartEvent: self._mapping,
            events.SequenceStartEvent: self._sequence,
            events.MappingEndEvent: self._end,
            events.SequenceEndEvent: self._end,
            events.AliasEvent: self._alias,
            events.DocumentStartEvent: self._document,
        }
        while True:
            current = event()
            kind = current.__class__
            if kind is of_scalar:
                scalar(current)
            elif kind in handlers:
                handlers[kind](current)
            elif kind is of_end:
                return

    def close(self) -> None:
        """Ends what is still open, after a syntax error."""
        while self._open:
            self._finish(self._open[-1].end)

    def publish(self) -> None:
        """Gives the source its anchors, aliases, merge keys and interpolated scalars."""
        self.source.anchors[:] = self._anchors
        self.source.aliases[:] = self._aliases
        self.source.merge_keys[:] = self._merge_keys
        self.source.interpolated[:] = self._interpolated
        self.source.with_hash[:] = self._with_hash
        self.source.missing[:] = self._missing

    def _document(self, _: Any) -> None:
        self._known = {}

    def _scalar(self, event: Any) -> None:
        if self._too_deep:
            return
        text: str = event.value.replace(COLON, ":")
        style = event.style or ""
        tag = None if event.implicit[0] or event.implicit[1] else str(event.tag)
        start, end = event.start_mark.index, event.end_mark.index
        if tag is not None or event.anchor is not None:
            start = min(self._after_properties(start), end)
        plain = event.implicit[0] and not style
        data = resolve(text) if plain else text if tag in (None, "!") else tagged(tag, text)
        node = Scalar(self.source, start, end, text, data, style=style, tag=tag)
        if "#" in text:
            self._with_hash.append(node)
        if event.anchor is not None:
            self._anchor(event, node)
        frame = self._open[-1] if self._open else None
        if frame is not None and frame.key is None and frame.node.__class__ is Mapping:
            frame.key = node
            frame.end = end
            return
        if "$" in text and data.__class__ is str:
            self._interpolate(node)
        self._add(node)

    def _interpolate(self, node: Scalar) -> None:
        self._interpolated.append(node)
        cut = parts_of(node.text)
        node.data = self._evaluation.text(cut.parts)
        self._missing += [(node, variable) for variable in self._evaluation.taken()]
        if cut.errors:
            message = "no ${NAME} that Compose can fill in; write $$ where a dollar sign is meant"
            places = (part_place(node, start, end) for start, end in cut.errors)
            self.problems += [error("invalid-interpolation", place, message) for place in places]

    def _mapping(self, event: Any) -> None:
        start = self._start(event)
        self._begin(event, Mapping(self.source, start, max(start, event.end_mark.index), _tag(event)))

    def _sequence(self, event: Any) -> None:
        start = self._start(event)
        self._begin(event, Sequence(self.source, start, max(start, event.end_mark.index), [], _tag(event)))

    def _start(self, event: Any) -> int:
        index: int = event.start_mark.index
        return index if event.anchor is None and event.tag is None else self._after_properties(index)

    def _after_properties(self, start: int) -> int:
        """Where a node itself begins, after its tag and anchor."""
        match = _PROPERTIES.match(self.source.body, start)
        return match.end() if match else start

    def _begin(self, event: Any, node: Mapping | Sequence) -> None:
        if self._too_deep or len(self._open) >= DEEPEST:
            if not self._too_deep:
                message = f"nested deeper than {DEEPEST} levels; what is below is not read"
                self.problems.append(error("invalid-alias", self.source.place(node.start, node.start + 1), message))
            self._too_deep += 1
            return
        if event.anchor is not None:
            self._anchors.append((event.anchor, self._named(event)))
        self._open.append(_Open(node, event.anchor, bool(event.flow_style)))

    def _end(self, event: Any) -> None:
        if self._too_deep:
            self._too_deep -= 1
            if not self._too_deep:
                index = event.end_mark.index
                self._add(Scalar(self.source, index, index, "", None))
            return
        frame = self._open[-1]
        self._finish(event.end_mark.index if frame.flow else frame.end)

    def _finish(self, end: int) -> None:
        frame = self._open.pop()
        node = frame.node
        node.end = max(end, node.start)
        if frame.merged and isinstance(node, Mapping):
            self.problems += with_merged_keys(node, frame.merged)
        size, depth = 1, 0
        for child in node.items if isinstance(node, Sequence) else node.children.values():
            size += child.size
            depth = max(depth, child.depth)
        node.size, node.depth = size, depth + 1
        if frame.anchor is not None:
            self._known[frame.anchor] = node
        if frame.key is not None and not self._open:
            frame.key = None
        self._add(node)

    def _alias(self, event: Any) -> None:
        if self._too_deep:
            return
        name = event.anchor
        start, end = event.start_mark.index, event.end_mark.index
        place = self.source.place(start, end)
        self._aliases.append((name, place))
        node = self._known.get(name)
        message = self._alias_fault(name, node)
        if message or node is None:
            self._report_alias(place, message)
            node = Scalar(self.source, start, end, "", UNKNOWN)
        self._add(node, end)

    def _report_alias(self, place: Place, message: str) -> None:
        """A problem of an alias; of aliases that grow too large only the first one, since thousands follow."""
        if _GROWS not in message or not any(_GROWS in text for _, _, text in self.problems):
            self.problems.append(error("invalid-alias", place, message))

    def _alias_fault(self, name: str, node: Node | None) -> str:
        """What is wrong with an alias, or an empty text."""
        if any(frame.anchor == name for frame in self._open):
            return f'"*{name}" stands inside of what it repeats'
        if node is None:
            return f'"*{name}" has no anchor "&{name}" before it'
        if len(self._open) + node.depth > DEEPEST:
            return f'"*{name}" goes deeper than {DEEPEST} levels; what is below is not read'
        self._expanded += node.size
        if node.size > _LARGEST_ALIAS or self._expanded > _ALL_ALIASES:
            self._expanded -= node.size
            return f'"*{name}" {_GROWS} to {node.size:,} values; write them out or split the file'
        return ""

    def _anchor(self, event: Any, node: Node) -> None:
        self._known[event.anchor] = node
        self._anchors.append((event.anchor, self._named(event)))

    def _named(self, event: Any) -> Place:
        """The place of the name after ``&``."""
        start = self.source.body.find(f"&{event.anchor}", event.start_mark.index)
        return self.source.place(start, start + 1 + len(event.anchor))

    def _add(self, node: Node, end: int | None = None) -> None:
        """Puts a finished *node* where the parser stands; *end* is where it ends in the text, if not at its own end."""
        if not self._open:
            self.documents.append(node)
            return
        frame = self._open[-1]
        frame.end = node.end if end is None else end
        parent = frame.node
        if isinstance(parent, Sequence):
            if node.tag != "!reset":
                parent.items.append(node)
            return
        key, frame.key = frame.key, None
        if key is None:
            if isinstance(node, Scalar):
                frame.key = node
            else:
                self.problems.append(error("key-not-text", node.place, "a key must be text, not a list or map"))
                frame.key = Scalar(self.source, node.start, node.end, "[]", None)
            return
        if key.text == "<<" and not key.style and key.tag is None:
            self._merge_keys.append(key.place)
            frame.merged.append((key, node))
            return
        self._put(parent, key, node)

    def _put(self, parent: Mapping, key: Scalar, node: Node) -> None:
        name = key.text
        if name == "[]" and key.data is None:
            return
        if name in parent.keys or (parent.resets and name in parent.resets):
            first = parent.keys.get(name) or (parent.resets or {})[name]
            message = f'key "{name}" is already set in line {first.place.line}; keep one of the two'
            self.problems.append(error("duplicate-key", key.place, message))
        elif not isinstance(key.data, str):
            message = f"key {name or 'null'} is not text; put it in quotes"
            self.problems.append(error("key-not-text", key.place, message))
        if node.tag == "!reset":
            parent.resets = {**(parent.resets or {}), name: key}
            return
        if node.tag == "!override":
            parent.overrides = {*(parent.overrides or ()), name}
        parent.children[name] = node
        parent.keys[name] = key


def _tag(event: Any) -> str | None:
    return None if event.tag is None else str(event.tag)
