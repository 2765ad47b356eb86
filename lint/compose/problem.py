"""What keeps a file from being read as Compose would read it."""

from __future__ import annotations

from ..family import Problem
from ..place import Place


def error(rule: str, place: Place, message: str) -> Problem:
    """A problem that stops Compose, under the id ``compose/``*rule*."""
    return f"compose/{rule}", place, message


__all__ = ["Problem", "error"]
