"""
Images of the local engine as blobs of a registry: manifests, configurations, and compressed layers, by digest.

A layer is compressed once and kept by the digest of its content, so that the same layer has the same digest in every
release and a host that has it does not ask for it again.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from ..errors import FairleadError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
LEVEL = 5
CHUNK = 1 << 20
PREFIX = "sha256:"
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
"""What compressed files begin with; a tar begins with a name."""


class LayerError(FairleadError):
    """The engine does not give an image, or what it gives is not what was asked for."""


@dataclass(frozen=True)
class Packed:
    """
    An image whose blobs are in the store.

    Attributes:
        reference: Its name in the local engine.
        id: The digest of its configuration: the image's id in every engine of the classic kind.
        digest: The digest of its manifest, by which a registry is asked for it.
        sizes: The compressed size of each layer in bytes, by digest, lowest first.
    """

    reference: str
    id: str
    digest: str
    sizes: Mapping[str, int]


class BlobStore:
    """Blobs in a folder, each a file named by its digest; a layer's compressed form is found by its content's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known = folder / "by-content"
        self._images = folder / "by-image"
        for each in (self._known, self._images):
            each.mkdir(parents=True, exist_ok=True)

    @property
    def folder(self) -> Path:
        """Where everything is kept: blobs, and below it notes that name them."""
        return self._folder

    def path(self, digest: str) -> Path:
        """Where blob *digest* is, or would be."""
        return self._folder / digest.removeprefix(PREFIX)

    def add(self, data: bytes) -> str:
        """Keeps *data* and gives its digest."""
        digest = PREFIX + hashlib.sha256(data).hexdigest()
        with _whole(self.path(digest)) as file:
            file.write(data)
        return digest

    def add_layer(self, content: IO[bytes], content_digest: str) -> str:
        """
        Keeps a layer compressed and gives the digest of that.

        Raises:
            LayerError: *content* is not what *content_digest* says.
        """
        note = self._known / content_digest.removeprefix(PREFIX)
        if note.exists() and self.path(digest := note.read_text()).exists():
            return digest
        plain = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".new-", delete=False) as made:
            # no name and no time in it, so that the same content has the same digest on every machine
            with gzip.GzipFile(filename="", fileobj=made, mode="wb", compresslevel=LEVEL, mtime=0) as packed:
                while chunk := content.read(CHUNK):
                    plain.update(chunk)
                    packed.write(chunk)
            name = Path(made.name)
        if PREFIX + plain.hexdigest() != content_digest:
            name.unlink()
            raise LayerError(f"layer {content_digest}: the engine gave other content; run it again")
        digest = PREFIX + _file_digest(name)
        name.replace(self.path(digest))
        with _whole(note) as file:
            file.write(digest.encode())
        return digest

    def note(self, identity: str, image: Packed) -> None:
        """Remembers that the engine here has *image* under *identity*, so that it need not be read again."""
        with _whole(self._images / identity.removeprefix(PREFIX)) as file:
            file.write(image.digest.encode())

    def packed(self, reference: str, identity: str) -> Packed | None:
        """The image that the engine here has as *identity*, where all of it is kept."""
        note = self._images / identity.removeprefix(PREFIX)
        if not note.exists() or not self.path(digest := note.read_text()).exists():
            return None
        manifest = json.loads(self.path(digest).read_bytes())
        sizes = {str(each["digest"]): int(each["size"]) for each in manifest["layers"]}
        config = str(manifest["config"]["digest"])
        if not all(self.path(each).exists() for each in (config, *sizes)):
            return None
        return Packed(reference, config, digest, sizes)


def blob_store() -> BlobStore:
    """Where this machine keeps compressed layers."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return BlobStore(cache / "fairlead" / "blobs")


def image_ids(client: str, references: Iterable[str]) -> dict[str, str]:
    """
    The id of each image in the local engine, by reference.

    Raises:
        LayerError: one is not there.
    """
    found = {}
    for reference in references:
        asked = (client, "image", "inspect", "--format", "{{.Id}}", reference)
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LayerError(f"{reference}: no such image here; inv build makes it")
        found[reference] = done.stdout.strip()
    return found


def pack(client: str, references: Iterable[str], store: BlobStore) -> list[Packed]:
    """
    Brings images of the local engine into *store*.

    Raises:
        LayerError: the engine does not give one of them.
    """
    wanted = sorted(set(references))
    ids = image_ids(client, wanted)
    known = {name: found for name in wanted if (found := store.packed(name, ids[name]))}
    fresh = [name for name in wanted if name not in known]
    if fresh:
        known |= {each.reference: each for each in _pack_all(client, fresh, store)}
        for name in fresh:
            store.note(ids[name], known[name])
    return [known[name] for name in wanted]


def _pack_all(client: str, wanted: list[str], store: BlobStore) -> list[Packed]:
    with tempfile.TemporaryDirectory(prefix="fairlead-images-") as folder:
        _save(client, wanted, Path(folder))
        entries = json.loads((Path(folder) / "manifest.json").read_text())
        named = {name: entry for entry in entries for name in entry["RepoTags"] or ()}
        missing = [name for name in wanted if _tagged(name) not in named]
        if missing:
            raise LayerError(f"{missing[0]}: the engine did not give this image; run inv build")
        return [_pack(name, named[_tagged(name)], Path(folder), store) for name in wanted]


def _save(client: str, references: list[str], folder: Path) -> None:
    with subprocess.Popen((client, "save", *references), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as saving:
        if saving.stdout is None or saving.stderr is None:
            raise LayerError("docker save: no pipe")
        try:
            with tarfile.open(fileobj=saving.stdout, mode="r|") as archive:
                _unpack(archive, folder)
        except tarfile.TarError as error:
            said = saving.stderr.read().decode(errors="replace").strip() or str(error)
            raise LayerError(f"docker save: {said.splitlines()[-1]}") from error


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Regular files only, and only below *folder*: all that an engine from 25 on writes. (`filter=` is of 3.11.4.)"""
    for member in archive:
        path = (folder / member.name).resolve()
        content = archive.extractfile(member) if member.isreg() else None
        if content is not None and path.is_relative_to(folder.resolve()):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, CHUNK)


def _pack(reference: str, entry: Mapping[str, Any], folder: Path, store: BlobStore) -> Packed:
    config = (folder / entry["Config"]).read_bytes()
    contents = json.loads(config)["rootfs"]["diff_ids"]
    layers = []
    for path, content in zip(entry["Layers"], contents, strict=True):
        with _plain(folder / path) as file:
            digest = store.add_layer(file, content)
        layers.append({"mediaType": LAYER, "size": store.path(digest).stat().st_size, "digest": digest})
    config_digest = store.add(config)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "size": len(config), "digest": config_digest},
        "layers": layers,
    }
    digest = store.add(json.dumps(manifest, separators=(",", ":")).encode())
    return Packed(reference, config_digest, digest, {str(each["digest"]): int(str(each["size"])) for each in layers})


def _plain(path: Path) -> IO[bytes]:
    """What is in a layer: engines with containerd's store save it as they keep it, compressed."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == ZSTD:
        raise LayerError("docker save: a layer is compressed with zstd; build it with compression=gzip")
    return cast("IO[bytes]", gzip.open(path)) if start.startswith(GZIP) else path.open("rb")


def _tagged(reference: str) -> str:
    return reference if ":" in reference.rpartition("/")[2] else f"{reference}:latest"


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that has its name only once it is whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
