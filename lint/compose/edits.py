"""Text edits at the places of values: what rules offer to mend, never a dump of the tree."""

from __future__ import annotations

from ..finding import Edit
from ..place import Place
from .nodes import Mapping, Node, Scalar, Sequence
from .value import Value


def replaced(value: Value, text: str, *, safe: bool = True) -> Edit:
    """*text* instead of a value, as it stands in the file, quotes included."""
    return Edit(value.place, text, safe)


def added(value: Value, line: str, *, safe: bool = True) -> Edit | None:
    """
    ``key: value`` as the last key of a map, in its style and at its indentation.

    None where the map has no key of its own in its file, as when all come from an anchor.
    """
    node = value.node
    if not isinstance(node, Mapping):
        return None
    own = [key for name, key in node.keys.items() if _stands_in(key, node) and name in node.children]
    if not own:
        return None
    body = node.source.body
    if body[node.start : node.start + 1] == "{":
        end = body.rindex("}", node.start, node.end)
        end = len(body[:end].rstrip())
        return Edit(node.source.place(end, end), f", {line}", safe)
    indent = " " * (own[0].place.column - 1)
    end = _line_end(body, node.end)
    return Edit(node.source.place(end, end), f"\n{indent}{line}", safe)


def removed(value: Value, *, safe: bool = True) -> Edit | None:
    """
    A key with its value, or an entry of a list, taken out with its line; the comments above stay.

    None inside of brackets, or where the key shares its line with something else.
    """
    start = value.key.start if value.key is not None else value.node.start
    node, body = value.node, value.node.source.body
    line_start = body.rfind("\n", 0, start) + 1
    before = body[line_start:start].strip()
    if before not in ("", "-") or (before == "-" and value.key is not None):
        return None
    end = max(node.end, start)
    line_end = _line_end(body, end)
    rest = body[end:line_end].strip()
    if rest and not rest.startswith("#"):
        return None
    after = min(line_end + 1, len(body))
    return Edit(_lines(value, line_start, after), "", safe)


def renamed(key: Scalar, child: Node, name: str) -> Edit:
    """*name* instead of a key; the value goes along, since below another key it means something else."""
    body = key.source.body
    has_value = child.source is key.source and child.start >= key.end
    end = max(child.end, key.end) if has_value else key.end
    return Edit(key.source.place(key.start, end), name + body[key.end : end], safe=False)


def _lines(value: Value, start: int, end: int) -> Place:
    """The place of whole lines: its end is the start of the line after."""
    place = value.node.source.place(start, start)
    after = value.node.source.place(end, end)
    return Place(place.path, place.line, place.column, after.line, after.column)


def _line_end(body: str, index: int) -> int:
    """The end of the line that the character before *index* is in."""
    found = body.find("\n", max(index - 1, 0))
    end = len(body) if found < 0 else found
    return end - 1 if body[end - 1 : end] == "\r" else end


def _stands_in(key: Scalar, node: Mapping | Sequence) -> bool:
    return key.source is node.source and node.start <= key.start < node.end
