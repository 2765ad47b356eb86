"""Names of images on a host: each release of the app tier has its own, which no other one moves."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..command import Command
from ..errors import StepFailedError
from ..host import Host

TITLE = "send the images"
ASK_S = 60.0


def own_name(reference: str, release: str) -> str:
    """The name on the host for an image of *release*; *reference* itself where no other release can have it."""
    if "@" in reference or mentions(reference, release):
        return reference
    repository, tag = _parts(reference)
    return f"{repository}:{tag}-{release}" if tag else f"{repository}:{release}"


def mentions(reference: str, release: str) -> bool:
    """Whether *reference* names *release*: in its tag, or anywhere in its path."""
    return bool(re.search(rf"(?<![A-Za-z0-9_]){re.escape(release)}(?![A-Za-z0-9_])", reference))


def give_names(host: Host, client: str, named: Mapping[str, str]) -> None:
    """
    Gives images of the engine on *host* further names.

    Args:
        named: The image of each name.

    Raises:
        StepFailedError: the engine has no such image.
    """
    for name, reference in named.items():
        result = host.run(Command((client, "tag", reference, name)), timeout_s=ASK_S)
        if not result.ok:
            raise StepFailedError(host.name, TITLE, f"{reference}: gets no name of its own: {result.reason}")


def _parts(reference: str) -> tuple[str, str]:
    """The name and its tag; a colon before a slash is that of a port."""
    before, colon, tag = reference.rpartition(":")
    return (before, tag) if colon and "/" not in tag else (reference, "")
