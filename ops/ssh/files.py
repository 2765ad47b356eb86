"""Files of a host where commands are all there is: written in one step, read whole."""

from __future__ import annotations

from typing import Protocol

from ..command import Command, Result, Secret
from ..errors import SettingsError

MISSING = 66
"""What our own script says for a file that is not there; EX_NOINPUT of sysexits.h."""

READ = f'test -e "$1" || exit {MISSING}; cat -- "$1"'
PUT = (
    'set -e; umask 077; folder=$(dirname -- "$1"); '
    'if ! test -d "$folder"; then mkdir -p -m "$3" -- "$folder"; fi; '
    'part=$(mktemp "$folder/.put.XXXXXX"); trap \'rm -f -- "$part"\' EXIT; '
    'cat >"$part"; chmod "$2" "$part"; sync "$part"; mv -T -- "$part" "$1"'
)


class Runs(Protocol):
    """What runs commands; `Host` without its files."""

    name: str

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""


def put(host: Runs, path: str, content: str | Secret, mode: int) -> None:
    """
    See `Host.put`.

    Raises:
        OSError: it could not be written; nothing is left of it.
    """
    folder = 0o755 if mode & 0o007 else 0o700
    result = host.run(Command(("sh", "-c", PUT, "sh", path, f"{mode:04o}", f"{folder:04o}"), content))
    if not result.ok:
        raise OSError(result.exit_code, result.reason, path)


def read(host: Runs, path: str) -> str | None:
    """
    See `Host.read`.

    Raises:
        SettingsError: it is there, and cannot be read.
    """
    result = host.run(Command(("sh", "-c", READ, "sh", path)))
    if result.exit_code == MISSING:
        return None
    if not result.ok:
        raise SettingsError(f"{host.name}: {path}: {result.reason}; log in as the user who owns it")
    return result.out
