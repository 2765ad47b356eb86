"""The machines on which commands run."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Protocol

from .command import Command, Result, Secret
from .errors import SettingsError

NOT_FOUND = 127
TIMED_OUT = 124


class Host(Protocol):
    """A machine with a shell's powers; commands that fail give a `Result`, they do not raise."""

    name: str

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """Runs *command* to its end; 124 when it took longer than *timeout_s*, 127 when there is no such program."""

    def stream(self, command: Command, line: Callable[[str], None]) -> Result:
        """Runs *command* and hands each line to *line* as it comes, standard error among them."""

    def attach(self, command: Command) -> int:
        """Runs *command* on this terminal and gives its exit code."""

    def put(self, path: str, content: str | Secret, mode: int) -> None:
        """Replaces the file in one step; its folder is made, with mode 0700 where *mode* gives nothing to others."""

    def read(self, path: str) -> str | None:
        """The file's text, or None where there is no such file."""


class LocalHost:
    """This machine."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.name = "localhost"
        self._environment = dict(os.environ if environment is None else environment)

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""
        try:
            done = subprocess.run(
                command.argv,
                input=_plain(command.stdin) or "",
                env=self._environment_of(command),
                cwd=command.directory,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout_s,
                check=False,
            )
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            return Result(NOT_FOUND, err=f"{command.argv[0]}: {error.strerror}")
        except subprocess.TimeoutExpired:
            return Result(TIMED_OUT, err=f"{command.argv[0]}: no answer within {timeout_s:g} s")
        return Result(done.returncode, done.stdout, done.stderr)

    def stream(self, command: Command, line: Callable[[str], None]) -> Result:
        """See `Host`; what it printed is in *out*, in the order it came."""
        try:
            process = subprocess.Popen(
                command.argv,
                stdin=subprocess.PIPE if command.stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=self._environment_of(command),
                cwd=command.directory,
                text=True,
                errors="replace",
            )
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            return Result(NOT_FOUND, err=f"{command.argv[0]}: {error.strerror}")
        with process:
            return _followed(process, command, line)

    def attach(self, command: Command) -> int:
        """See `Host`."""
        try:
            done = subprocess.run(command.argv, env=self._environment_of(command), cwd=command.directory, check=False)
        except FileNotFoundError:
            return NOT_FOUND
        return done.returncode

    def put(self, path: str, content: str | Secret, mode: int) -> None:
        """See `Host`."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(_plain(content) or "")
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def read(self, path: str) -> str | None:
        """See `Host`."""
        try:
            return Path(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            raise SettingsError(f"{path}: {reason}; run this as the user who owns it") from error

    def _environment_of(self, command: Command) -> dict[str, str]:
        return self._environment | {name: _plain(value) or "" for name, value in command.environment}


def _followed(process: subprocess.Popen[str], command: Command, line: Callable[[str], None]) -> Result:
    if process.stdin is not None:
        _fed(process.stdin, _plain(command.stdin) or "")
    seen = []
    try:
        for text in process.stdout or ():
            seen.append(text)
            line(text.rstrip("\n"))
    except BaseException:
        process.terminate()
        raise
    return Result(process.wait(), "".join(seen))


def _fed(stdin: IO[str], text: str) -> None:
    try:
        stdin.write(text)
        stdin.close()
    except BrokenPipeError:
        return  # it did not want its input; its exit code says how it ended


def _plain(text: str | Secret | None) -> str | None:
    return text.value if isinstance(text, Secret) else text
