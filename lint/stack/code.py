"""The code of an application, as far as the files that its image copies show it: read as text, not understood."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..regex import regex
from ..source import Source
from .mounting import copied
from .settings_files import files_below

if TYPE_CHECKING:
    from .container import Container

_CODE = regex(r".+\.(?:py|js|mjs|cjs|jsx|ts|tsx|vue|svelte|rb|php|go|java|kt|rs|cs|ex|exs)")
_SKIPPED = regex(
    r"(?:^|/)(?:tests?|spec|specs|__tests__|node_modules|venv|\.venv|dist|build|vendor|docs|migrations)/|[._]test\.|\.spec\.|test_[^/]*$"
)
_MOST_FILES = 250
_MOST_CHARACTERS = 200_000
_DEEPEST = 5


def code_of(container: Container) -> tuple[Source, ...]:
    """The files of code that any stage of its Dockerfile copies from the build context, tests left out."""
    built = container.build
    if built is None or built.folder is None or built.dockerfile is None:
        return ()
    reader = container.stack.reader
    places = dict.fromkeys(here for stage in built.dockerfile.stages for _, here in copied(stage, built.folder, reader))
    found: dict[str, Source] = {}
    for here in places:
        for path in _files(container, here):
            if len(found) >= _MOST_FILES:
                return tuple(found.values())
            source = container.stack.text(path) if path not in found else None
            if source is not None and len(source.text) <= _MOST_CHARACTERS:
                found[path] = source
    return tuple(found.values())


def _files(container: Container, here: str) -> Iterator[str]:
    reader = container.stack.reader
    if reader.exists(here):
        found: Iterator[str] = iter((here,))
    else:
        found = files_below(container.stack, here, _DEEPEST) if reader.is_folder(here) else iter(())
    for path in found:
        if _CODE.fullmatch(posixpath.basename(path)) and not _SKIPPED.search(
            posixpath.relpath(path, posixpath.dirname(here) or ".")
        ):
            yield path


_READ = regex(
    r"(?:environ(?:\.get)?|getenv|[Ee]nv(?:\.\w+)?|ENV(?:\.fetch)?|config|Getenv|LookupEnv)\s*[\[(]\s*[\"'](?P<one>[\w.-]+)[\"']"
    r"|process\.env(?:\.|\[[\"'])(?P<two>\w+)"
)
"""A word that is read from the environment, whatever its name."""


def variables_read(sources: tuple[Source, ...], names: frozenset[str]) -> dict[str, Source]:
    """Which of *names* the code reads from its environment, each with the file that does so first."""
    if not names:
        return {}
    found: dict[str, Source] = {}
    for source in sources:
        for match in _READ.finditer(source.text):
            name = match["one"] or match["two"]
            if name in names:
                found.setdefault(name, source)
    return found
