"""The JSON Schemas of the files that Fairlead reads and writes, and their loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def schema(name: str) -> Any:
    """The schema in ``schemas/<name>.schema.json``."""
    return json.loads((Path(__file__).parent / f"{name}.schema.json").read_text(encoding="utf-8"))


def errors(name: str, data: Any) -> list[str]:
    """What is wrong with *data*, one line each with the path of keys first, deepest last; empty when nothing is."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 100 ms that a clean lint run does not need

    found = sorted(Draft202012Validator(schema(name)).iter_errors(data), key=lambda error: list(map(str, error.path)))
    return [_line(list(error.absolute_path), error.message) for error in found]


def first_error(name: str, data: Any) -> str | None:
    """The first of `errors`, or None."""
    return next(iter(errors(name, data)), None)


def _line(path: list[Any], message: str) -> str:
    where = ".".join(map(str, path))
    return f"{where}: {message}" if where else message
