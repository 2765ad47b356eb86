"""The secrets that are on a host: read over the connection, held for a moment, and never shown."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ..command import SHORTEST, Command
from ..host import Host
from ..masking import is_secret_name

ASK_S = 60.0
CONTENTS = (
    'cd "$1/secrets" 2>/dev/null || exit 0; '
    'for each in *; do test -f "$each" || continue; printf "%s " "$each"; base64 <"$each" | tr -d "\\n"; echo; done'
)


def secrets_on(host: Host, folder: str) -> dict[str, bytes]:
    """The content of each secret of *folder*, a release's or the base's, by name."""
    told = host.run(Command(("sh", "-c", CONTENTS, "sh", folder)), timeout_s=ASK_S)
    rows = (line.partition(" ") for line in told.out.splitlines())
    return {name: base64.b64decode(text) for name, _, text in rows}


def all_values(
    host: Host, folders: Iterable[str], models: Iterable[Mapping[str, Any]], here: Iterable[str]
) -> tuple[str, ...]:
    """
    What must not stand in what is told of a change, longest first.

    Args:
        folders: The releases on the host, or its base, whose secrets count.
        models: Compose models; those of their variables count whose names are a secret's.
        here: The values that this machine knows.
    """
    contents = (content for folder in folders for content in secrets_on(host, folder).values())
    lines = (line.strip() for content in contents for line in content.decode(errors="replace").splitlines())
    found = {
        *here,
        *(line for line in lines if len(line) >= SHORTEST),
        *(each for model in models for each in _of(model)),
    }
    return tuple(sorted(found | {quote(value, safe="") for value in found}, key=len, reverse=True))


def _of(model: Mapping[str, Any]) -> Iterator[str]:
    for service in model.get("services", {}).values():
        for name, value in (service.get("environment") or {}).items():
            if is_secret_name(name) and len(str(value)) >= SHORTEST:
                yield str(value)
