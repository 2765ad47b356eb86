"""A host that is frozen takes no deployment and no rollback until somebody thaws it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import LockedError, SettingsError
from ..maintenance.order import moment, now
from .record import write_durably

FILE = "frozen.json"


@dataclass(frozen=True)
class Freeze:
    """
    Who froze it, why, since when, and which release served then.

    Attributes:
        since: In ISO 8601.
    """

    who: str
    reason: str
    since: str
    release: str

    @classmethod
    def now(cls, who: str, reason: str, release: str) -> Freeze:
        """One from this moment on."""
        return cls(who, reason, now(), release)

    def __str__(self) -> str:
        serves = f", with {self.release} serving" if self.release else ""
        return f"frozen by {self.who} since {moment(self.since)}{serves}: {self.reason}"


def freeze_of(text: str | None) -> Freeze | None:
    """
    The freeze that its file has as *text*; None where there is no file.

    Raises:
        SettingsError: the file is none of ours; that counts as frozen.
    """
    if not text:
        return None
    try:
        data = json.loads(text)
        return Freeze(*(str(data[name]) for name in ("who", "reason", "since", "release")))
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{FILE}: not what this tool writes; look at it, then remove it by hand") from error


def freeze_in(folder: Path) -> Freeze | None:
    """The freeze that the state folder holds."""
    path = folder / FILE
    return freeze_of(path.read_text(encoding="utf-8") if path.exists() else None)


def write_freeze(folder: Path, freeze: Freeze | None) -> None:
    """Keeps *freeze* in the state folder; removes it where it is None."""
    if freeze is None:
        (folder / FILE).unlink(missing_ok=True)
    else:
        write_durably(folder / FILE, json.dumps(asdict(freeze), indent=1) + "\n")


def refuse_frozen(freeze: Freeze | None, host: str = "") -> None:
    """
    Raises:
        LockedError: it is frozen.
    """
    if freeze is not None:
        on = f" --host {host}" if host else ""
        raise LockedError(f"{f'{host}: ' if host else ''}{freeze}; inv lock --off{on} thaws it")
