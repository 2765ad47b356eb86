"""JSON files that this tool wrote on a host, and that somebody may have edited since."""

from __future__ import annotations

import json
from typing import Any

from .errors import SettingsError
from .host import Host


def kept_on(host: Host, path: str) -> dict[str, Any]:
    """
    What the file *path* of *host* says; empty where there is none.

    Raises:
        SettingsError: it is not what this tool writes.
    """
    return data_of(host.read(path), f"{host.name}: {path}")


def data_of(text: str | None, where: str) -> dict[str, Any]:
    """
    What a file says; empty where there is none.

    Args:
        where: The host and the file, for the error.

    Raises:
        SettingsError: it is not what this tool writes.
    """
    try:
        data = json.loads(text or "{}")
    except ValueError as error:
        raise SettingsError(f"{where}: no JSON any more ({error}); put back what was edited there by hand") from error
    if not isinstance(data, dict):
        raise SettingsError(f"{where}: not what this tool writes; put back what was edited there by hand")
    return data
