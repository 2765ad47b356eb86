"""Host keys: a known one passes, a changed one is refused, an unknown one is shown to a person who decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import paramiko

from ..errors import UnreachableError

Ask = Callable[[str], str]
GLOBAL_FILE = "/etc/ssh/ssh_known_hosts"
USER_FILES = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
YES = "yes"


class HostKeyError(UnreachableError):
    """The host's key is not the known one, or not known and nobody is here to look at it."""


class KnownHosts:
    """
    The known_hosts files of this machine's user, and what is done at first contact: a policy as paramiko calls it.

    Args:
        files: Where known keys stand; the first takes new ones.
        ask: Shows a person a question and gives the answer; None where nobody is here.
        accept_new: Whether an unknown host is taken in without asking, as ssh's accept-new does.
    """

    def __init__(self, files: Sequence[str], ask: Ask | None, *, accept_new: bool = False) -> None:
        self._files = [Path(file).expanduser() for file in files]
        self._ask = ask
        self._accept_new = accept_new

    def apply(self, client: paramiko.SSHClient) -> None:
        """Makes *client* know these hosts, and only these."""
        for path in (Path(GLOBAL_FILE), *self._files):
            if path.is_file() and os.access(path, os.R_OK):
                client.load_system_host_keys(str(path))
        client.set_missing_host_key_policy(self)

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Called by paramiko where it knows no key of this kind for *hostname*."""
        known = _known(self._files, hostname)
        if known:  # it had another kind of key: to a person that is a changed key
            raise changed(hostname, key, self._files)
        if not self._accept_new:
            self._confirm(hostname, key)
        self._remember(hostname, key)

    def _confirm(self, hostname: str, key: paramiko.PKey) -> None:
        shown = f"{hostname}: its {_kind(key)} key is {key.fingerprint}"
        if self._ask is None:
            raise HostKeyError(
                f"{shown}, and it is not in {self._files[0]}; compare it with the host's own "
                "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), connect once with ssh and say yes"
            )
        question = f"{shown}\nThis machine has never seen it. Is it the host's own key? Type yes to go on: "
        if self._ask(question).strip().lower() != YES:
            raise HostKeyError(f"{hostname}: its key was not accepted; nothing was done")

    def _remember(self, hostname: str, key: paramiko.PKey) -> None:
        path = self._files[0]
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii") as file:
            file.write(f"{hostname} {key.get_name()} {key.get_base64()}\n")


def changed(hostname: str, key: paramiko.PKey, files: Iterable[Path]) -> HostKeyError:
    """The error for a host that shows another key than the known one."""
    where = next((str(path) for path in files if _known([path], hostname)), GLOBAL_FILE)
    return HostKeyError(
        f"{hostname}: its key has changed: it shows {key.fingerprint}, another one is in {where}; somebody may be in "
        f"between. Where the host was installed anew: ssh-keygen -R '{hostname}' -f {where}"
    )


def files_of(configured: str | None) -> tuple[str, ...]:
    """The known_hosts files that ssh_config's UserKnownHostsFile names; ssh's own where it does not."""
    return tuple(configured.split()) if configured else USER_FILES


def _known(files: Iterable[Path], hostname: str) -> bool:
    return any(path.is_file() and paramiko.HostKeys(str(path)).lookup(hostname) for path in files)


def _kind(key: paramiko.PKey) -> str:
    return str(key.get_name()).removeprefix("ssh-").partition("-")[0].upper()
