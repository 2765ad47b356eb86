"""Text edits at the places of values: what rules offer to mend, never a dump of the tree."""

from __future__ import annotations

from ..finding import Edit
from ..place import Place
from .nodes import Mapping, Node, Scalar
from .value import Value


def replaced(value: Value, text: str, *, safe: bool = True) -> Edit:
    """*text* instead of a value, as it stands in the file, quotes included."""
    return Edit(value.place, text, safe)


def added(value: Value, line: str, *, safe: bool = True) -> Edit | None:
    """
    ``key: value`` as the last key of a map, in its style and at its indentation.

    None where there is no map in the file: what is written short, as ``build: ./app``, has to be written long first.
    """
    node = value.node
    if not isinstance(node, Mapping) or _is_made(node):
        return None
    body = node.source.body
    if body[node.start : node.start + 1] == "{":
        end = body.rindex("}", node.start, node.end)
        end = len(body[:end].rstrip())
        comma = ", " if body[end - 1] not in "{," else "" if body[end - 1] == "{" else " "
        return Edit(node.source.place(end, end), f"{comma}{line}", safe)
    indent = " " * (value.place.column - 1)
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


def _is_made(node: Mapping) -> bool:
    """Whether *node* was made of a text: keys and values then stand at one place."""
    pairs = ((node.keys[name], child) for name, child in node.children.items())
    return any(key.start == child.start and key.source is child.source for key, child in pairs)
