"""Containers beside the files that they were made from, by Compose's own digest of each service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen
from .containers import GROUP, UP, lasting
from .installation import Installation

HASH, MADE_BY = "com.docker.compose.config-hash", "com.docker.compose.version"


@check("CT13", GROUP, "error", "containers were made from the compose files as they are now")
def from_files(stack: Installation) -> Iterator[Verdict]:
    """Compose's own digest of each service: whatever key was changed since, it differs."""
    digests: dict[str, str] = {}
    for told in stack.compose("config", "--hash", "*"):
        if not told.ok:
            yield unseen(f"docker compose config: {stack.masked(told.reason)}", promised="the digest of each service")
            return
        digests |= dict(line.split(None, 1) for line in told.out.splitlines() if len(line.split()) == 2)  # noqa: PLR2004 - a name and a digest
    for container, known, _ in lasting(stack):
        wanted = digests.get(container.service, "").strip()
        seen = ((known.get("Config") or {}).get("Labels") or {}).get(HASH, "")
        if not wanted:
            yield unseen("Compose gives no digest", container.name, "the digest of the service")
        elif seen == wanted:
            yield passed(f"digest {wanted[:12]}", seen[:12], container.name)
        elif other := _other_compose(stack, known):
            yield skipped(f"made by {other}: digests of two versions are not the same", container.name)
        else:
            yield failed(f"digest {wanted[:12]}", seen[:12] or "none", container.name, UP)


def _other_compose(stack: Installation, known: Mapping[str, Any]) -> str:
    """The version of Compose that made a container of a host, where it is another than the one that was asked."""
    if stack.patient.released is None:
        return ""
    made = str(((known.get("Config") or {}).get("Labels") or {}).get(MADE_BY, ""))
    asked = stack.remembered("compose", lambda: stack.compose("version", "--short"))[0].out.strip()
    return f"Compose {made}, and asked was {asked}" if made.lstrip("v") != asked.lstrip("v") else ""


CHECKS: tuple[Check[Installation], ...] = (from_files,)
