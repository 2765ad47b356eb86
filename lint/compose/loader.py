"""
Files to one merged tree, step by step in the order in which Compose goes.

Source: compose-go, loader.go; tests/system/test_compose_config.py holds it to the real Compose.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping as Lookup
from collections.abc import Sequence as Listing

from ..files import Files
from ..finding import Edit
from ..place import Place
from ..record import dataclass, field
from . import resets
from .casts import Casts
from .extends import Extender
from .includes import Includer
from .longform import LongForm
from .merge import Merger
from .nodes import UNKNOWN, Mapping, Node, Scalar, Source
from .problem import Problem, error
from .reader import read
from .schema import fits
from .schema_faults import faults
from .unicity import unique


@dataclass(frozen=True, eq=False)
class Setting:
    """
    In what setting files are read.

    Attributes:
        base: The folder that relative paths start from.
        environment: What variables are filled in with.
        unset: What becomes of the others.
        validate: Whether the merged tree is held to the schema.
    """

    base: str
    environment: Lookup[str, str]
    unset: str = UNKNOWN
    validate: bool = True


@dataclass(frozen=True, eq=False)
class Layer:
    """One document of one file, before it is merged: its *source* and its *tree*, variables filled in."""

    source: Source
    tree: Mapping


@dataclass(eq=False)
class Loader:
    """Reads files through *files*, and keeps every source, layer, problem and misspelt key met."""

    files: Files
    sources: list[Source] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    meant: dict[Place, Edit] = field(default_factory=dict)

    def model(self, paths: Listing[str], setting: Setting, trail: tuple[str, ...] = ()) -> Mapping:
        """
        The files at *paths* laid over each other.

        Args:
            trail: The files whose ``include`` led here.

        Raises:
            ReadError: for a file that cannot be read.
        """
        model: Mapping | None = None
        for path in paths:
            model = self._file(path, model, setting, (*trail, path))
        return model if model is not None else Mapping(Source(paths[0], "", setting.base), 0, 0)

    def services_of(self, path: str, setting: Setting) -> tuple[Mapping, list[resets.Path]]:
        """
        The services of a file that is extended from, in their long form, and what the file resets.

        Raises:
            ReadError: when it cannot be read.
        """
        source = self._source(path, setting)
        model: Mapping = Mapping(source, 0, 0)
        gone: list[resets.Path] = []
        for tree in self._documents(source):
            gone += _resets(tree)
            model = self._long(self._merged(model, tree))
        services = model.children.get("services")
        return services if isinstance(services, Mapping) else Mapping(source, 0, 0), gone

    def _file(self, path: str, model: Mapping | None, setting: Setting, trail: tuple[str, ...]) -> Mapping | None:
        source = self._source(path, setting)
        for tree in self._documents(source):
            self.layers.append(Layer(source, tree))
            model = self._laid(tree, model, setting, trail)
        return model

    def _laid(self, tree: Mapping, model: Mapping | None, setting: Setting, trail: tuple[str, ...]) -> Mapping:
        gone = _resets(tree)
        extended = Extender(self, setting).of(tree, gone)
        if model is None:
            model = Mapping(tree.source, tree.start, tree.end)
        model = _mapping(resets.without(model, gone))
        included = Includer(self, setting).of(extended, trail)
        merged = _mapping(unique(self._merged(model, included)))
        if setting.validate:
            self._validate(merged)
        if "version" in merged.children:
            merged = merged.copy()
            merged.drop("version")
        return self._long(merged)

    def _source(self, path: str, setting: Setting) -> Source:
        source = Source(path, self.files.read(path), setting.base, setting.environment, setting.unset)
        self.sources.append(source)
        return source

    def _documents(self, source: Source) -> list[Mapping]:
        documents, problems = read(source)
        self.problems += problems
        casts = Casts()
        trees = [casts.of(node) for node in documents if self._is_model(node)]
        self.problems += casts.problems
        return [tree for tree in trees if isinstance(tree, Mapping)]

    def _is_model(self, node: Node) -> bool:
        if isinstance(node, Mapping):
            return True
        if not isinstance(node, Scalar) or node.data is not None:
            message = 'a compose file is a map with keys such as "services"; this is none'
            self.problems.append(error("not-compose", node.place, message))
        return False

    def _merged(self, model: Mapping, tree: Mapping) -> Mapping:
        merger = Merger()
        merged = merger.model(model, tree)
        self.problems += merger.problems
        return _mapping(merged)

    def _long(self, tree: Mapping) -> Mapping:
        long_form = LongForm()
        long = long_form.of(tree)
        self.problems += long_form.problems
        return _mapping(unique(long))

    def _validate(self, tree: Mapping) -> None:
        """Holds *tree* to the schema."""
        if fits(tree):
            return
        broken = {source.path for source in self.sources if not source.complete}
        self.problems += [each for each in faults(tree, self.meant) if each[1].path not in broken or _is_sure(each)]


def _is_sure(problem: Problem) -> bool:
    """Whether a fault of a file that was not read to its end is none of what was left out: a key that is misspelt."""
    return problem[0] == "compose/unknown-key" and "did you mean" in problem[2]


def folder_of(path: str) -> str:
    """The folder of *path*, "" for the current one."""
    return posixpath.dirname(path)


def _resets(tree: Mapping) -> list[resets.Path]:
    text = tree.source.text
    return list(resets.paths(tree)) if "!reset" in text or "!override" in text else []


def _mapping(node: Node) -> Mapping:
    if not isinstance(node, Mapping):
        raise TypeError(f"a whole model is a map, not {node!r}")
    return node
