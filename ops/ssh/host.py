"""A machine reached over SSH, as a `Host`."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from ..command import Command, Result, Secret
from ..errors import UnreachableError
from ..host import TIMED_OUT
from ..inventory import HostEntry
from .files import put, read
from .keys import Ask

CHUNK = 32768
LATE_S = 5.0
"""How much longer than the host itself this side waits for the end of a command that has a limit."""


class Readable(Protocol):
    """What gives bytes until there are no more."""

    def read(self, size: int) -> bytes:
        """The next bytes, at most *size*; none at the end."""


class _Session:
    """A command that runs on the host; closed when it takes longer than *timeout_s*."""

    def __init__(self, channel: Any, timeout_s: float | None) -> None:
        self.channel = channel
        self.timeout_s = timeout_s
        self._late = threading.Event()
        self._timer = threading.Timer(timeout_s + LATE_S, self._close) if timeout_s else None
        if self._timer:
            self._timer.daemon = True
            self._timer.start()

    def timed_out(self, code: int) -> bool:
        """Whether exit code *code* is that of a command that was ended for taking too long."""
        return self.timeout_s is not None and (code == TIMED_OUT or self._late.is_set())

    def stop(self) -> None:
        """No longer watches the time."""
        if self._timer:
            self._timer.cancel()

    def _close(self) -> None:
        self._late.set()
        self.channel.close()


class RemoteHost:
    """
    A host of fairlead.yaml; connects at first use, and anew where the connection was lost between two commands.

    Args:
        ask: Shows a person a host key that is not known; None where nobody is here.
    """

    def __init__(self, entry: HostEntry, ask: Ask | None = None) -> None:
        self.entry = entry
        self.name = entry.name
        self._ask = ask
        self._connection: Any = None
        self._opening = threading.Lock()

    def __enter__(self) -> RemoteHost:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; nothing where there is none."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def fabric(self) -> Any:
        """The open `fabric.Connection`, for a task that wants one of its own."""
        with self._opening:
            if self._connection is None or not self._connection.is_connected:
                from .connection import connect  # noqa: PLC0415 - fabric takes 400 ms

                self._connection = connect(self.entry, self._ask)
            return self._connection

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""
        with self._session(command, timeout_s) as session:
            err: list[bytes] = []
            draining = threading.Thread(target=_drain, args=(session.channel.recv_stderr, err), daemon=True)
            draining.start()
            out: list[bytes] = []
            _drain(session.channel.recv, out)
            draining.join()
            return self._ended(session, command, _text(out), _text(err))

    def pour(self, command: Command, source: Readable) -> Result:
        """
        Runs *command* with what is left of *source* as its standard input.

        Raises:
            UnreachableError: the connection was lost; how much arrived is not known.
        """
        with self._session(command, None, together=True, source=source) as session:
            out: list[bytes] = []
            _drain(session.channel.recv, out)
            return self._ended(session, command, "", _text(out))

    def stream(self, command: Command, line: Callable[[str], None], source: Readable | None = None) -> Result:
        """See `Host`; what it printed is in *out*, in the order it came. *source* is more of its standard input."""
        seen = []
        with (
            self._session(command, None, together=True, source=source) as session,
            session.channel.makefile("rb") as lines,
        ):
            for raw in lines:
                text = raw.decode(errors="replace")
                seen.append(text)
                line(text.rstrip("\n"))
            return self._ended(session, command, "".join(seen))

    def attach(self, command: Command) -> int:
        """See `Host`."""
        done = self.fabric().run(_shell(command), pty=True, warn=True)
        return int(done.exited)

    def put(self, path: str, content: str | Secret, mode: int) -> None:
        """See `Host`."""
        put(self, path, content, mode)

    def read(self, path: str) -> str | None:
        """See `Host`."""
        return read(self, path)

    @contextmanager
    def _session(
        self, command: Command, timeout_s: float | None, *, together: bool = False, source: Readable | None = None
    ) -> Iterator[_Session]:
        """Starts *command* and feeds it; *together* puts what it says as an error among the rest."""
        connection = self.fabric()
        from paramiko import SSHException  # noqa: PLC0415 - fabric has it loaded by now

        try:
            channel = connection.create_session()
            channel.set_combine_stderr(together)
            channel.exec_command(_shell(command, timeout_s))
        except (SSHException, EOFError, OSError) as error:
            raise self._lost(command) from error
        with channel:
            threading.Thread(target=_feed, args=(channel, _input(command), source), daemon=True).start()
            session = _Session(channel, timeout_s)
            try:
                yield session
            finally:
                session.stop()

    def _ended(self, session: _Session, command: Command, out: str, err: str = "") -> Result:
        code = session.channel.recv_exit_status()
        if session.timed_out(code):
            return Result(TIMED_OUT, out, f"{command.argv[0]}: no answer within {session.timeout_s:g} s")
        if code < 0:
            raise self._lost(command)
        return Result(code, out, err)

    def _lost(self, command: Command) -> UnreachableError:
        return UnreachableError(
            f"{self.name}: the connection was lost while this ran: {command.argv[0]}; whether it ended is not known"
        )


def _shell(command: Command, timeout_s: float | None = None) -> str:
    """One word list for the user's shell there, whichever it is; secrets come in on standard input."""
    limit = ("timeout", f"{timeout_s:g}") if timeout_s else ()
    plain = tuple(f"{name}={value}" for name, value in command.environment if not isinstance(value, Secret))
    words = shlex.join((*limit, *(("env", *plain) if plain else ()), *command.argv))
    script = f"exec {words}"
    if secrets := _exports(command):
        # dd reads byte by byte, so that what follows is left for the command itself
        script = f'eval "$(dd bs=1 count={len(secrets.encode())} 2>/dev/null)"; {script}'
    if command.directory is not None:
        script = f"cd {shlex.quote(command.directory)} && {{ {script}; }}"
    return shlex.join(("sh", "-c", script))


def _exports(command: Command) -> str:
    secrets = ((name, value.value) for name, value in command.environment if isinstance(value, Secret))
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in secrets)


def _input(command: Command) -> bytes:
    text = command.stdin.value if isinstance(command.stdin, Secret) else command.stdin or ""
    return (_exports(command) + text).encode()


def _feed(channel: Any, data: bytes, source: Readable | None) -> None:
    try:
        if data:
            channel.sendall(data)
        while source is not None and (data := _next(source, channel)):
            channel.sendall(data)
        channel.shutdown_write()
    except (OSError, EOFError):
        return  # it did not want its input, or is gone; its exit code says how it ended


def _next(source: Readable, channel: Any) -> bytes:
    """What cannot be read any more ends the command: half of it must not pass for all."""
    try:
        return source.read(CHUNK)
    except BaseException:
        channel.close()
        raise


def _drain(receive: Callable[[int], bytes], into: list[bytes]) -> None:
    while chunk := receive(CHUNK):
        into.append(chunk)


def _text(chunks: list[bytes]) -> str:
    return b"".join(chunks).decode(errors="replace")
