"""The linter's part of fairlead.yaml."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from .errors import LintError
from .family import Options
from .files import shown
from .record import dataclass, field

FILE_NAME = "fairlead.yaml"
_LINT_KEYS = ("preset", "select", "ignore", "rules", "nginx_version", "fail_on", "baseline")


class SettingsError(LintError):
    """A fairlead.yaml, or a part of it, that cannot be used; the message names file and key."""


@dataclass(frozen=True)
class Settings:
    """
    What a project says about how it is linted; paths are as a user would write them.

    Attributes:
        named: The files that fairlead.yaml names, by family.
        merged: The compose files of production, in the order they are merged.
        lint: The map under ``lint:`` as it stands, its keys checked.
        policy: The map under ``policy:``, not yet checked.
    """

    path: str | None = None
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    lint: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rule_folders(self) -> tuple[str, ...]:
        """Folders with rules of the project's own."""
        return tuple(self._beside(name) for name in self.names("rules"))

    @property
    def options(self) -> Options:
        """How files are to be read."""
        version = self.lint.get("nginx_version")
        return Options(
            nginx_version=None if version is None else str(version),
            compose_files=self.merged,
        )

    @property
    def baseline(self) -> str | None:
        """The file of findings that the project has put off."""
        name = self.lint.get("baseline")
        return None if name is None else self._beside(str(name))

    def names(self, key: str) -> tuple[str, ...]:
        """The list under that key of ``lint:``; a single name counts as a list of one."""
        value = self.lint.get(key, ())
        return (value,) if isinstance(value, str) else tuple(map(str, value))

    def _beside(self, name: str) -> str:
        return _beside(self.path or ".", name)


def settings_for(start: str) -> Settings:
    """
    The settings in the fairlead.yaml of the folder *start* or of the nearest above; without one, the defaults.

    Raises:
        SettingsError: when it cannot be used.
    """
    folder = os.path.abspath(start)  # noqa: PTH100 - pathlib and what it imports cost 3 ms of each start
    while True:
        path = os.path.join(folder, FILE_NAME)  # noqa: PTH118 - as above
        if os.path.isfile(path):  # noqa: PTH113 - as above
            return _settings(path)
        folder, inner = os.path.dirname(folder), folder  # noqa: PTH120 - as above
        if folder == inner:
            return Settings()


def _settings(path: str) -> Settings:
    data = _data(path)
    lint = _map(data.get("lint"), f"{shown(path)}: lint")
    unknown = next((key for key in lint if key not in _LINT_KEYS), None)
    if unknown is not None:
        raise SettingsError(f'{shown(path)}: lint has no setting "{unknown}"; there are {", ".join(_LINT_KEYS)}')
    for key in ("select", "ignore", "rules"):
        if not isinstance(lint.get(key, []), str | list):
            raise SettingsError(f"{shown(path)}: lint.{key} is not a list of names")
    merged = tuple(_beside(path, name) for name in _list(data.get("compose"), "files"))
    policy = _map(data.get("policy"), f"{shown(path)}: policy")
    return Settings(shown(path), _named(path, data), merged, lint, policy)


def _beside(path: str, name: str) -> str:
    return shown(os.path.join(os.path.dirname(path), name))  # noqa: PTH118, PTH120 - as above


def _data(path: str) -> Mapping[str, Any]:
    from .data import DataError, load_yaml  # noqa: PLC0415 - only a project with settings pays for YAML here

    try:
        with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - as above
            text = stream.read()
        return _map(load_yaml(text, shown(path)), shown(path))
    except DataError as error:
        raise SettingsError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{shown(path)}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _map(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where}: not a map of settings")
    return value


def _named(path: str, data: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    compose, env, edge = (data.get(key) or {} for key in ("compose", "env", "edge"))
    files = {
        "compose": [*_list(compose, "files"), *_list(compose, "development")],
        "nginx": [*_list(edge, "files")[:1], *_list(data, "nginx")],
        "dockerfile": _list(data, "dockerfiles"),
        "env": [*_list(env, "example")],
    }
    return {name: tuple(dict.fromkeys(_beside(path, file) for file in names)) for name, names in files.items()}


def _list(data: Any, key: str) -> Sequence[str]:
    value = data.get(key) if isinstance(data, Mapping) else None
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
