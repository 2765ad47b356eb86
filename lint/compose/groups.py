"""Which Compose files belong together."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from ..family import Options
from ..files import Files, ReadError
from ..regex import regex
from .project import Project, load_project

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""The names Compose looks for, the one it prefers first."""

OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""The names Compose lays over the base by itself, when no file is named."""

_PRODUCTION = regex(r"(?:docker-)?compose[._-](?:.*[._-])?(?:prod|production)(?:[._-].*)?\.ya?ml", re.I)
_DEVELOPMENT = regex(
    r"(?:docker-)?compose[._-](?:.*[._-])?"
    r"(?:override|dev|develop|development|local|debug|test|tests|testing|ci|e2e)(?:[._-].*)?\.ya?ml",
    re.I,
)
_VARIANT = regex(r"(?:docker-)?compose[._-].+\.ya?ml", re.I)


def load(paths: Sequence[str], files: Files, options: Options) -> Sequence[Project]:
    """The projects that the files at *paths* make up; those that ``-f`` or fairlead.yaml name are one."""
    return [load_project(group, files) for group in project_files(paths, files, options.compose_files)]


def project_files(paths: Iterable[str], files: Files, named: Sequence[str] = ()) -> list[tuple[str, ...]]:
    """
    The groups of files that are merged, base first.

    In each folder the base is joined by the file for production, such as ``docker-compose.prod.yml``, or where there
    is none by the override that Compose takes by itself. Any other file is a project of its own: with the base
    below it where its name says that it varies one. A file for production that repeats the whole base is one, too.

    Args:
        named: Files that belong together whatever their names, in the order of merging.
    """
    names = [posixpath.normpath(path) for path in paths]
    together = tuple(posixpath.normpath(path) for path in named)
    groups = [together] if any(name in together for name in names) else []
    rest = [name for name in names if name not in together]
    for folder in dict.fromkeys(posixpath.dirname(name) for name in rest):
        groups += _of_folder(folder, [name for name in rest if posixpath.dirname(name) == folder], files)
    return groups


def _of_folder(folder: str, names: list[str], files: Files) -> list[tuple[str, ...]]:
    listed = _listed_in_env(folder, files)
    if any(name in listed for name in names):
        return [listed, *_of_folder_names(folder, [name for name in names if name not in listed], files)]
    return _of_folder_names(folder, names, files)


def _listed_in_env(folder: str, files: Files) -> tuple[str, ...]:
    """What ``COMPOSE_FILE`` in the ``.env`` file of *folder* names; Compose then looks for no other names."""
    path = posixpath.join(folder, ".env")
    if not files.exists(path) or "COMPOSE_FILE" not in files.read(path):
        return ()
    from ..envfile.parser import parse  # noqa: PLC0415 - few env files name compose files

    values = parse(files.read(path), path).values()
    names = values.get("COMPOSE_FILE", "").split(values.get("COMPOSE_PATH_SEPARATOR") or ":")
    paths = [posixpath.normpath(posixpath.join(folder, name)) for name in names if name]
    return tuple(paths) if all(map(files.exists, paths)) else ()


def _of_folder_names(folder: str, names: list[str], files: Files) -> list[tuple[str, ...]]:
    base = _first(folder, BASES, files)
    override = _first(folder, OVERRIDES, files)
    if base is None:
        return [(name,) for name in names]
    production = [name for name in names if _PRODUCTION.fullmatch(posixpath.basename(name))]
    production = [name for name in production if not _stands_alone(name, base, files)]
    groups: list[tuple[str, ...]] = [(base, name) for name in production]
    if override in names and override is not None:
        groups.append((base, override))
    taken = {name for group in groups for name in group}
    variants = [name for name in names if name not in taken and name != base and _is_variant(name, files)]
    groups += [(base, name) for name in variants]
    if not groups and base in names:
        groups = [(base,)]
    alone = [name for name in names if name != base and name not in taken and name not in variants]
    return groups + [(name,) for name in alone]


def _is_variant(name: str, files: Files) -> bool:
    """Whether a file cannot stand alone: a service of it has neither an image nor a build."""
    if not _VARIANT.fullmatch(posixpath.basename(name)):
        return False
    project = load_project([name], files, validate=False)
    return any(service.get("image") is None and service.get("build") is None for service in project.services.values())


def _stands_alone(name: str, base: str, files: Files) -> bool:
    """
    Whether *name* has all of *base* over again: each service with its image, and one image in the very same words.

    Nobody who merges the two writes that. Most files for production name few images, and those are not even parsed.
    """
    text = _text(name, files)
    if len(_IMAGE.findall(text)) < 2 or not set(_IMAGE.findall(text)) & set(_IMAGE.findall(_text(base, files))):  # noqa: PLR2004 - one is no stack
        return False
    own, below = (load_project([each], files, validate=False).services for each in (name, base))
    shared = [(own[each].data("image"), below[each].data("image")) for each in own if each in below]
    return (
        all(service.get("image") is not None or service.get("build") is not None for service in own.values())
        and all(each in own or service.profiles for each, service in below.items())
        and any(one is not None and one == other for one, other in shared)
    )


def _text(path: str, files: Files) -> str:
    try:
        return files.read(path)
    except ReadError:
        return ""


_IMAGE = regex(r"^[ \t]+(?:image|build)[ \t]*:.*", re.M)


def role(paths: Iterable[str]) -> str:
    """``production`` or ``development`` where the name of one of *paths* says so, else ""."""
    names = [posixpath.basename(path) for path in paths]
    if any(_PRODUCTION.fullmatch(name) for name in names):
        return "production"
    return "development" if any(_DEVELOPMENT.fullmatch(name) for name in names) else ""


def _first(folder: str, names: Iterable[str], files: Files) -> str | None:
    return next((path for name in names if files.exists(path := posixpath.join(folder, name))), None)
