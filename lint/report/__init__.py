"""Reports: what a run found, as text for people or for a program. Pure functions; no module here imports rules."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from .results import Results

FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit")


def report(name: str) -> Callable[[Results], str]:
    """The function of one of `FORMATS`; its module is imported when first asked for."""
    made: Callable[[Results], str] = importlib.import_module(f".{name}", __package__).report
    return made


__all__ = ["FORMATS", "Results", "report"]
