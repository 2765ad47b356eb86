"""What has to go over for a release: which layers of its images the host has not, and how much room they take there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..command import Command
from ..host import Host, LocalHost
from .layers import BlobStore, Packed

ASK_S = 60.0
Chain = tuple[str, ...]
"""The digests of what is in each layer of an image, lowest first."""


@dataclass(frozen=True)
class Load:
    """
    One image that has to be on the host.

    Attributes:
        layers: How many it has.
        there: How many of the lowest are there already; all of them where the image itself is.
        bytes: What goes over at most, compressed.
        unpacked_bytes: The room that it takes there, beside what went over.
        pulled: Whether the host pulls it from its registry; only where that fails it goes over, whole.
    """

    reference: str
    layers: int
    there: int
    bytes: int = 0
    unpacked_bytes: int = 0
    pulled: bool = False


def loads(missing: Iterable[Packed], store: BlobStore, there: Iterable[Chain]) -> list[Load]:
    """
    What each of the *missing* images adds to the host, in their order; a layer that two of them have goes over once.

    Args:
        there: The chains of the images that the host has. A layer counts only with all below it, as for the engine.
    """
    known = set(there)
    found = []
    for image in missing:
        contents = _contents(image, store)
        common = max((_common(contents, chain) for chain in known), default=0)
        known.add(contents)
        sizes = [(digest, image.sizes[digest]) for digest in _layers(image, store)[common:]]
        texts = sum(store.path(digest).stat().st_size for digest in (image.id, image.digest))
        found.append(
            Load(
                image.reference,
                layers=len(contents),
                there=common,
                bytes=sum(size for _, size in sizes) + texts,
                unpacked_bytes=sum(_unpacked(store.path(digest)) for digest, _ in sizes),
            )
        )
    return found


def pulled_load(client: str, reference: str) -> Load:
    """What an image adds to a host that pulls it itself: this machine's engine knows no more than its whole size."""
    form = "{{len .RootFS.Layers}} {{.Size}}"
    told = LocalHost().run(Command((client, "image", "inspect", "--format", form, reference)), timeout_s=ASK_S).out
    layers, size = (*told.split(), "0", "0")[:2]
    return Load(reference, int(layers), 0, 0, int(size), pulled=True)


def ids_known(host: Host, client: str) -> list[str]:
    """The ids of all images that the host's engine has, as that engine names them."""
    asked = Command((client, "image", "ls", "--quiet", "--no-trunc"))
    return sorted(set(host.run(asked, timeout_s=ASK_S).out.split()))


def chains(host: Host, client: str, ids: Sequence[str]) -> list[Chain]:
    """The chains of the images *ids* of the host's engine."""
    if not ids:
        return []
    form = "{{json .RootFS.Layers}}"
    told = host.run(Command((client, "image", "inspect", "--format", form, *ids)), timeout_s=ASK_S).out
    return [tuple(json.loads(line)) for line in told.splitlines() if line.startswith("[")]


def _contents(image: Packed, store: BlobStore) -> Chain:
    return tuple(json.loads(store.path(image.id).read_bytes())["rootfs"]["diff_ids"])


def _layers(image: Packed, store: BlobStore) -> list[str]:
    """The compressed layers in their order; an image may have the same one twice."""
    return [str(each["digest"]) for each in json.loads(store.path(image.digest).read_bytes())["layers"]]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            return count
        count += 1
    return count


def _unpacked(path: Path) -> int:
    """The size that gzip's last four bytes tell, modulo 4 GiB: no layer of a sane image is above that."""
    with path.open("rb") as file:
        file.seek(-4, 2)
        return int.from_bytes(file.read(4), "little")
