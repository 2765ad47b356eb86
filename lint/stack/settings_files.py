"""Settings files that images copy or containers mount: YAML, JSON, TOML, ini and properties, read line by line."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..dockerfile.ignore import is_ignored
from ..dockerfile.loading import patterns
from ..place import Place
from ..record import dataclass
from ..regex import regex
from ..source import Source
from .ignoring import is_git_ignored

if TYPE_CHECKING:
    from .container import Container
    from .model import Stack

_NAME = regex(
    r"(?:.*[._-])?(?:app|application|appsettings|bootstrap|config|configuration|conf|settings?|secrets?|credentials?|database"
    r"|db|default|defaults|prod|production|local|server|backend|service|alembic|celery|redis|mail|auth|keys?)"
    r"(?:[._-](?!example|sample|template|dist|test|schema|spec)\w+)*\.(?:ya?ml|json|toml|ini|properties|cfg)"
    r"|(?:my|odoo|redis|valkey|keydb|pgbouncer|supervisord?)\.(?:cnf|conf|ini)"
    r"|(?:homeserver|alertmanager|prometheus|loki|promtail|grafana|datasources?|traefik|realm)\.(?:ya?ml|json|toml|ini)",
    re.IGNORECASE,
)
_SAMPLES = regex(
    r"example|sample|template|\.dist|schema|test|spec|fixture|mock|locale|i18n|lang|translat|node_modules|docs?/", re.I
)
_ENDING = regex(r".+\.(?:ya?ml|json|toml|ini|properties|cfg|cnf|conf)", re.IGNORECASE)
_NEVER = regex(
    r"package(?:-lock)?\.json|npm-shrinkwrap\.json|tsconfig.*|jsconfig.*|composer\.json|pyproject\.toml|Cargo\.toml|deno\.jsonc?"
    r"|pnpm-.*|.*[.-]lock\.\w+|manifest\.json|openapi.*|swagger.*|(?:docker-)?compose.*|angular\.json|nx\.json|turbo\.json|babel.*",
    re.IGNORECASE,
)
_FOLDERS_SKIPPED = {
    "node_modules",
    "venv",
    "tests",
    "test",
    "docs",
    "dist",
    "build",
    "vendor",
    "locales",
    "i18n",
    "examples",
}
_ENTRY = regex(
    r"""(?:^|[{,\[])[ \t]*(?:-[ \t]+)?(?P<quote>["']?)(?P<key>[A-Za-z_][\w.\-]*)(?P=quote)[ \t]*[:=][ \t]*"""
    r"""(?P<value>"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s#"'{\[,&*!|>][^\n]*?)?[ \t]*(?=$|,|\}|\]|[ \t]#|[ \t];)""",
    re.MULTILINE,
)
_DIRECTIVE = regex(r"^[ \t]*(?P<key>requirepass|masterauth)[ \t]+(?P<value>\"[^\"\n]*\"|\S+)", re.MULTILINE)
"""What Redis writes with neither ``:`` nor ``=``."""

_COMMENT = regex(r"(?:^|(?<=\s))[#;][^\n]*", re.MULTILINE)
_MOST_BYTES = 512 * 1024
_MOST_FILES = 400
_DEEPEST = 4


@dataclass(frozen=True)
class Entry:
    """A key with a single value; *place* is the value between its quotes."""

    key: str
    value: str
    place: Place


def settings_files(container: Container) -> Iterator[Source]:
    """The settings files that get into *container* from here, each once."""
    found: dict[str, None] = {}
    for here in container.tree.paths.values():
        for path in _files(container.stack, here):
            found.setdefault(path)
    ignored = _ignored(container)
    for path in found:
        if _is_own_of_host(container, path):
            continue
        if not any(is_ignored(os.path.relpath(path, folder or "."), lines) for folder, lines in ignored):
            source = container.stack.text(path)
            if source is not None and len(source.text) <= _MOST_BYTES and not _is_of_blocks(source):
                yield source


def _is_of_blocks(source: Source) -> bool:
    """Whether a .conf is one of nginx, Apache or the like, where a name before a value may be anything."""
    return source.path.endswith(".conf") and any(sign in source.text for sign in ("{", "</", "location", "server "))


def _is_own_of_host(container: Container, path: str) -> bool:
    """Whether a file is mounted that git ignores: each host writes its own, as it does its env file."""
    mounts = [mount.path for mount in container.service.mounts if mount.path is not None]
    is_mounted = any(path == each or path.startswith(each.rstrip("/") + "/") for each in mounts)
    return is_mounted and is_git_ignored(container.stack, path)


def entries(source: Source) -> Iterator[Entry]:
    """The settings in a file; of several lines only the first, and what has no single value is left out."""
    prefix = ""
    plain = _DIRECTIVE.finditer(source.text) if source.path.endswith(".conf") else ()
    for match in (*_ENTRY.finditer(source.text), *plain):
        if _is_comment(source.text, match.start("key")):
            continue
        value = match["value"]
        if value is None:
            continue
        quoted = len(value) > 1 and value[0] in "\"'" and value[-1] == value[0]
        start, end = match.span("value")
        place = source.place(start + quoted, end - quoted)
        yield Entry(prefix + match["key"], value[1:-1] if quoted else value, place)


def comments(source: Source) -> Iterator[tuple[Place, str]]:
    """The comments of a file, as far as lines tell."""
    for match in _COMMENT.finditer(source.text):
        yield source.place(match.start(), match.end()), match[0].rstrip()


def _is_comment(text: str, offset: int) -> bool:
    line = text[text.rfind("\n", 0, offset) + 1 : offset].lstrip()
    return line.startswith(("#", ";", "//", "!"))


def _files(stack: Stack, here: str) -> Iterator[str]:
    if stack.reader.exists(here):
        name = posixpath.basename(here)
        if _ENDING.fullmatch(name) and not _NEVER.fullmatch(name) and not _SAMPLES.search(name):
            yield here
        return
    if not stack.reader.is_folder(here):
        return
    left = _MOST_FILES
    for path in files_below(stack, here, _DEEPEST):
        left -= 1
        if left < 0:
            return
        if _is_settings(path, here):
            yield path


def files_below(stack: Stack, folder: str, depth: int) -> Iterator[str]:
    """The files in *folder* and below, nearest first."""
    names = stack.reader.glob(posixpath.join(folder, "*"))
    overlaid = {path for path in stack.reader.overlay if path.startswith("" if folder in (".", "") else folder + "/")}
    yield from sorted({*(path for path in names if stack.reader.exists(path)), *overlaid})
    for path in names:
        name = posixpath.basename(path)
        if depth and stack.reader.is_folder(path) and name not in _FOLDERS_SKIPPED and not name.startswith("."):
            yield from files_below(stack, path, depth - 1)


def _is_settings(path: str, folder: str = "") -> bool:
    inside = posixpath.relpath(path, folder) if folder else posixpath.basename(path)
    name = posixpath.basename(path)
    return bool(_NAME.fullmatch(name)) and not _NEVER.fullmatch(name) and not _SAMPLES.search(inside)


def _ignored(container: Container) -> list[tuple[str, tuple[str, ...]]]:
    """The patterns of the .dockerignore of its build, with the folder they start from; mounts know no such file."""
    built = container.build
    if built is None or built.folder is None or container.service.mounts or container.service.configs:
        return []
    for path in (f"{built.path}.dockerignore", posixpath.join(built.folder, ".dockerignore")):
        source = container.stack.text(path)
        if source is not None:
            return [(built.folder, patterns(source.text))]
    return []
