"""The models of a stack as it is, and as a revision of git has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import family as families
from ..family import Options
from ..files import Files
from ..recognition import FAMILIES, by_family
from ..record import dataclass, replace
from ..revision import texts_at
from ..scope import scope_of
from ..settings import Settings, settings_for

Models = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Revisions:
    """The models before and after."""

    before: Models
    after: Models


def revisions(base: str) -> Revisions:
    """
    The stack of the current folder at the revision *base*, and as its files are now.

    Raises:
        RevisionError: outside a repository, or where there is no such revision.
        LintError: for a fairlead.yaml that cannot be used.
    """
    settings = settings_for(".")
    texts = texts_at(base)
    now = Files()
    then = Files({path: text for path, text in texts.items() if text is not None})
    then = replace(then, absent=frozenset(path for path, text in texts.items() if text is None))
    paths = scope_of((), settings, now).paths
    return Revisions(_models(_paths_then(paths, texts, then), then, settings), _models(paths, now, settings))


def _paths_then(
    paths: Mapping[str, Sequence[str]], texts: Mapping[str, str | None], then: Files
) -> dict[str, list[str]]:
    """Today's files that were there, and those that are gone since."""
    kept = {name: [path for path in paths[name] if path not in then.absent] for name in FAMILIES}
    known = {path for found in kept.values() for path in found}
    here = Files()
    gone = [path for path, text in texts.items() if text is not None and path not in known and not here.exists(path)]
    for name, found in by_family(gone, then).items():
        kept[name] += found
    return kept


def _models(paths: Mapping[str, Sequence[str]], files: Files, settings: Settings) -> Models:
    options: Options = settings.options
    merged = tuple(path for path in options.compose_files if path in paths["compose"])
    options = replace(options, compose_files=merged)
    return {name: families.load(name, paths[name], files, options) for name in FAMILIES if paths[name]}
