"""A Compose project: what its files mean together."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Iterator
from collections.abc import Mapping as Lookup
from collections.abc import Sequence as Listing
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..cached import cached_property
from ..files import Files, ReadError
from ..finding import Edit
from ..place import Place
from ..record import dataclass, field
from .amounts import wrong_amounts
from .loader import Layer, Loader, Setting
from .nodes import UNKNOWN, Mapping, Source
from .places import Use, part_place, uses
from .problem import Problem
from .service import Service
from .value import Value

if TYPE_CHECKING:
    from ..envfile.model import EnvFile


@dataclass(eq=False)
class Project:
    """
    The merged model of one or more Compose files, each value with the file and place it came from.

    Attributes:
        paths: The files it was loaded from, base first; `files` also holds those they extend and include.
        directory: The folder of the first file, "" for the current one.
        tree: The merged tree in its long form.
        environment: What variables were filled in with: the ``.env`` file's values, or what the caller gave.
        layers: Each file before merging, in the order of merging.
        problems: What keeps Compose from reading the files, with the id of the rule that says so.
        meant: For the place of each misspelt key the edit that spells it right.
        mounted: The text of each file that services mount, by path, once a rule has asked `mounted_text` for it.
    """

    paths: tuple[str, ...]
    directory: str
    tree: Mapping
    environment: Lookup[str, str]
    sources: tuple[Source, ...]
    layers: tuple[Layer, ...]
    problems: tuple[Problem, ...]
    meant: Lookup[Place, Edit]
    reader: Files
    mounted: dict[str, str] = field(default_factory=dict)
    _env_files: dict[str, EnvFile | None] = field(default_factory=dict)

    @cached_property
    def files(self) -> Lookup[str, str]:
        """The text of every file that was read, by path."""
        return {source.path: source.text for source in self.sources}

    @property
    def comments(self) -> Iterator[tuple[Place, str]]:
        """Every comment of every file: its place and its text from the ``#`` on."""
        for source in {source.path: source for source in self.sources}.values():
            yield from source.comments

    @property
    def complete(self) -> bool:
        """Whether every file was read to its end; if not, do not report what seems to be missing."""
        return all(source.complete for source in self.sources)

    @property
    def role(self) -> str:
        """``production`` or ``development`` where a file's name says so, such as docker-compose.prod.yml, else ""."""
        from .groups import role  # noqa: PLC0415 - groups load projects

        return role(self.paths)

    @cached_property
    def value(self) -> Value:
        """Generic access to the whole."""
        return Value(self.tree)

    @cached_property
    def services(self) -> Lookup[str, Service]:
        """The services by name, in the order of the files, those with profiles too."""
        node = self.tree.children.get("services")
        if not isinstance(node, Mapping):
            return {}
        return {
            name: Service(self, name, node.keys[name], child)
            for name, child in node.children.items()
            if isinstance(child, Mapping)
        }

    @cached_property
    def volumes(self) -> Lookup[str, Value]:
        """The top-level volumes by name; the data of an empty one is None."""
        return self._section("volumes")

    @cached_property
    def networks(self) -> Lookup[str, Value]:
        """The top-level networks by name; the default network only where it is written."""
        return self._section("networks")

    @cached_property
    def secrets(self) -> Lookup[str, Value]:
        """The top-level secrets by name."""
        return self._section("secrets")

    @cached_property
    def configs(self) -> Lookup[str, Value]:
        """The top-level configs by name."""
        return self._section("configs")

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every use of a variable in every file, in the order of reading; those in extensions too."""
        return tuple(use for source in self.sources for scalar in source.interpolated for use in uses(scalar))

    def problems_of(self, rule: str) -> Iterator[tuple[Place, str]]:
        """The places and messages of the problems of one rule."""
        for name, place, message in self.problems:
            if name == rule:
                yield place, message

    @cached_property
    def missing(self) -> tuple[Use, ...]:
        """The uses such as ``${NAME:?}`` that Compose refuses to go on without a value for."""
        found = [(scalar, variable) for source in self.sources for scalar, variable in source.missing]
        return tuple(Use(each, part_place(scalar, each.start, each.end), scalar) for scalar, each in found)

    def get(self, *path: str) -> Value | None:
        """The value at the dotted *path* from the top, or by keys where keys have dots."""
        return self.value.get(*path)

    def env_file(self, path: str) -> EnvFile | None:
        """The env file at *path*, from the current folder, or None where it cannot be read."""
        path = posixpath.normpath(path)
        if path not in self._env_files:
            self._env_files[path] = _parsed(self.reader, path)
        return self._env_files[path]

    def mounted_text(self, path: str) -> str | None:
        """The text of the file at *path*, from the current folder, or None where it cannot be read."""
        if path not in self.mounted:
            try:
                self.mounted[path] = self.reader.read(path)
            except ReadError:
                return None
        return self.mounted[path]

    def canonical(self, name: str = "default", root: str = "/", profiles: Listing[str] = ()) -> dict[str, Any]:
        """The model in the shape of ``docker compose config --format json``; see `canonical.canonical`."""
        from .canonical import canonical  # noqa: PLC0415 - rules never need it

        return canonical(self, name, root, profiles)

    def _section(self, name: str) -> dict[str, Value]:
        found = self.get(name)
        return dict(found.items()) if found is not None else {}


def load_project(
    paths: Listing[str],
    files: Files | None = None,
    environment: Lookup[str, str] | None = None,
    *,
    unset: str = UNKNOWN,
    validate: bool = True,
) -> Project:
    """
    The project of the files at *paths*, base first.

    Args:
        files: Where they are read from; the disk by default.
        environment: What variables are filled in with; by default the values of ``.env`` beside the first file.
            The process's own environment is never looked at.
        unset: What a variable without value and default becomes; "" is what Compose itself does.

    Raises:
        ReadError: for one of *paths* that cannot be read; what those name and cannot be read is a problem.
    """
    files = files if files is not None else Files()
    directory = posixpath.dirname(paths[0])
    if environment is None:
        env_file = _parsed(files, posixpath.join(directory, ".env"))
        environment = env_file.values() if env_file is not None else {}
    loader = Loader(files)
    with _collector_at_rest():
        tree = loader.model(paths, Setting(directory, environment, unset, validate))
        if validate:
            loader.problems += wrong_amounts(tree)
    problems = tuple(dict.fromkeys(loader.problems))
    return Project(
        paths=tuple(paths),
        directory=directory,
        tree=tree,
        environment=environment,
        sources=tuple(loader.sources),
        layers=tuple(loader.layers),
        problems=problems,
        meant=loader.meant,
        reader=files,
    )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A tree of a million nodes has no garbage, and looking for it again and again takes a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parse(
    text: str | Lookup[str, str], environment: Lookup[str, str] | None = None, path: str = "docker-compose.yml"
) -> Project:
    """The project of one text, or of several by name in the order of merging, as if nothing else existed."""
    texts = {path: text} if isinstance(text, str) else dict(text)
    names = [name for name in texts if name.endswith((".yml", ".yaml"))]
    return load_project(names, Files(texts, only_overlay=True), environment)


def _parsed(files: Files, path: str) -> EnvFile | None:
    from ..envfile.parser import parse as parse_env  # noqa: PLC0415 - most rules need no env file

    if not files.exists(path):
        return None
    try:
        return parse_env(files.read(path), path)
    except ReadError:
        return None
