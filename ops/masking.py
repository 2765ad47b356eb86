"""Takes the values of secrets out of what is shown."""

from __future__ import annotations

import re
from typing import Any

from .command import MASK, SHORTEST, without
from .stack import Stack

SECRET_NAME = re.compile(r"(?i)(passw(or)?d|secret|token|api_?key|private_?key|hmac|credential)")


def masked(data: Any, stack: Stack) -> Any:
    """*data* with ``***`` for the value of every secret variable and of every key with a secret's name."""
    secrets = secret_values(stack)
    return _masked(data, "", secrets)


def secret_values(stack: Stack) -> tuple[str, ...]:
    """The values of the variables that are secrets by setting or by name, longest first."""
    named = {name: value for name, value in stack.values.items() if is_secret(name, stack)}
    return tuple(sorted({value for value in named.values() if len(value) >= SHORTEST}, key=len, reverse=True))


def is_secret(name: str, stack: Stack) -> bool:
    """Whether the variable *name* holds a secret; ``NAME_FILE`` holds a path."""
    if name in stack.settings.env.generate:
        return True
    return is_secret_name(name)


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret; ``NAME_FILE`` holds a path."""
    return bool(SECRET_NAME.search(name)) and not name.upper().endswith("_FILE")


def _masked(data: Any, name: str, secrets: tuple[str, ...]) -> Any:
    if isinstance(data, dict):
        return {key: _masked(value, str(key), secrets) for key, value in data.items()}
    if isinstance(data, list):
        return [_masked(value, "", secrets) for value in data]
    if not isinstance(data, str):
        return data
    if data and SECRET_NAME.search(name) and not name.upper().endswith("_FILE") and not name.islower():
        return MASK
    return without(data, secrets)
