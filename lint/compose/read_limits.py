"""Limits and reservations, by either of their keys."""

from __future__ import annotations

from .nodes import Unknown
from .parts import Limit
from .quantities import byte_size
from .value import Value


def size(service: Value, *keys: str) -> Limit | None:
    """The first of *keys* that holds a size; one that Compose refuses counts as not written."""
    for key in keys:
        found = service.get(key)
        if found is None or found.data is None or isinstance(found.data, bool):
            continue
        if isinstance(found.data, Unknown):
            return Limit(found.data, key, found.place)
        amount = byte_size(found.data) if isinstance(found.data, int | str) else None
        if amount is not None and amount.bytes:
            return Limit(amount, key, found.place)
    return None


def number(service: Value, *keys: str) -> Limit | None:
    """The first of *keys* that holds a number, written as one or as text."""
    for key in keys:
        found = service.get(key)
        if found is None or found.data is None or isinstance(found.data, bool):
            continue
        if isinstance(found.data, Unknown):
            return Limit(found.data, key, found.place)
        amount = _number(found.data)
        if amount:
            return Limit(amount, key, found.place)
    return None


def _number(data: object) -> float | int | None:
    if isinstance(data, int | float):
        return data
    try:
        return float(str(data))
    except ValueError:
        return None
