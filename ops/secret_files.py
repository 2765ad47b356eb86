"""The files behind the compose secrets, written from the environment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .command import Command, Secret
from .errors import SettingsError
from .host import Host
from .settings import SecretSettings
from .step import Run, Step, WriteAll

READABLE = 0o444
"""Any user of a container reads it; on the host the folder, of mode 0700, keeps others out."""

FOLDER_MODE = 0o700
EXPRESSION = re.compile(r"\$\{(?:(sha256):)?([A-Za-z_][A-Za-z0-9_]*)(?::-)?\}")
OPTIONAL = re.compile(r"[ \t]*[^\s$]*\$\{(?:sha256:)?([A-Za-z_][A-Za-z0-9_]*):-\}[^\s$]*")
"""A word that is left out where its variable is empty."""


def secret_steps(
    settings: SecretSettings, names: Mapping[str, Path], values: Mapping[str, str], host: Host
) -> Iterator[Step]:
    """
    Writes the secret files whose content is not what the environment says.

    Args:
        names: The file of each compose secret; those outside the folder are the user's own.
        values: The environment. A variable that is not set gives an empty file.
    """
    mine = {name: path for name, path in names.items() if path.parent == settings.folder}
    if mine and not _is_private(settings.folder):
        make = Command(("install", "--directory", "--mode=0700", str(settings.folder)))
        yield Run("make the folder of the secrets", make)
    changed = changed_secrets(settings, mine, values, host)
    if changed:
        files = tuple((str(mine[name]), text) for name, text in changed.items())
        yield WriteAll("write the files of the secrets", files, READABLE)


def changed_secrets(
    settings: SecretSettings, names: Mapping[str, Path], values: Mapping[str, str], host: Host
) -> dict[str, Secret]:
    """The new content of each secret in the folder whose file holds another, by secret name."""
    mine = {name: path for name, path in names.items() if path.parent == settings.folder}
    wanted = {name: _content(settings, name, values) for name in sorted(mine)}
    return {name: Secret(text) for name, text in wanted.items() if host.read(str(mine[name])) != text}


def forgotten_values(settings: SecretSettings, variables: Iterable[str], host: Host) -> list[str]:
    """Those of *variables*, empty now, whose secret's file still holds a value."""
    return [name for name in variables if host.read(str(settings.folder / name.lower()))]


def secret_text(settings: SecretSettings | None, name: str, path: Path, values: Mapping[str, str]) -> Secret:
    """
    What the file of compose secret *name* holds: from the environment where it is ours, else the user's own file.

    Raises:
        SettingsError: the file, its template or a value of that is missing.
    """
    if settings is not None and path.parent == settings.folder:
        return Secret(_content(settings, name, values))
    try:
        return Secret(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}; compose names it as the file of secret {name}") from error


def _is_private(folder: Path) -> bool:
    return folder.is_dir() and folder.stat().st_mode & 0o777 == FOLDER_MODE


def _content(settings: SecretSettings, name: str, values: Mapping[str, str]) -> str:
    template = settings.templates.get(name)
    if template is None:
        return values.get(name.upper(), "")
    try:
        text = template.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{template}: {error.strerror}; fairlead.yaml names it as secrets.templates") from error
    text = OPTIONAL.sub(lambda found: found[0] if values.get(found[1]) else "", text)
    return EXPRESSION.sub(lambda found: _value(found, values, template), text)


def _value(found: re.Match[str], values: Mapping[str, str], template: Path) -> str:
    function, variable = found.groups()
    value = values.get(variable, "")
    if not value:
        raise SettingsError(f"{template}: {variable} is empty; give it a value, or run inv env to make one")
    return hashlib.sha256(value.encode()).hexdigest() if function else value
