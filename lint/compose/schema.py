"""
The schema of the Compose Specification, compiled to functions over our trees.

jsonschema is the authority, but needs 100 ms to import and over a second for a thousand services; a test holds both
to the same verdict. A subschema is compiled for one kind of value at a time, when a value of that kind first meets it,
so that of several alternatives only those that can fit are tried.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from .. import kept
from .nodes import UNKNOWN, Mapping, Node, Sequence, raw

Schema = dict[str, Any]
Test = Callable[[Any], bool]

_SCALARS = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}


def kind(node: Node) -> str:
    """What JSON calls *node*; ``unknown`` where a variable nobody gave is in it."""
    if isinstance(node, Mapping):
        return "object"
    if isinstance(node, Sequence):
        return "array"
    data = node.data
    if isinstance(data, str) and UNKNOWN in data:
        return "unknown"
    if isinstance(data, float) and data.is_integer():
        return "integer"
    return _SCALARS[type(data)]


class Check:
    """Says whether a node fits a subschema."""

    __slots__ = ("_compiler", "_tests", "schema")

    def __init__(self, compiler: Compiler, schema: Schema) -> None:
        self.schema = schema
        self._compiler = compiler
        self._tests: dict[str, tuple[Test, ...] | None] = {"unknown": ()}

    def __call__(self, node: Node) -> bool:
        tests = self.tests(kind(node))
        if tests is None:
            return False
        for test in tests:  # noqa: SIM110 - all() of a generator takes twice as long, 25,000 times
            if not test(node):
                return False
        return True

    def tests(self, of: str) -> tuple[Test, ...] | None:
        """What a value of one kind must pass; None where no such value fits."""
        try:
            return self._tests[of]
        except KeyError:
            tests = self._tests[of] = self._compiler.tests(self.schema, of)
            return tests


class Compiler:
    """Compiles subschemas of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._checks: dict[int, Check] = {}
        self._flat: dict[int, Schema] = {}

    def check(self, schema: Schema) -> Check:
        """The check of *schema*; the same one for the same subschema, and what it refers to for a mere reference."""
        schema = self.resolved(schema)
        if id(schema) not in self._checks:
            self._checks[id(schema)] = Check(self, schema)
        return self._checks[id(schema)]

    def resolved(self, schema: Schema) -> Schema:
        """What *schema* refers to, with the parts of an ``allOf`` in one where it limits their keys together."""
        while "$ref" in schema:
            schema = self._referred(schema["$ref"])
        if "unevaluatedProperties" not in schema:
            return schema
        if id(schema) not in self._flat:
            self._flat[id(schema)] = self._flattened(schema)
        return self._flat[id(schema)]

    def tests(self, schema: Schema, of: str) -> tuple[Test, ...] | None:
        """The tests of *schema* for a value of one kind, or None where none fits."""
        types = schema.get("type")
        if types is not None and not _is_among(of, types):
            return None
        found = [*self._own(schema, of)]
        for name in ("oneOf", "anyOf"):
            if name in schema:
                alternatives = [check for each in schema[name] if (check := self.check(each)).tests(of) is not None]
                if not alternatives:
                    return None
                found += self._alternatives(alternatives, of, only=name == "oneOf")
        for each in schema.get("allOf", ()):
            tests = self.check(each).tests(of)
            if tests is None:
                return None
            found += tests
        return tuple(found)

    def keys(self, schema: Schema) -> tuple[dict[str, Check], list[tuple[re.Pattern[str], Check]], Check | bool]:
        """The checks of the keys of *schema*: by name, by pattern, and of all others."""
        properties = {name: self.check(each) for name, each in schema.get("properties", {}).items()}
        patterns = [
            (re.compile(pattern), self.check(each)) for pattern, each in schema.get("patternProperties", {}).items()
        ]
        others = schema.get("additionalProperties", True)
        return properties, patterns, others if isinstance(others, bool) else self.check(others)

    def _referred(self, reference: str) -> Schema:
        found: Any = self.schema
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return dict(found) if not isinstance(found, dict) else found

    def _flattened(self, schema: Schema) -> Schema:
        flat: Schema = {**schema, "properties": {}, "patternProperties": {}, "additionalProperties": False}
        for part in (*(self.resolved(each) for each in schema.get("allOf", ())), schema):
            for name in ("properties", "patternProperties"):
                flat[name] = {**flat[name], **part.get(name, {})}
            flat["required"] = [*flat.get("required", ()), *part.get("required", ())]
        del flat["unevaluatedProperties"]
        flat.pop("allOf", None)
        return {"type": "object", **flat}

    def _own(self, schema: Schema, of: str) -> list[Test]:
        if of == "object":
            return _object_tests(schema, *self.keys(schema))
        if of == "array":
            return self._array_tests(schema)
        return _scalar_tests(schema, of)

    def _array_tests(self, schema: Schema) -> list[Test]:
        tests: list[Test] = []
        if "items" in schema:
            check = self.check(schema["items"])
            tests.append(lambda node: all(map(check, node.items)))
        if schema.get("uniqueItems"):
            tests.append(lambda node: not repeated(node))
        return tests

    def _alternatives(self, checks: list[Check], of: str, *, only: bool) -> tuple[Test, ...]:
        if len(checks) == 1:
            return checks[0].tests(of) or ()
        if only:
            return (lambda node: sum(check(node) for check in checks) == 1,)
        return (lambda node: any(check(node) for check in checks),)


def repeated(node: Sequence) -> list[Node]:
    """The items that are equal to one before them; what holds an unknown variable is equal to nothing."""
    seen: set[str] = set()
    found: list[Node] = []
    for item in node.items:
        name = _identity(item)
        if UNKNOWN in name:
            continue
        if name in seen:
            found.append(item)
        seen.add(name)
    return found


def _identity(node: Node) -> str:
    data = raw(node)
    if isinstance(data, str):
        return "s" + data
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


def _is_among(of: str, types: str | list[str]) -> bool:
    names = [types] if isinstance(types, str) else types
    return of in names or (of == "integer" and "number" in names)


def _object_tests(
    schema: Schema,
    properties: dict[str, Check],
    patterns: list[tuple[re.Pattern[str], Check]],
    others: Check | bool,
) -> list[Test]:
    required = schema.get("required", ())
    known: dict[str, list[Check]] = {}

    def keys_fit(node: Mapping) -> bool:
        for name, child in node.children.items():
            checks = known.get(name)
            if checks is None:
                checks = known[name] = of_key(name)
            if not checks and others is False:
                return False
            for check in checks:
                if not check(child):
                    return False
        return True

    def of_key(name: str) -> list[Check]:
        checks = [properties[name]] if name in properties else []
        checks += [check for pattern, check in patterns if pattern.search(name)]
        return checks or ([] if isinstance(others, bool) else [others])

    tests: list[Test] = [keys_fit] if properties or patterns or others is not True else []
    if required:
        tests.append(lambda node: all(name in node.children for name in required))
    return tests


def _scalar_tests(schema: Schema, of: str) -> list[Test]:
    tests: list[Test] = []
    if "enum" in schema:
        allowed = schema["enum"]
        tests.append(lambda node: node.data in allowed)
    if "pattern" in schema and of == "string":
        search = re.compile(schema["pattern"]).search
        tests.append(lambda node: search(node.data) is not None)
    if of in ("integer", "number"):
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None:
            tests.append(lambda node: node.data >= low)
        if high is not None:
            tests.append(lambda node: node.data <= high)
    return tests


@cache
def compiled() -> tuple[Compiler, Check]:
    """The compiler of the schema and the check of a whole model."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120 - pathlib costs 3 ms of each start
    path = os.path.join(root, "schemas", "compose-spec.schema.json")  # noqa: PTH118 - as above
    compiler = Compiler(kept.data(path, _loaded))
    return compiler, compiler.check(compiler.schema)


def _loaded(path: str) -> Any:
    with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - as above
        return json.load(stream)


def fits(tree: Node) -> bool:
    """Whether *tree* is a model that the schema accepts."""
    return compiled()[1](tree)
