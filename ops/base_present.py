"""Which images an engine has, and from which contents they were built."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .base_catalogue import BaseImage
from .command import Command
from .host import Host

CONTENT_LABEL = "io.fairlead.content"


def missing_images(host: Host, client: str, images: Iterable[BaseImage]) -> tuple[BaseImage, ...]:
    """Those of *images* that the engine does not have, or has from other contents."""
    wanted = tuple(images)
    there = keys_by_reference(host, client, [name for image in wanted for name in image.references])
    return tuple(image for image in wanted if any(there.get(name) != image.key for name in image.references))


def keys_by_reference(host: Host, client: str, references: list[str]) -> dict[str, str]:
    """The content key of each of *references* that the engine has; empty for images that are not ours."""
    shown = '{{json .RepoTags}}\t{{with .Config.Labels}}{{index . "' + CONTENT_LABEL + '"}}{{end}}'
    answer = host.run(Command((client, "image", "inspect", "--format", shown, *references)), timeout_s=60)
    rows = [line.split("\t") for line in answer.out.splitlines() if "\t" in line]
    return {name: key for names, key in rows for name in json.loads(names)}
