"""Names of images, cut into their parts."""

from __future__ import annotations

import re

from ..record import dataclass
from ..regex import regex

_DIGEST = regex(r"@([A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z0-9]+)*:[0-9a-fA-F]{32,})\Z")
_TAG = regex(r":([\w][\w.-]{0,127})\Z", re.ASCII)
_REPOSITORY = regex(r"[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*")
_OFFICIAL_HOSTS = ("", "docker.io", "index.docker.io", "registry-1.docker.io", "public.ecr.aws/docker")


@dataclass(frozen=True, slots=True)
class ImageName:
    """
    ``registry/path/name:tag@digest``.

    Attributes:
        registry: The host, empty for Docker Hub where it is not written.
        repository: The path without host, tag and digest.
    """

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def is_valid(self) -> bool:
        """Whether a registry could hold an image of that name."""
        return _REPOSITORY.fullmatch(self.repository) is not None

    @property
    def official(self) -> str | None:
        """The name of the official image, such as ``python``; also when it is taken through a mirror of the Hub."""
        path = self.repository.removeprefix("library/")
        if "/" in path:
            return None
        mirrored = self.repository.startswith("library/")
        return path if mirrored or self.registry in _OFFICIAL_HOSTS else None

    @property
    def name(self) -> str:
        """Registry and repository as written."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository


def image_name(text: str) -> ImageName:
    """*text* cut into its parts; what is no valid name gives parts all the same."""
    digest = _DIGEST.search(text)
    rest = text[: digest.start()] if digest else text
    tag = _TAG.search(rest)
    path = rest[: tag.start()] if tag else rest
    first, slash, remainder = path.partition("/")
    is_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    registry, repository = (first, remainder) if is_host else ("", path)
    return ImageName(registry, repository, tag[1] if tag else None, digest[1] if digest else None)
