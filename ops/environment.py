"""The operator's environment and the env file: the only source of secrets."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..lint.envfile import parse
from .command import Secret
from .errors import SettingsError
from .settings import EnvSettings

PRIVATE = 0o600
RANDOM_BYTES = 32
PLACEHOLDER = re.compile(r"(?i)^(change.?me.*|your[-_ ].*|<.*>|x{3,}|todo|replace.?me.*|example|secret|password)$")
"""What people leave in place of a secret; the linter's policy has the full list."""


@dataclass(frozen=True)
class EnvPlan:
    """
    What the env file should become.

    Attributes:
        text: The whole file.
        made: Variables that got a random value.
        gained: Variables that the example has and the file had not.
        empty: Variables without a value that a person may want to fill in.
        changed: Whether the file there is, if any, differs.
        values: Every variable of the file; for use, never to be shown.
    """

    text: Secret
    made: tuple[str, ...]
    gained: tuple[str, ...]
    empty: tuple[str, ...]
    changed: bool
    values: Mapping[str, str] = field(repr=False)

    def with_value(self, name: str, value: str) -> EnvPlan:
        """The same plan with *name* set, at its line or at the end."""
        text = _assigned(self.text.value, name, value)
        empty = tuple(other for other in self.empty if other != name)
        values = {**self.values, name: value}
        changed = self.changed or text != self.text.value
        return replace(self, text=Secret(text), empty=empty, changed=changed, values=values)


def env_values(settings: EnvSettings, environment: Mapping[str, str]) -> dict[str, str]:
    """
    Every variable as Compose sees it: the env file, and over it the operator's environment.

    Raises:
        SettingsError: where the env file cannot be read.
    """
    return _file_values(settings.file, environment) | dict(environment)


def plan_env(settings: EnvSettings, environment: Mapping[str, str]) -> EnvPlan:
    """
    The env file made from the example, or the file there is with what the example gained.

    A value that is there is never changed; variables that the environment holds get no random value.
    """
    if settings.example is None:
        raise SettingsError("fairlead.yaml: env.example is not set; name the file that documents the variables")
    example = _text(settings.example)
    if example is None:
        raise SettingsError(f"{settings.example}: no such file; it documents the variables that the stack reads")
    present = _text(settings.file)
    return (
        _first(settings, example, environment) if present is None else _later(settings, example, present, environment)
    )


def check_values(settings: EnvSettings, values: Mapping[str, str]) -> None:
    """
    Refuses a required secret that is missing, empty or a placeholder.

    Raises:
        SettingsError: names the variable, never its value.
    """
    for name in settings.generate:
        value = values.get(name, "")
        if not value:
            raise SettingsError(f"{settings.file}: {name} is empty; give it a value, or run inv env to make one")
        if PLACEHOLDER.match(value):
            raise SettingsError(f"{settings.file}: {name} still holds a placeholder; give it a value of its own")


def _first(settings: EnvSettings, example: str, environment: Mapping[str, str]) -> EnvPlan:
    made = [name for name in settings.generate if not environment.get(name)]
    text = example
    for name in made:
        text = _filled(text, name)
    return _plan(settings, text, made, (), changed=True)


def _later(settings: EnvSettings, example: str, present: str, environment: Mapping[str, str]) -> EnvPlan:
    known = {entry.name for entry in parse(present, str(settings.file)).entries}
    gained = [block for block in _blocks(example) if block[0] not in known]
    text = present if present.endswith("\n") or not present else present + "\n"
    for _, block in gained:
        text += f"\n{block}\n"
    values = parse(text, "").values({})
    made = [name for name in settings.generate if not (values.get(name) or environment.get(name))]
    for name in made:
        text = _filled(text, name)
    return _plan(settings, text, made, tuple(name for name, _ in gained), changed=text != present)


def _plan(settings: EnvSettings, text: str, made: list[str], gained: tuple[str, ...], *, changed: bool) -> EnvPlan:
    values = parse(text, str(settings.file)).values({})
    empty = tuple(name for name, value in values.items() if not value)
    return EnvPlan(Secret(text), tuple(made), gained, empty, changed, values)


def _filled(text: str, name: str) -> str:
    return _assigned(text, name, secrets.token_urlsafe(RANDOM_BYTES))


def _assigned(text: str, name: str, value: str) -> str:
    """*text* with *value* for *name*, at its empty line or, where it has none, at the end."""
    filled, count = re.subn(rf"(?m)^{re.escape(name)}=[ \t]*$", lambda _: f"{name}={value}", text)
    return filled if count else f"{text.rstrip()}\n\n{name}={value}\n"


def _blocks(example: str) -> list[tuple[str, str]]:
    """Each variable of the example with the comment lines right above it."""
    blocks: list[tuple[str, str]] = []
    comment: list[str] = []
    for line in example.splitlines():
        name, equals, _ = line.partition("=")
        if equals and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            blocks.append((name, "\n".join([*comment, line])))
        comment = [*comment, line] if line.startswith("#") else []
    return blocks


def _file_values(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    text = _text(path)
    if text is None:
        return {}
    file = parse(text, str(path))
    for _, place, message in file.problems:
        raise SettingsError(f"{place}: {message}")
    return {name: value for name, value in file.values(environment).items() if value is not None}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{path}: {reason}") from error
