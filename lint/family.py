"""The families of files: what a model offers the engine, and how each family's package is reached."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from .files import Files
from .place import Place
from .record import dataclass

Problem = tuple[str, Place, str]
"""What a parser could not make sense of: the id of the rule that says so, the place, the message."""


class Model(Protocol):
    """One parsed unit: an nginx configuration with its includes, a Compose project, a Dockerfile, an env file."""

    @property
    def files(self) -> Mapping[str, str]:
        """The text of each file that was read, by the path that findings name."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What could not be understood. An id without a rule of that name is reported as an error."""

    @property
    def comments(self) -> Iterable[tuple[Place, str]]:
        """Every comment: its place and its text from the ``#`` on."""


@dataclass(frozen=True)
class Options:
    """What a run may say about how files are to be read."""

    nginx_version: str | None = None
    compose_files: tuple[str, ...] = ()
    nginx_files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()


class Family(Protocol):
    """
    What ``lint/<package>/__init__.py`` exposes to the engine.

    ``load`` groups the *paths* into units as the real program would (an nginx.conf with what it includes, a base
    compose file with its overrides, each Dockerfile by itself) and reads them, and what they name, through *files*.
    It never raises for what a file holds: that is a problem of the model. A path that cannot be read at all
    may raise `ReadError`.
    """

    def load(self, paths: Sequence[str], files: Files, options: Options) -> Sequence[Model]: ...


PACKAGES = {
    "nginx": "nginx",
    "compose": "compose",
    "dockerfile": "dockerfile",
    "env": "envfile",
}
"""The package below ``lint`` of each family, in the order of the reports."""

EXAMPLE_NAMES = {
    "nginx": "nginx.conf",
    "compose": "docker-compose.yml",
    "dockerfile": "Dockerfile",
    "env": ".env",
}
"""The name that an example of one file gets."""


def family(name: str) -> Family:
    """The package of a family, imported when first asked for."""
    return importlib.import_module(f".{PACKAGES[name]}", __package__)


def load(name: str, paths: Sequence[str], files: Files, options: Options) -> Sequence[Model]:
    """The models of one family that the files at *paths* make up."""
    return family(name).load(paths, files, options)


def stacks(models: Mapping[str, Sequence[Model]], files: Files, options: Options) -> Sequence[Model]:
    """
    What the files of each stack are together: ``lint.stack.assemble`` with the models of all other families.

    One stack for each Compose project; files that belong to none are in none.
    """
    module = importlib.import_module(".stack", __package__)
    found: Sequence[Model] = module.assemble(models, files, options)
    return found
