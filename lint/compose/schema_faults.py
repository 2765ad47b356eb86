"""Every place at which a tree does not fit the schema, worded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..finding import Edit
from ..place import Place
from .edits import renamed
from .nodes import Mapping, Node, Scalar, Sequence
from .problem import Problem, error
from .schema import Check, Compiler, compiled, kind, repeated

_KINDS = {
    "object": "a map",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}
_NAME_PATTERN = "^[a-zA-Z0-9._-]+$"


def faults(tree: Node, meant: dict[Place, Edit] | None = None) -> Iterator[Problem]:
    """
    What is wrong with *tree*, each at its own place; one fault hides no other.

    Args:
        meant: Takes for the place of each misspelt key the edit that spells it right.
    """
    compiler, check = compiled()
    yield from _Faults(compiler, {} if meant is None else meant).of(check, tree, (), None)


class _Faults:
    def __init__(self, compiler: Compiler, meant: dict[Place, Edit]) -> None:
        self._compiler = compiler
        self._meant = meant

    def of(self, check: Check, node: Node, path: tuple[str, ...], key: Scalar | None) -> Iterator[Problem]:
        """The faults of *node*, which stands at *path* under *key*."""
        if check(node):
            return
        schema, of = check.schema, kind(node)
        branches = [self._compiler.check(each) for each in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))]
        fitting = [branch for branch in branches if branch.tests(of) is not None]
        if check.tests(of) is None or (branches and not fitting):
            yield self._misfit(check, node, path, key)
        elif fitting:
            yield from self._nearest(fitting, node, path, key)
        elif isinstance(node, Mapping):
            yield from self._mapping(check, node, path, key)
        elif isinstance(node, Sequence):
            yield from self._sequence(check, node, path, key)
        else:
            yield self._value(check, node, path)

    def _nearest(
        self, branches: list[Check], node: Node, path: tuple[str, ...], key: Scalar | None
    ) -> Iterator[Problem]:
        found = [list(self.of(branch, node, path, key)) for branch in branches]
        yield from min(found, key=len)

    def _mapping(self, check: Check, node: Mapping, path: tuple[str, ...], key: Scalar | None) -> Iterator[Problem]:
        properties, patterns, others = self._compiler.keys(check.schema)
        for name, child in node.children.items():
            checks = [each for pattern, each in patterns if pattern.search(name)]
            if name in properties:
                checks.append(properties[name])
            if not checks and others is False:
                named = any(pattern.pattern == _NAME_PATTERN for pattern, _ in patterns)
                yield self._unknown_key(node, name, path, None if named else properties)
            elif not checks and isinstance(others, Check):
                checks.append(others)
            for each in checks:
                yield from self.of(each, child, (*path, name), node.keys[name])
        for name in check.schema.get("required", ()):
            if name not in node.children:
                place = _key_place(node, key)
                yield error("missing-key", place, f'{_where(path)} lacks the key "{name}"; add it')

    def _sequence(self, check: Check, node: Sequence, path: tuple[str, ...], key: Scalar | None) -> Iterator[Problem]:
        if "items" in check.schema:
            item_check = self._compiler.check(check.schema["items"])
            for index, item in enumerate(node.items, 1):
                yield from self.of(item_check, item, (*path, f"entry {index}"), None)
        if check.schema.get("uniqueItems"):
            for item in repeated(node):
                text = f'"{item.text.partition("=")[0]}"' if isinstance(item, Scalar) else "the same entry"
                yield error("repeated-entry", item.place, f"{_where(path)} has {text} twice; remove one")

    def _unknown_key(self, node: Mapping, name: str, path: tuple[str, ...], known: Iterable[str] | None) -> Problem:
        key = node.keys[name]
        where = f" in {_where(path)}" if path else ""
        if known is None:
            message = f'name "{name}"{where} may only have letters, digits, dots, dashes and underscores; rename it'
            return error("wrong-value", key.place, message)
        close = _closest(name, known)
        child = node.children[name]
        if not path and isinstance(child, Mapping) and ("image" in child.children or "build" in child.children):
            message = f'"{name}" stands at the top level, where only Compose 1 took services; put it under "services:"'
            return error("unknown-key", key.place, message)
        if close:
            self._meant[key.place] = renamed(key, node.children[name], close)
        hint = f'; did you mean "{close}"?' if close else f'; remove it, or write "x-{name}" to keep it as a note'
        return error("unknown-key", key.place, f'unknown key "{name}"{where}{hint}')

    def _misfit(self, check: Check, node: Node, path: tuple[str, ...], key: Scalar | None) -> Problem:
        allowed = [name for name in _KINDS if check.tests(name) is not None]
        if "number" in allowed:
            allowed.remove("integer")
        wanted = _listed(_KINDS[name] for name in allowed if name != "null") or "left out"
        is_empty = isinstance(node, Scalar) and node.data is None
        if is_empty:
            return error("wrong-value", _key_place(node, key), f"{_where(path)} is empty; write {wanted}, or remove it")
        place = node.place if isinstance(node, Scalar) else _key_place(node, key)
        quotes = " in quotes" if isinstance(node, Scalar) and allowed[:1] == ["string"] and len(allowed) == 1 else ""
        shown = f" {node.text}" if isinstance(node, Scalar) and not isinstance(node.data, str) else ""
        what = "the value" if kind(node) == "boolean" else _KINDS[kind(node)]
        return error("wrong-value", place, f"{_where(path)} is {what}{shown}; write {wanted}{quotes}")

    def _value(self, check: Check, node: Scalar, path: tuple[str, ...]) -> Problem:
        schema = check.schema
        if "enum" in schema:
            wanted = "one of " + ", ".join(map(str, schema["enum"]))
            close = _closest(str(node.data), [str(each) for each in schema["enum"]])
            wanted += f'; did you mean "{close}"?' if close else ""
        elif "pattern" in schema and kind(node) == "string":
            wanted = f"a text like {schema['pattern']}"
        else:
            limits = [f"at least {schema['minimum']}"] if "minimum" in schema else []
            wanted = " and ".join(limits + ([f"at most {schema['maximum']}"] if "maximum" in schema else []))
        return error("wrong-value", node.place, f'{_where(path)} is "{node.text}"; it must be {wanted}')


def _closest(name: str, known: Iterable[str]) -> str:
    """The one of *known* that *name* is most likely meant to be, or ""."""
    from difflib import get_close_matches  # noqa: PLC0415 - only wrong files need it

    names = list(known)
    close = get_close_matches(name.lower().replace("-", "_"), names, 1, 0.7)
    if not close and len(name) > 3:  # noqa: PLR2004 - a shorter one is in too many
        close = [each for each in names if name in each]
    return close[0] if close else ""


def _where(path: tuple[str, ...]) -> str:
    if not path:
        return "the file"
    text = ".".join(part for part in path if not part.startswith("entry "))
    return f"{text}, {path[-1]}," if path[-1].startswith("entry ") else text


def _listed(names: Iterable[str]) -> str:
    *first, last = [*names] or [""]
    return f"{', '.join(first)} or {last}" if first else last


def _key_place(node: Node, key: Scalar | None) -> Place:
    return key.place if key is not None else node.place
