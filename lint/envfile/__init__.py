"""Env files as Compose reads them: names and values with places, quotes, variables, and what Compose refuses."""

from .interpolation import MissingVariableError, Part, Parts, Variable, parts_of, replaced
from .loading import load
from .model import EnvEntry, EnvFile
from .parser import parse

__all__ = [
    "EnvEntry",
    "EnvFile",
    "MissingVariableError",
    "Part",
    "Parts",
    "Variable",
    "load",
    "parse",
    "parts_of",
    "replaced",
]
