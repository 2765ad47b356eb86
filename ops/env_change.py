"""Gives variables of the env file other values, and leaves every other line as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..lint.envfile import parse
from .command import Secret
from .errors import SettingsError
from .settings import EnvSettings

PLAIN = re.compile(r"[A-Za-z0-9_./+=@:,-]*")


def changed_env(settings: EnvSettings, values: Mapping[str, str]) -> Secret:
    """
    The whole text of the env file with *values*.

    Raises:
        SettingsError: there is no such file, or a variable is written in it in a way that cannot be changed safely.
    """
    try:
        before = settings.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{settings.file}: cannot be read: {error}") from error
    text = before
    for name, value in values.items():
        text = _with(text, name, value)
    old, new = parse(before, ""), parse(text, "")
    names_there = [entry.name for entry in new.entries]
    well = new.values({}) == old.values({}) | dict(values) and len(new.problems) == len(old.problems)
    if not well or any(names_there.count(name) != 1 for name in values):
        names = ", ".join(values)
        raise SettingsError(f"{settings.file}: {names} cannot be changed safely; write each as one line NAME=value")
    return Secret(text)


def _with(text: str, name: str, value: str) -> str:
    line = f"{name}={value if PLAIN.fullmatch(value) else _quoted(value)}"
    changed, count = re.subn(rf"(?m)^(?:export[ \t]+)?{name}[ \t]*=.*$", lambda _: line, text)
    return changed if count else f"{text.rstrip()}\n\n{line}\n"


def _quoted(value: str) -> str:
    """In single quotes nothing is filled in."""
    return f"'{value}'"
