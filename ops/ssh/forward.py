"""Ports that only a host itself reaches, at ports of this machine: through the connection that is open anyway."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from ..errors import UnreachableError
from .host import RemoteHost

LOOPBACK = "127.0.0.1"
CHUNK = 65536
OPEN_S = 10.0
FORBIDDEN = 1
"""sshd's code for a channel that its settings do not allow."""


class ForwardError(UnreachableError):
    """The host's sshd forwards nothing."""


class Forwards:
    """
    What a host reaches, as ports of this machine's loopback; closed at the end of the block.

    Attributes:
        ports: The port here, by address and port there.
    """

    def __init__(self, host: RemoteHost) -> None:
        self.ports: dict[tuple[str, int], int] = {}
        self._host = host
        self._listening: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Forwards:
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listening:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # close alone does not end an accept that waits
            listener.close()

    def port(self, address: str, port: int) -> int:
        """
        The port here that leads to *address* and *port* there.

        Raises:
            ForwardError: sshd does not allow it.
        """
        with self._lock:
            if (address, port) not in self.ports:
                self._try(address, port)
                self.ports[address, port] = self._listen(address, port)
            return self.ports[address, port]

    def _try(self, address: str, port: int) -> None:
        """A port on which nobody listens is no fault of the way there: whoever asks will see it."""
        from paramiko import ChannelException  # noqa: PLC0415 - fabric has it loaded by now

        try:
            self._channel(address, port).close()
        except ChannelException as error:
            if error.code == FORBIDDEN:
                raise ForwardError(
                    f"{self._host.name}: sshd there forwards no port; it needs AllowTcpForwarding yes, or local"
                ) from error

    def _listen(self, address: str, port: int) -> int:
        listener = socket.create_server((LOOPBACK, 0))
        self._listening.append(listener)
        threading.Thread(target=self._accept, args=(listener, address, port), daemon=True).start()
        return int(listener.getsockname()[1])

    def _accept(self, listener: socket.socket, address: str, port: int) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(client, address, port), daemon=True).start()

    def _join(self, client: socket.socket, address: str, port: int) -> None:
        from paramiko import SSHException  # noqa: PLC0415 - as above

        try:
            channel = self._channel(address, port)
        except (SSHException, EOFError, OSError, UnreachableError):
            client.close()
            return
        back = threading.Thread(target=pump, args=(channel, client), daemon=True)
        back.start()
        pump(client, channel)
        back.join()
        channel.close()
        client.close()

    def _channel(self, address: str, port: int) -> Any:
        transport = self._host.fabric().transport
        return transport.open_channel("direct-tcpip", (address, port), (LOOPBACK, 0), timeout=OPEN_S)


def pump(source: Any, sink: Any) -> None:
    """Carries on what comes, and then that nothing more does."""
    with suppress(OSError, EOFError):
        while data := source.recv(CHUNK):
            sink.sendall(data)
    with suppress(OSError, EOFError):
        sink.shutdown(socket.SHUT_WR)
