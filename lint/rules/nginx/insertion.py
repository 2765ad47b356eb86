"""Edits that put new statements beside those that are there, indented as they are."""

from __future__ import annotations

from ...finding import Edit
from ...nginx import Directive
from ...place import Place


def before(directive: Directive, *statements: str, safe: bool = True) -> Edit:
    """Puts *statements* on lines of their own before *directive*."""
    place = directive.place
    indent = _indent(directive)
    gap = " " if indent is None else f"\n{indent}"
    return Edit(_point(place), "".join(f"{text}{gap}" for text in statements), safe)


def after(directive: Directive, *statements: str, safe: bool = True) -> Edit:
    """Puts *statements* behind *directive*, on lines of their own where it stands on one."""
    if "behind" not in directive.memo:
        end, indent = directive.end_place, _indent(directive)
        point = Place(end.path, end.end_line, end.end_column, end.end_line, end.end_column)
        directive.memo["behind"] = point, " " if indent is None else f"\n{indent}"
    point, gap = directive.memo["behind"]
    return Edit(point, "".join(f"{gap}{text}" for text in statements), safe)


def inside(block: Directive, *statements: str, safe: bool = True) -> Edit:
    """Puts *statements* at the start of *block*, before what it holds."""
    brace = block.open_place
    point = Place(brace.path, brace.end_line, brace.end_column, brace.end_line, brace.end_column)
    indent = _indent(block)
    is_one_line = indent is None or block.end_place.line == brace.line
    gap = " " if is_one_line else f"\n{_inner_indent(block, indent or '')}"
    return Edit(point, "".join(f"{gap}{text}" for text in statements), safe)


def without(directive: Directive, safe: bool = True) -> Edit:
    """Takes *directive* out, with its line where it stands alone on one."""
    file, start = directive.file, directive.file.starts[directive.token]
    end = file.ends[file.terminator(directive.token)]
    line = file.text.rfind("\n", 0, start) + 1
    rest = file.line_end(end)
    if not file.text[line:start].strip() and not file.text[end:rest].strip():
        start, end = line, min(rest + 1, len(file.text))
    return Edit(file.place(start, end), "", safe)


def without_argument(directive: Directive, index: int) -> Edit:
    """Takes one of several arguments out, with the space before it."""
    file = directive.file
    token = file.arguments(directive.token)[index]
    return Edit(file.place(file.ends[token - 1], file.ends[token]), "")


def written(value: str) -> str:
    """*value* as an argument, in quotes where it needs them."""
    if value and not any(letter in value for letter in " \t\n;{}\"'\\#$"):
        return value
    quote = "'" if '"' in value else '"'
    return f"{quote}{value}{quote}"


def _point(place: Place) -> Place:
    return Place(place.path, place.line, place.column, place.line, place.column)


def _indent(directive: Directive) -> str | None:
    """The white space before *directive*; None where something else stands on its line before it."""
    file, start = directive.file, directive.file.starts[directive.token]
    lead = file.text[file.text.rfind("\n", 0, start) + 1 : start]
    return None if lead.strip("\ufeff \t") else lead.lstrip("\ufeff")


def _inner_indent(block: Directive, outer: str) -> str:
    own = (child for child in block.children if child.via is block.via)
    found = next((indent for child in own if (indent := _indent(child)) is not None), None)
    return outer + ("\t" if "\t" in outer else "    ") if found is None else found
