"""Opens connections by Fabric, as ssh would: ssh_config, agent, jump hosts, known_hosts. No other module imports it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fabric
import paramiko
from paramiko.ssh_exception import NoValidConnectionsError

from ..errors import UnreachableError
from ..inventory import HostEntry
from .keys import Ask, HostKeyError, KnownHosts, changed, files_of

SSH_PORT = 22
CONNECT_S = 10
ANSWER_S = 20
KEEPALIVE_S = 5
SILENT_S = 20.0


class NotLetInError(UnreachableError):
    """sshd refused every key that was offered."""


def connect(entry: HostEntry, ask: Ask | None) -> fabric.Connection:
    """
    An open connection to *entry*.

    Raises:
        UnreachableError: one of its kinds: no such name, nobody answers, not let in, a key that is not the known one.
    """
    connection = _connection(entry)
    hops = [*_gateways(connection)]
    for each in (*reversed(hops), connection):
        _check_keys(each, ask)
        with _explained(entry, each):
            _open(each)
    return connection


def _connection(entry: HostEntry) -> fabric.Connection:
    shared = {"config": fabric.Config(), "connect_timeout": CONNECT_S}
    found = shared["config"].base_ssh_config.lookup(entry.address)
    hops = list(entry.jump) or _hops(found.get("proxyjump", ""))
    gateway: fabric.Connection | str | bool = False if hops else found.get("proxycommand", False)
    for hop in hops:
        gateway = fabric.Connection(hop, gateway=gateway, connect_kwargs=_credentials(""), **shared)
    return fabric.Connection(
        entry.address,
        user=entry.user or None,
        port=entry.port or None,
        gateway=gateway,
        forward_agent=False,
        connect_kwargs=_credentials(entry.identity),
        **shared,
    )


def _hops(configured: str) -> list[str]:
    return [] if configured.lower() in {"", "none"} else configured.split(",")


def _credentials(identity: str) -> dict[str, object]:
    kwargs: dict[str, object] = {"banner_timeout": ANSWER_S, "auth_timeout": ANSWER_S}
    if identity:
        kwargs["key_filename"] = str(Path(identity).expanduser())
    return kwargs


def _gateways(connection: fabric.Connection) -> Iterator[fabric.Connection]:
    gateway = connection.gateway
    while isinstance(gateway, fabric.Connection):
        yield gateway
        gateway = gateway.gateway


def _check_keys(connection: fabric.Connection, ask: Ask | None) -> None:
    config = connection.ssh_config
    strict = str(config.get("stricthostkeychecking", "ask")).lower()
    # `no` is read as `ask`: a host that anybody may be is none to send secrets to
    known = KnownHosts(files_of(config.get("userknownhostsfile")), ask, accept_new=strict == "accept-new")
    known.apply(connection.client)


def _open(connection: fabric.Connection) -> None:
    connection.open()
    connection.transport.set_keepalive(KEEPALIVE_S)
    wire = connection.transport.sock
    if isinstance(wire, socket.socket) and hasattr(socket, "TCP_USER_TIMEOUT"):
        # paramiko waits for no answer to a keepalive; so the kernel ends a connection whose other end is silent
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENT_S * 1000))


@contextmanager
def _explained(entry: HostEntry, connection: fabric.Connection) -> Iterator[None]:
    """Words what can go wrong; every message begins with the name that fairlead.yaml gives the host."""
    where = f"{connection.host} port {connection.port}"
    try:
        yield
    except HostKeyError as error:
        raise HostKeyError(f"{entry.name}: {error}") from error
    except paramiko.BadHostKeyException as error:
        files = [Path(name).expanduser() for name in files_of(connection.ssh_config.get("userknownhostsfile"))]
        name = connection.host if connection.port == SSH_PORT else f"[{connection.host}]:{connection.port}"
        raise HostKeyError(f"{entry.name}: {changed(name, error.key, files)}") from error
    except socket.gaierror as error:
        raise UnreachableError(
            f"{entry.name}: no address is known for {connection.host}; check its address in fairlead.yaml, hosts"
        ) from error
    except (paramiko.AuthenticationException, paramiko.PasswordRequiredException) as error:
        raise NotLetInError(
            f"{entry.name}: {connection.user}@{connection.host} is not let in ({_said(error)}); make "
            f"`ssh {entry}` work without a password: a key in the agent, or hosts: {entry.name}: identity"
        ) from error
    except NoValidConnectionsError as error:
        reason = next(iter(error.errors.values())).strerror or "no answer"
        raise UnreachableError(
            f"{entry.name}: {where}: {reason.lower()}; is it up, and does sshd listen there?"
        ) from error
    except TimeoutError as error:
        raise UnreachableError(f"{entry.name}: {where}: no answer within {CONNECT_S} s; is it up?") from error
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise UnreachableError(f"{entry.name}: {where}: {_said(error)}") from error


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else "the connection was closed"
