"""What a person may say to `inv verify`, checked before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import SettingsError
from .readiness import READY_S
from .verdict import SEVERITIES, Severity

MOST_WAIT_S = 600.0


@dataclass(frozen=True)
class Options:
    """
    Attributes:
        url: A site to look at from outside alone; empty for the stack of fairlead.yaml.
        hosts: Where that stack is looked at; none for this machine.
        ca: A file of certificates to believe beside none of the system's.
        only: Ids and groups.
        everything: All checks, not only the quick ones.
        wait_s: How long to wait for a first answer.
        changing: Whether a check may leave anything behind, such as a person registered for a chat.
        junit: Where to write a report of that kind, as *html* and *baseline*; None for nowhere.
    """

    url: str = ""
    hosts: tuple[str, ...] = ()
    ca: str = ""
    only: tuple[str, ...] = ()
    everything: bool = False
    fail_on: Severity = "warning"
    wait_s: float = READY_S
    as_json: bool = False
    junit: Path | None = None
    html: Path | None = None
    baseline: Path | None = None
    changing: bool = True


def severity(text: str) -> Severity:
    """
    The severity that *text* names; ``warning`` where it is empty.

    Raises:
        SettingsError: it names none.
    """
    found = next((each for each in SEVERITIES if each == (text or "warning")), None)
    if found is None:
        raise SettingsError(f'--fail-on takes {", ".join(SEVERITIES)}, not "{text}"')
    return found


def wait_seconds(text: str) -> float:
    """
    The seconds in *text*; `READY_S` where it is empty.

    Raises:
        SettingsError: it is no number from 0 to `MOST_WAIT_S`.
    """
    if not text:
        return READY_S
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MOST_WAIT_S:
        raise SettingsError(f'--wait takes seconds from 0 to {MOST_WAIT_S:g}, not "{text}"')
    return seconds


def output(text: str, flag: str) -> Path | None:
    """
    The path of a report; None where *text* is empty.

    Raises:
        SettingsError: its folder is not there, so that a long run would end in nothing.
    """
    if not text:
        return None
    path = Path(text)
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise SettingsError(f"{flag} {text}: not a file in a folder that is there")
    return path
