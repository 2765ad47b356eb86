"""
A host's engine as a socket of this machine, for docker clients here; sshd need not forward anything.

Each connection is a `docker system dial-stdio` there, as the client's own ssh:// does it, over the connection that
is open anyway and that knows the way: jump hosts, keys, known hosts. Nothing is left on the host.
"""

from __future__ import annotations

import shlex
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import UnreachableError
from .forward import pump
from .host import RemoteHost

SESSIONS = 8
"""How many sessions one connection carries; sshd's own limit, MaxSessions, is 10 where nobody set another."""


@contextmanager
def engine_socket(host: RemoteHost, client: str) -> Iterator[Path]:
    """
    The path of a socket that leads to the engine of *host*, while the block runs.

    Args:
        client: The docker client there.
    """
    with tempfile.TemporaryDirectory(prefix="fairlead-engine-") as folder, ExitStack() as opened:
        path = Path(folder) / "docker.sock"  # the folder is this user's alone, and so the engine
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            dialling = _Dialling(host, client, listener, opened)
            threading.Thread(target=dialling.accept, daemon=True).start()
            try:
                yield path
            finally:
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)  # close alone does not end an accept that waits


class _Dialling:
    """Joins each connection to the socket with a session of the host; opens further connections to it as needed."""

    def __init__(self, host: RemoteHost, client: str, listener: socket.socket, opened: ExitStack) -> None:
        self._host = host
        self._command = shlex.join((client, "system", "dial-stdio"))
        self._listener = listener
        self._opened = opened
        self._ways: list[tuple[RemoteHost, threading.Semaphore]] = []
        self._choosing = threading.Lock()

    def accept(self) -> None:
        """Takes connections until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(connection,), daemon=True).start()

    def _join(self, connection: socket.socket) -> None:
        from paramiko import SSHException  # noqa: PLC0415 - fabric has it loaded by now

        way, free = self._way()
        try:
            with connection, way.fabric().create_session() as channel:
                channel.exec_command(self._command)
                _carry(connection, channel)
        except (SSHException, EOFError, OSError, UnreachableError):
            return  # the docker client says that its engine is gone
        finally:
            free.release()

    def _way(self) -> tuple[RemoteHost, threading.Semaphore]:
        with self._choosing:
            for way, free in self._ways:
                if free.acquire(blocking=False):
                    return way, free
            way, free = self._opened.enter_context(RemoteHost(self._host.entry)), threading.Semaphore(SESSIONS - 1)
            self._ways.append((way, free))
            return way, free


def _carry(connection: socket.socket, channel: Any) -> None:
    """Both ways, until the engine has said all it has to say."""
    there = threading.Thread(target=pump, args=(connection, _Writing(channel)), daemon=True)
    there.start()
    pump(channel, connection)
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    there.join()


class _Writing:
    """A channel's writing side: a session ends its input in another way than a socket."""

    def __init__(self, channel: Any) -> None:
        self.sendall = channel.sendall
        self._channel = channel

    def shutdown(self, _: int) -> None:
        """Nothing more comes from here."""
        self._channel.shutdown_write()
