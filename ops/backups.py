"""What fairlead.yaml promises about backups; making them is anybody's, `inv verify` looks at what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CERTBOT = "certbot"
"""The name of the backup that holds the state of the CA."""


@dataclass(frozen=True)
class BackupSettings:
    """
    One kind of backup.

    Attributes:
        files: A pattern with ``*`` for all of them, absolute; the newest by its time counts.
        max_age_h: How old the newest may be, in hours.
        copies: A pattern for the same files on another machine's disk that is mounted here; empty where there is none.
        drill: A file that is written anew after each restore that was tried; empty where none is.
        drill_max_age_days: How old that may be.
    """

    name: str
    files: str
    max_age_h: float = 26.0
    copies: str = ""
    drill: str = ""
    drill_max_age_days: int = 92


def backups(data: Iterable[Mapping[str, Any]], root: Path) -> tuple[BackupSettings, ...]:
    """The promises in fairlead.yaml; patterns are relative to *root*."""
    return tuple(_backup(each, root) for each in data)


def _backup(data: Mapping[str, Any], root: Path) -> BackupSettings:
    paths = {name: str(root / data[name]) for name in ("copies", "drill") if name in data}
    return BackupSettings(
        data["name"],
        str(root / data["files"]),
        max_age_h=float(data.get("max_age_h", BackupSettings.max_age_h)),
        drill_max_age_days=int(data.get("drill_max_age_days", BackupSettings.drill_max_age_days)),
        **paths,
    )
