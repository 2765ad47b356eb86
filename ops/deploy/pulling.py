"""
Lets a host pull images of a registry itself, by digest, where it can reach one.

A login goes in on standard input into a folder of its own in memory, which is gone when the pull has ended.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..carriage import RegistrySettings
from ..command import Command, Secret
from ..errors import SettingsError
from ..host import Host, LocalHost
from ..step import Say

ASK_S, PULL_S = 60.0, 1800.0
SILENT_S = 10.0
"""A registry that took so long to fail is out of reach, and is not asked for the next image."""

HUB = "docker.io"
NOBODY = ("", Secret(""))
PINNED = re.compile(r"(?P<repository>[^@]+)@sha256:[0-9a-f]{64}")
PULL = """
set -e; umask 077
client=$1 pinned=$2 user=$3 registry=$4
if test -n "$user"; then
    memory=/dev/shm; test -w "$memory" || memory=${TMPDIR:-/tmp}
    DOCKER_CONFIG=$(mktemp -d "$memory/fairlead.XXXXXX"); export DOCKER_CONFIG
    trap 'rm -rf -- "$DOCKER_CONFIG"' EXIT
    trap 'exit 143' HUP INT TERM PIPE
    "$client" login --username "$user" --password-stdin "$registry" >/dev/null
fi
"$client" pull --quiet "$pinned"
"""


@dataclass(frozen=True)
class Pulled:
    """
    What the host has got by itself.

    Attributes:
        references: The images that it has now.
        refused: Why it cannot have the others, by reference; images that come from no registry are not among them.
    """

    references: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def pull(
    host: Host, client: str, pinned: Mapping[str, str], logins: Mapping[str, tuple[str, Secret]], say: Say
) -> Pulled:
    """
    Lets the engine there pull images, under the names they have here.

    Args:
        pinned: See `pinned_names`.
        logins: User and password by registry; see `logins_of`.
    """
    got: list[str] = []
    refused: dict[str, str] = {}
    silent: dict[str, str] = {}
    for reference, name in pinned.items():
        registry, begun = registry_of(name), time.monotonic()
        reason = silent.get(registry, "")
        if not reason:
            say(f"{reference}: pulled there as {name}")
            reason = _pull(host, client, reference, name, logins.get(registry, NOBODY))
        if not reason:
            got.append(reference)
            continue
        refused[reference] = reason
        if time.monotonic() - begun > SILENT_S:
            silent[registry] = reason
    return Pulled(tuple(got), refused)


def _pull(host: Host, client: str, reference: str, name: str, login: tuple[str, Secret]) -> str:
    """Why it was not pulled; nothing where all is well."""
    registry, (user, password) = registry_of(name), login
    words = (client, name, user, "" if registry == HUB else registry)
    result = host.run(Command(("sh", "-c", PULL, "sh", *words), password), timeout_s=PULL_S)
    if result.ok and "@" not in reference:
        result = host.run(Command((client, "tag", name, reference)), timeout_s=ASK_S)
    return "" if result.ok else result.reason


def pinned_names(client: str, references: Iterable[str]) -> dict[str, str]:
    """
    The images among *references* of this machine's engine that came from a registry: ``NAME@DIGEST``, by reference.

    One that was built here, or pushed under another name only, is not among them.
    """
    found = {}
    for reference in references:
        asked = Command((client, "image", "inspect", "--format", "{{json .RepoDigests}}", reference))
        told = LocalHost().run(asked, timeout_s=ASK_S)
        digests = json.loads(told.out) or [] if told.ok else []
        name = next((each for each in digests if _is_of(each, reference)), "")
        if name:
            found[reference] = name
    return found


def registry_of(reference: str) -> str:
    """The registry in an image's name, with its port."""
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else HUB


def logins_of(registries: Mapping[str, RegistrySettings], values: Mapping[str, str]) -> dict[str, tuple[str, Secret]]:
    """
    User and password by registry.

    Raises:
        SettingsError: a variable that should hold a password is empty.
    """
    for registry, login in registries.items():
        if login.user and not values.get(login.password):
            raise SettingsError(f"deploy.registries.{registry}: {login.password} is empty; give it the password")
    return {
        registry: (login.user, Secret(values[login.password])) for registry, login in registries.items() if login.user
    }


def repository_of(reference: str) -> str:
    """An image's name without tag and digest."""
    name = reference.partition("@")[0]
    start, slash, last = name.rpartition("/")
    return f"{start}{slash}{last.partition(':')[0]}"


def _is_of(pinned: str, reference: str) -> bool:
    """The engine leaves out what an official image's name begins with."""
    repository = repository_of(reference).removeprefix(f"{HUB}/").removeprefix("library/")
    matched = PINNED.fullmatch(pinned)
    if matched is None or matched["repository"] != repository:
        return False
    return "@" not in reference or reference.partition("@")[2] == pinned.partition("@")[2]
