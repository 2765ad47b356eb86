"""How the image of a service is built: its Dockerfile, the stage that becomes the image, and what that stands on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..cached import cached_property
from ..compose import Service
from ..compose import Unknown as UnknownValue
from ..dockerfile import Dockerfile, Stage, image_name
from ..files import Files, ReadError, normal
from ..record import dataclass
from ..regex import regex
from .images import NOTHING, ImageFacts, facts_of

_VARIABLE = regex(r"\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::?-(?P<default>[^${}]*))?\})")
_HUB = ("docker.io/", "index.docker.io/", "registry-1.docker.io/", "public.ecr.aws/docker/")


@dataclass(frozen=True)
class Built:
    """
    The build of one service.

    Attributes:
        folder: The build context from the current folder; None where that is not known.
        path: The path of the Dockerfile; None where it is not known, or written in the Compose file.
        dockerfile: None where it cannot be read.
    """

    service: Service
    folder: str | None
    path: str | None
    dockerfile: Dockerfile | None

    @cached_property
    def arguments(self) -> Mapping[str, str | None]:
        """The build arguments; None stands for a value that is not known."""
        build = self.service.build
        found = build.args if build else {}
        return {name: each.value if isinstance(each.value, str) else None for name, each in found.items()}

    @property
    def target(self) -> str | None:
        """The stage that the Compose file asks for, where it asks for a known one."""
        target = self.service.build.target if self.service.build else None
        return target if isinstance(target, str) and target else None

    @cached_property
    def stage(self) -> Stage | None:
        """The stage that becomes the image; None where it is not known."""
        if self.dockerfile is None or (self.service.build and isinstance(self.service.build.target, UnknownValue)):
            return None
        return self.dockerfile.stage(self.target) if self.target else self.dockerfile.final_stage

    @cached_property
    def root_image(self) -> str | None:
        """The image at the bottom of the stage, build arguments filled in; None where that is not known."""
        if self.stage is None or self.dockerfile is None:
            return None
        word = self.stage.root.base_word
        if word is None:
            return None
        declared = {name: each.value for name, each in self.dockerfile.outer.arguments.items()}
        return _filled_in(word.text, {**declared, **self.arguments}, set(declared))


def built(service: Service, known: Mapping[str, Dockerfile], files: Files) -> Built | None:
    """How the image of *service* is built; None where it is not."""
    build = service.build
    if build is None:
        return None
    if build.inline is not None:
        from ..dockerfile import parse  # noqa: PLC0415 - few write a Dockerfile into a Compose file

        return Built(service, build.folder, None, parse(build.inline, build.place.path))
    path = dockerfile_path(service)
    return Built(service, build.folder, path, _read(path, known, files))


def dockerfile_path(service: Service) -> str | None:
    """Where the Dockerfile of *service* lies, from the current folder; None where that is not known."""
    build = service.build
    if build is None or build.inline is not None or build.folder is None:
        return None
    name = build.dockerfile or "Dockerfile"
    return normal(posixpath.join(build.folder, name)) if isinstance(name, str) else None


def built_paths(projects: Sequence[Any], files: Files) -> list[str]:
    """The Dockerfiles that services of *projects* are built from, wherever they lie."""
    paths = (dockerfile_path(each) for project in projects for each in project.services.values())
    return [path for path in dict.fromkeys(paths) if path is not None and files.exists(path)]


def image_facts(text: str | None) -> ImageFacts | None:
    """The facts about the image that *text* names; None where there are none."""
    if text is None:
        return None
    if text == "scratch":
        return NOTHING
    name = image_name(text)
    if name.tag is None and name.digest is not None:
        return None
    return facts_of(plain_name(name.name), name.tag)


def plain_name(name: str) -> str:
    """The name of an image without the registry and the folder of Docker's own library."""
    for host in _HUB:
        name = name.removeprefix(host)
    return name.removeprefix("library/")


def _read(path: str | None, known: Mapping[str, Dockerfile], files: Files) -> Dockerfile | None:
    if path is None or path in known:
        return known.get(path or "")
    from ..dockerfile import parse  # noqa: PLC0415 - the engine has read most of them

    try:
        return parse(files.read(path), path) if files.exists(path) else None
    except ReadError:
        return None


def _filled_in(text: str, values: Mapping[str, str | None], declared: set[str]) -> str | None:
    """*text* with its variables replaced; None where one is not known. FROM sees only what was declared before it."""
    unknown = False

    def value(match: re.Match[str]) -> str:
        nonlocal unknown
        name = match["plain"] or match["name"]
        found = values.get(name) if name in declared else ""
        unknown = unknown or (found is None and match["default"] is None)
        return found or match["default"] or ""

    filled = _VARIABLE.sub(value, text)
    return None if unknown or "$" in filled or not filled else filled
