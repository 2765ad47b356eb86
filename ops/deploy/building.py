"""Where a release's images are built, and for which kind of machine: here, here for another kind, or on the host."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..base_build import certificates
from ..base_catalogue import base_images
from ..command import Command
from ..engine import require_engine
from ..errors import SettingsError
from ..host import Host, LocalHost
from ..package_image import PLATFORM
from ..ssh import RemoteHost
from ..ssh.engine_socket import engine_socket
from .layers import BlobStore, image_ids
from .shipping import missing_images, ship
from .target import MACHINES, TargetError

ASK_S = 60.0
HERE, ON_HOST = "", "host"
FORM = "{{.Os}}/{{.Architecture}}"


@contextmanager
def built_for(host: RemoteHost, where: str) -> Iterator[None]:
    """
    Makes every docker client that starts while the block runs build for *host*, by the client's own variables.

    Args:
        where: `HERE`, or `ON_HOST`: then the host's engine is also the one that has what is built.

    Raises:
        SettingsError: *where* is neither.
        TargetError: this machine does not build for a machine like that; nothing was built or sent.
    """
    if where not in (HERE, ON_HOST):
        raise SettingsError(f"--build-on {where}: only the word {ON_HOST} is known; without it this machine builds")
    if where == ON_HOST:
        with engine_socket(host, str(require_engine(host).client)) as path, _variables(_engine(path)):
            yield
        return
    local = LocalHost()
    client = str(require_engine(local).client)
    wanted, mine = platform_of(host), platform_of(local, client)
    if _same(wanted, mine):
        yield
        return
    if not any(_same(wanted, each) for each in built_platforms(local, client)):
        raise TargetError(
            f"{host.name}: runs {wanted}, and this machine builds for {mine} alone; --build-on {ON_HOST} builds there, "
            "or install an emulation here, such as qemu-user-static with binfmt-support"
        )
    with _variables({PLATFORM: wanted}):
        yield


def platform_of(host: Host, client: str = "") -> str:
    """What the engine of *host* runs, such as ``linux/arm64``, or what fairlead.yaml says of it."""
    if isinstance(host, RemoteHost) and host.entry.platform:
        return host.entry.platform
    client = client or str(require_engine(host).client)
    told = host.run(Command((client, "info", "--format", "{{.OSType}} {{.Architecture}}")), timeout_s=ASK_S)
    system, _, machine = told.out.strip().partition(" ")
    return MACHINES.get(machine, f"{system}/{machine}")


def built_platforms(host: Host, client: str) -> tuple[str, ...]:
    """What the builder of *host* builds for, emulation included; nothing where there is no buildx."""
    told = host.run(Command((client, "buildx", "inspect")), timeout_s=ASK_S)
    found = re.search(r"^Platforms:\s*(.*)$", told.out, re.MULTILINE)
    return tuple(name.strip(" *") for name in found[1].split(",")) if found else ()


def send_bases(host: RemoteHost, store: BlobStore) -> None:
    """
    Sends the base images that were built here to a host that is to build on them, where it has them not.

    Raises:
        FairleadError: one is not here, or does not arrive.
    """
    client, there = str(require_engine(LocalHost()).client), str(require_engine(host).client)
    names = [name for image in base_images(certificates()) for name in image.references]
    missing = missing_images(host, there, image_ids(client, names))
    if missing:
        print(f"{host.name} gets {', '.join(missing)}, to build on them")
        print(f"  {ship(host, client, missing, store, lambda _: None)}")


def refuse_foreign(host: RemoteHost, target: str, client: str, references: Iterable[str]) -> None:
    """
    Refuses images that the host would take and could not run.

    Args:
        target: What the host runs.
        client: The docker client here.

    Raises:
        TargetError: names the first; nothing was sent.
    """
    for reference, platform in _platforms(client, references).items():
        if not _same(platform, target):
            raise TargetError(
                f"{host.name}: runs {target}, and {reference} is here for {platform}; nothing was sent: let the host "
                f"pull it, pull it here with --platform {target}, or build with --build-on {ON_HOST}"
            )


def _platforms(client: str, references: Iterable[str]) -> Mapping[str, str]:
    asked = {name: Command((client, "image", "inspect", "--format", FORM, name)) for name in references}
    told = {name: LocalHost().run(command, timeout_s=ASK_S) for name, command in asked.items()}
    return {name: result.out.strip() for name, result in told.items() if result.ok}


def _engine(socket: Path) -> dict[str, str]:
    """The variables by which a docker client uses the engine behind *socket*, and that engine's own builder."""
    return {"DOCKER_HOST": f"unix://{socket}", "BUILDX_BUILDER": "default"}


def _same(one: str, other: str) -> bool:
    """Variants aside: an engine says arm64 of what a builder calls arm64/v8."""
    return one.split("/")[:2] == other.split("/")[:2]


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
