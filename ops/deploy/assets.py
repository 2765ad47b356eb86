"""Lists the hashed assets of a release: what is in the folder of the very image from which they are copied."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, Any

from ..agent.assets import Assets
from ..errors import FairleadError, SettingsError
from ..hosts import Opened
from ..kept_json import kept_on
from ..settings import AssetSettings
from .layout import Layout
from .resources import VOLUMES, is_own
from .split import APP, TIER
from .target import Target

KEY = "fairlead.yaml: deploy.assets"
LABEL = "fairlead.assets"


class AssetError(FairleadError):
    """The engine does not tell what is in an image."""


def assets_in(
    client: str, told: AssetSettings | None, ids: Mapping[str, str], layout: Layout, merged: Mapping[str, Any]
) -> Assets | None:
    """
    The assets of the release that *merged* describes; None where fairlead.yaml tells of none.

    Args:
        client: The docker client here.
        ids: The id of each image, by reference.
        merged: The compose model, with tiers.

    Raises:
        SettingsError: what fairlead.yaml says does not fit the stack, or the image has no file there.
        AssetError: the engine does not tell.
    """
    if told is None:
        return None
    check_volume(told, merged)
    image = str(merged["services"][told.service]["image"])
    files = files_in(client, ids[image], told.folder, layout.stack)
    if not files:
        raise SettingsError(f"{KEY}.folder: {told.folder}: no file there in {image}; say where its assets are")
    return Assets(layout.shared(told.volume), files)


def check_volume(told: AssetSettings, merged: Mapping[str, Any]) -> None:
    """
    Refuses a volume in which there could be anything but the assets: `inv gc` removes what no release lists.

    Raises:
        SettingsError: the service is none of the app tier or does not have it, another one writes there too, or another
            stack may.
    """
    services = merged["services"]
    apps = [name for name, service in services.items() if service.get(TIER) == APP]
    if told.service not in apps:
        raise SettingsError(f"{KEY}.service: {told.service}: no service of tier app; there are {', '.join(apps)}")
    writers = [name for name, service in services.items() if _writes(service, told.volume)]
    if told.service not in writers:
        raise SettingsError(f"{KEY}.volume: {told.volume}: {told.service} does not mount that volume to write there")
    others = [name for name in writers if name != told.service]
    if others:
        raise SettingsError(
            f"{KEY}.volume: {told.volume}: {', '.join(others)} can write there too, and inv gc removes what is no "
            "asset; say read_only: true, or keep the assets in a volume of their own"
        )
    if not is_own(merged, VOLUMES, told.volume):
        raise SettingsError(
            f"{KEY}.volume: {told.volume}: external, or with a name of its own, so another stack may have files there, "
            "and inv gc removes what is no asset of this one; take out external and name"
        )


def lists_assets(opened: Opened, target: Target) -> bool:
    """Whether the release that serves on the host lists its assets, so that a gc has them to look at."""
    path = f"{opened.layout.release(target.state.current)}/release.json"
    return bool(target.state.current and kept_on(opened.host, path).get("assets"))


def files_in(client: str, image: str, folder: str, stack: str) -> dict[str, int]:
    """
    The size of each file below *folder* of *image*, by its path there.

    Raises:
        AssetError: there is no such folder, or the engine does not tell.
    """
    with _container(client, image, stack) as container:
        words = (client, "cp", "--follow-link", f"{container}:{folder}", "-")
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as copying:
            if copying.stdout is None or copying.stderr is None:
                raise AssetError("docker cp: no pipe")
            sizes = _sizes(copying.stdout)
            said = copying.stderr.read().decode(errors="replace").strip().splitlines()
        if copying.returncode or sizes is None:
            raise AssetError(f"{KEY}.folder: {folder}: {said[-1] if said else 'docker cp gave half of it'}")
        return sizes


@contextmanager
def _container(client: str, image: str, stack: str) -> Iterator[str]:
    """One that never runs; those that a deploy left which was killed right here go first."""
    label = f"{LABEL}={stack}"
    _remove(client, *_docker(client, "ps", "--all", "--quiet", "--filter", f"label={label}").split())
    # an image without a command of its own wants one
    made = _docker(client, "create", "--pull", "never", "--network", "none", "--label", label, image, "never-run")
    try:
        yield made.strip()
    finally:
        _remove(client, made.strip())


def _sizes(content: IO[bytes]) -> dict[str, int] | None:
    """By path, which begins in the archive with the folder's own name; None where it is no whole archive."""
    try:
        with tarfile.open(fileobj=content, mode="r|") as archive:
            files = [(PurePosixPath(member.name).parts[1:], member) for member in archive if not member.isdir()]
    except tarfile.TarError:
        return None
    content.read()  # what pads it: docker cp fails where nobody reads that
    return {"/".join(path): member.size for path, member in files if path}


def _remove(client: str, *containers: str) -> None:
    if containers:
        subprocess.run((client, "rm", "--force", *containers), capture_output=True, check=False)


def _docker(client: str, *words: str) -> str:
    done = subprocess.run((client, *words), capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise AssetError(f"docker {words[0]}: {said[-1] if said else f'exit {done.returncode}'}; run it again")
    return done.stdout


def _writes(service: Mapping[str, Any], volume: str) -> bool:
    mounts = service.get("volumes") or ()
    return any(
        each.get("type") == "volume" and each.get("source") == volume and not each.get("read_only") for each in mounts
    )
