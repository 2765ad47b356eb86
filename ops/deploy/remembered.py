"""The releases of a host to go back to, for a shell's <TAB>: asked of the host where that is quick, else remembered."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..inventory import HostEntry
from .layout import Layout

QUICK_S = 1.5
"""A person waits for the shell."""


def remember(state: Path, host: str, served: Iterable[str]) -> None:
    """Keeps what *host* can go back to in the folder *state* of this machine; it is a help, so a failure is none."""
    path = _file(state, host)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"served": list(served)}) + "\n", encoding="utf-8")


def releases_of(state: Path, layout: Layout, entry: HostEntry) -> list[str]:
    """The releases that served there before, the last first."""
    text = _asked(entry, f"{layout.state}/state.json")
    found = _names(text, "previous")
    if found is not None:
        return found
    with suppress(OSError):
        return _names(_file(state, entry.name).read_text(encoding="utf-8"), "served") or []
    return []


def _file(state: Path, host: str) -> Path:
    return state / "hosts" / host / "releases.json"


def _names(text: str, key: str) -> list[str] | None:
    with suppress(ValueError, KeyError, TypeError):
        return [str(name) for name in json.loads(text)[key]]
    return None


def _asked(entry: HostEntry, path: str) -> str:
    """The file's text; empty where the host does not give it at once."""
    program = shutil.which("ssh")
    if program is None:
        return ""
    words = (program, *_words(entry), entry.address, f"cat {path}")
    with suppress(OSError, subprocess.TimeoutExpired):
        asked = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=QUICK_S, check=False
        )
        return asked.stdout if asked.returncode == 0 else ""
    return ""


def _words(entry: HostEntry) -> Iterator[str]:
    """It asks nobody, and takes no unknown host in."""
    for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=1", "LogLevel=QUIET"):
        yield from ("-o", option)
    if entry.port:
        yield from ("-p", str(entry.port))
    if entry.user:
        yield from ("-l", entry.user)
    if entry.jump:
        yield from ("-J", ",".join(entry.jump))
    if entry.identity:
        yield from ("-i", str(Path(entry.identity).expanduser()))
