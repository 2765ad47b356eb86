"""A statement: one thing that the files of a stack promise about one part of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..record import dataclass


@dataclass(frozen=True)
class Statement:
    """
    Attributes:
        part: ``nginx``, ``service``, ``image``, ``stack`` or ``env``.
        subject: What it is about, as a person names it: ``localhost /api/``, ``mysql``.
        aspect: What about it: ``header X-Frame-Options``, ``port 3306/tcp``.
        value: What holds, for comparing and for words; never a secret.
        said: The aspect in words, where the one that is compared has a number in place of a name.
    """

    part: str
    subject: str
    aspect: str
    value: str
    said: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What is compared: two revisions' statements of one key say the same thing, or something changed."""
        return self.part, self.subject, self.aspect


def statements(models: Mapping[str, Sequence[Any]]) -> Iterator[Statement]:
    """All that the *models* of one revision promise, by family as the engine loads them."""
    from . import of_compose, of_env, of_images, of_nginx  # noqa: PLC0415 - each loads its family's model

    configs = models.get("nginx", ())
    for config in configs:
        yield from of_nginx.statements(config, f"{config.path} " if len(configs) > 1 else "")
    for project in models.get("compose", ()):
        yield from of_compose.statements(project)
    for dockerfile in models.get("dockerfile", ()):
        yield from of_images.statements(dockerfile)
    for env_file in models.get("env", ()):
        yield from of_env.statements(env_file)
