"""`inv bases`: base images from Debian's packages, where no container registry can be reached."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from . import base_build, base_cache, debian
from .base_catalogue import PREFIX, BaseImage, base_images, common_key
from .base_present import keys_by_reference, missing_images
from .command import Command
from .engine import require_engine
from .host import Host
from .step import Do, Say, Step

PURPOSE = "for trying out and tests, not for production"
TOOLS = ("mmdebstrap", "zstd")
PACKAGES = (*TOOLS, "ca-certificates", "debian-archive-keyring")
REGISTRY_S = 8.0
"""How long a registry may take to answer before it counts as out of reach."""


def steps(host: Host, client: str, *, rebuild: bool = False) -> Iterator[Step]:
    """
    What brings every base image into the engine: nothing, a copy kept earlier, or a build.

    Args:
        rebuild: Build all of them anew, with today's packages.

    Raises:
        EngineError: the engine cannot be used.
        FairleadError: apt knows no mirror of Debian, or installing needs root.
    """
    require_engine(host)
    images = base_images(base_build.certificates())
    missing = images if rebuild else missing_images(host, client, images)
    if not missing:
        return
    kept = base_cache.archive(common_key(images))
    if kept.exists() and not rebuild:
        yield _load_step(client, kept)
        return
    mirror = debian.mirror(host, os.environ.get("FAIRLEAD_DEBIAN_MIRROR", ""))
    if not all(map(shutil.which, TOOLS)):
        yield debian.update_step(host)
        yield debian.install_step(host, "install what makes a root file system", *PACKAGES)
    yield base_build.rootfs_step(host, mirror, rebuild=rebuild)
    yield base_build.build_step(host, client, missing, mirror, rebuild=rebuild)
    yield _keep_step(client, images, kept, rebuild=rebuild)


def needed(host: Host, client: str, images: Iterable[str]) -> bool:
    """
    Whether *images*, official ones, are out of reach: not in the engine, and no registry answers.

    Where all are in the engine nothing is asked of the network.
    """
    wanted = sorted(images)
    require_engine(host)
    there = keys_by_reference(host, client, wanted)
    absent = [image for image in wanted if image not in there]
    return bool(absent) and not registry_reachable(host, client, absent[0])


def registry_reachable(host: Host, client: str, image: str) -> bool:
    """
    Whether the registry of *image* answers, within 8 seconds.

    True without asking where the engine itself goes through a mirror or a proxy: the client cannot ask that way.
    """
    ways = "{{len .RegistryConfig.Mirrors}}{{.HTTPProxy}}{{.HTTPSProxy}}"
    engine = host.run(Command((client, "info", "--format", ways)), timeout_s=REGISTRY_S)
    if engine.ok and engine.out.strip() != "0":
        return True
    return host.run(Command((client, "manifest", "inspect", image)), timeout_s=REGISTRY_S).ok


def remark() -> str:
    """The line that says what these images are good for."""
    return f"the base images are built here from Debian's packages and named {PREFIX}...: {PURPOSE}"


def _load_step(client: str, kept: Path) -> Step:
    def load(run_on: Host, say: Say) -> None:
        say(remark())
        with base_cache.only_one(say):
            base_cache.load(run_on, client, kept, say)

    return Do("load the base images kept from an earlier build", f"zstd -dc {kept} | {client} load", load)


def _keep_step(client: str, images: tuple[BaseImage, ...], kept: Path, *, rebuild: bool) -> Step:
    names = [name for image in images for name in image.references]

    def keep(run_on: Host, say: Say) -> None:
        with base_cache.only_one(say):
            if rebuild or not kept.exists():
                base_cache.save(run_on, client, names, kept)

    return Do("keep a copy of the base images", f"{client} save {' '.join(names)} | zstd >{kept}", keep)
