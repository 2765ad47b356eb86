"""The base images as docker/base describes them, and the key that says when one has to be built again."""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import FairleadError

FOLDER = Path(__file__).resolve().parents[1] / "docker" / "base"
PREFIX = "fairlead/"
ROOT = "debian"
"""The image that all others are built on."""

SUITE = "trixie"
ROOTFS_OPTIONS = (
    "--variant=minbase",
    "--components=main",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    # this machine's own, which the engine gives each container anew
    '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname"',
    '--customize-hook=rm -f "$1"/var/cache/debconf/*-old "$1"/var/log/*.log "$1"/var/log/apt/*',
)


@dataclass(frozen=True)
class BaseImage:
    """
    One base image.

    Attributes:
        tags: The official image's full version tag first, then shorter ones.
        key: Changes when anything that goes into it changes, but for the packages' versions and the mirror.
        arguments: The build arguments of its Dockerfile.
    """

    name: str
    tags: tuple[str, ...]
    key: str
    package: str
    suite: str
    arguments: tuple[tuple[str, str], ...]

    @property
    def references(self) -> tuple[str, ...]:
        """Its names in the engine, with prefix and tag."""
        return tuple(f"{PREFIX}{self.name}:{tag}" for tag in self.tags)


def base_images(certificates: bytes, folder: Path = FOLDER) -> tuple[BaseImage, ...]:
    """
    Every base image, `debian` first.

    Args:
        certificates: The machine's bundle of certificate authorities, which goes into the images.

    Raises:
        FairleadError: *folder* has no images.toml, as where Fairlead was installed as a package.
    """
    catalogue = folder / "images.toml"
    if not catalogue.is_file():
        raise FairleadError(f"{catalogue}: not found; base images are built from a checkout of Fairlead")
    entries = tomllib.loads(catalogue.read_text(encoding="utf-8"))
    machine = _hash(platform.machine().encode(), *map(str.encode, ROOTFS_OPTIONS), certificates)
    root = _base_image(ROOT, entries[ROOT], machine, folder)
    others = [_base_image(name, entry, root.key, folder) for name, entry in entries.items() if name != ROOT]
    return (root, *others)


def rootfs_key() -> str:
    """The key of the root file system that `debian` is made from."""
    return _hash(platform.machine().encode(), SUITE.encode(), *map(str.encode, ROOTFS_OPTIONS))


def common_key(images: tuple[BaseImage, ...]) -> str:
    """One key for all of *images* together."""
    return _hash(*(image.key.encode() for image in images))


def _base_image(name: str, entry: Mapping[str, Any], below: str, folder: Path) -> BaseImage:
    described = json.dumps(entry, sort_keys=True).encode()
    words = {"SUITE": entry["suite"], "PACKAGES": _words(entry, "packages"), "EXTRAS": _words(entry, "extras")}
    return BaseImage(
        name=name,
        tags=(entry["tag"], *entry.get("aliases", ())),
        key=_hash(below.encode(), described, *_contents(folder / name)),
        package=entry["packages"][0],
        suite=entry["suite"],
        arguments=() if name == ROOT else tuple({**words, **entry.get("build", {})}.items()),
    )


def _words(entry: Mapping[str, Any], name: str) -> str:
    return " ".join(entry.get(name, ()))


def _contents(folder: Path) -> Iterator[bytes]:
    """Each file's path, whether it may be run, and its bytes."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield f"{path.relative_to(folder)} {path.stat().st_mode & 0o100}".encode()
        yield path.read_bytes()


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:20]
