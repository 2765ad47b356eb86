"""The hosts of fairlead.yaml as frozen values, and which of them an argument means."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from .errors import SettingsError

EVERYTHING = "all"
ROLES = ("edge", "app", "data")
ADDRESS = re.compile(
    r"(?:(?P<user>[^@\s]+)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^@:\s\[\]]+|[0-9A-Fa-f:]+)(?::(?P<port>\d+))?"
)

SYSTEM = re.compile(r"/(bin|boot|dev|etc|lib\d*|proc|run|sbin|sys)(/.*)?|/(home|media|mnt|opt|root|srv|tmp|usr|var)?")
"""Folders that are not one stack's."""


@dataclass(frozen=True)
class HostEntry:
    """
    One host as fairlead.yaml describes it.

    Attributes:
        address: What ssh is called with: a name, an address, or a `Host` of ssh_config.
        user: The user who logs in; empty where ssh_config or this machine's user decides.
        port: The port of sshd; 0 where ssh_config or 22 decides.
        roles: What runs there, of `ROLES`.
        folder: The folder that holds everything of this stack on the host.
        jump: The hosts to go through, first hop first, each as ``[user@]host[:port]``; empty where ssh_config decides.
        identity: The file of the private key; empty where the agent or ssh_config has it.
        protected: Whether a person is asked before a change.
        platform: What images are built for, such as ``linux/arm64``; empty where the host is asked.
        environment: Variables that differ on this host from the operator's environment; no secrets.
    """

    name: str
    address: str
    user: str = ""
    port: int = 0
    roles: tuple[str, ...] = ROLES
    folder: str = ""
    jump: tuple[str, ...] = ()
    identity: str = ""
    protected: bool = False
    platform: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        address = f"[{self.address}]" if ":" in self.address and port else self.address
        return f"{user}{address}{port}"


@dataclass(frozen=True)
class Inventory:
    """All hosts by name, and the groups: names of hosts by the group's name."""

    hosts: Mapping[str, HostEntry]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def chosen(self, asked: Iterable[str]) -> tuple[HostEntry, ...]:
        """
        The hosts that *asked* means, each once, in the order of fairlead.yaml.

        Args:
            asked: Names of hosts and groups, or `all`; each may be several with commas between.

        Raises:
            SettingsError: nothing is asked for, no hosts are described, or a name is none of them.
        """
        names = [name.strip() for text in asked for name in text.split(",") if name.strip()]
        if not self.hosts:
            raise SettingsError("no host is described; add one to fairlead.yaml, hosts (docs/hosts.md)")
        if not names:
            raise SettingsError(f"say which host: --host {' | '.join((*self.hosts, *self.groups))}")
        wanted = {host for name in names for host in self._meant(name)}
        return tuple(entry for name, entry in self.hosts.items() if name in wanted)

    def _meant(self, name: str) -> Iterable[str]:
        if name in self.hosts:
            return (name,)
        if name in self.groups:
            return self.groups[name]
        if name == EVERYTHING:
            return self.hosts
        known = [*self.hosts, *self.groups]
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise SettingsError(f"--host {name}: no such host or group; {hint}")


def inventory(data: Mapping[str, Any], stack: str) -> Inventory:
    """
    The hosts in *data*, the content of a fairlead.yaml that its schema allows.

    Args:
        stack: The stack's name, which names the folder on a host.

    Raises:
        SettingsError: an address that is none, a group that names an unknown host, a folder that is the system's, a
            secret among the variables.
    """
    if EVERYTHING in data.get("hosts", {}):
        raise SettingsError(
            f"fairlead.yaml: hosts: {EVERYTHING}: --host {EVERYTHING} means every host; choose another name"
        )
    _refuse_secrets(data)
    hosts = {name: _entry(name, each, stack) for name, each in data.get("hosts", {}).items()}
    groups = {name: tuple(members) for name, members in data.get("groups", {}).items()}
    for group, members in groups.items():
        if group in hosts or group == EVERYTHING:
            raise SettingsError(
                f"fairlead.yaml: groups: {group}: a host or a word of ours has this name; choose another"
            )
        for member in members:
            if member not in hosts:
                raise SettingsError(f"fairlead.yaml: groups: {group}: {member} is none of hosts: {', '.join(hosts)}")
    return Inventory(hosts, groups)


def _entry(name: str, data: Mapping[str, Any], stack: str) -> HostEntry:
    place = f"fairlead.yaml: hosts: {name}"
    found = _address(f"{place}: address", data.get("address", name))
    told = data.get("jump", ())
    jump = (told,) if isinstance(told, str) else tuple(told)
    for hop in jump:
        _address(f"{place}: jump", hop)
    return HostEntry(
        name=name,
        address=found["host"].strip("[]"),
        user=found["user"] or "",
        port=int(found["port"] or 0),
        roles=tuple(data.get("roles", ROLES)),
        folder=_folder(f"{place}: folder", data.get("folder", f"/srv/{stack}"), stack),
        jump=jump,
        identity=data.get("identity", ""),
        protected=data.get("protected", False),
        platform=data.get("platform", ""),
        environment={key: str(value) for key, value in data.get("environment", {}).items()},
    )


def _address(place: str, written: str) -> re.Match[str]:
    """A word that begins with a dash would be an option of ssh; commas are for ssh's own command line."""
    found = ADDRESS.fullmatch(written)
    if not found or written.startswith("-") or found["host"].startswith("-") or "," in written:
        several = "; several hops are a list" if "," in written else ""
        raise SettingsError(f"{place}: {written}: write it as [user@]host[:port]{several}")
    return found


def _folder(place: str, written: str, stack: str) -> str:
    folder = written.rstrip("/") or "/"
    if posixpath.normpath(folder) != folder:
        raise SettingsError(f"{place}: {written}: write the whole path, without . or .. in it")
    if SYSTEM.fullmatch(folder):
        raise SettingsError(f"{place}: {written}: is not this stack's alone; name one such as /srv/{stack}")
    return folder


def _refuse_secrets(data: Mapping[str, Any]) -> None:
    """What stands in fairlead.yaml is committed; what is empty, and yes or no, tell nothing."""
    told = [
        (name, variable)
        for name, host in data.get("hosts", {}).items()
        for variable, value in (host.get("environment") or {}).items()
        if value != "" and not isinstance(value, bool)
    ]
    if not told:
        return
    from ..lint.policy import Policy, PolicyError, policy_from  # noqa: PLC0415 - only hosts with variables need it

    try:
        policy = Policy(policy_from(data.get("policy"), "fairlead.yaml"))
    except PolicyError as error:
        raise SettingsError(str(error)) from error
    for name, variable in told:
        if policy.is_secret_name(variable):
            raise SettingsError(
                f"fairlead.yaml: hosts: {name}: environment: {variable}: a secret has no place in a file that is "
                "committed; set it in the env file or in your environment"
            )
