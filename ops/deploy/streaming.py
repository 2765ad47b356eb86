"""
Brings an image to a host over the ssh connection itself, where no tunnel leads to a registry here.

Its missing parts gather in a folder of the host, each checked by its digest, and are loaded from there as one archive.
What a dropped connection leaves of a part is gone on with.
Source: the OCI image layout; `docker load` takes it together with manifest.json, which older engines read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..command import Command, Result
from ..errors import StepFailedError, UnreachableError
from ..ssh.host import RemoteHost
from ..step import Say
from .layers import PREFIX, BlobStore, Packed

TITLE = "send the images"
TRIES = 4
ASK_S, LOAD_S = 120.0, 1800.0
TOLD_BYTES = 1_000_000
WHOLE = "whole"
SIZE = f'if test -e "$1/blobs/sha256/$2"; then echo {WHOLE}; else stat -c %s -- "$1/$2.part" 2>/dev/null || echo 0; fi'
APPEND = 'umask 077; mkdir -p -- "$1/blobs/sha256" && cat >>"$1/$2.part"'
CHECK = (
    'test "$(sha256sum <"$1/$2.part")" = "$2  -" && mv -T -- "$1/$2.part" "$1/blobs/sha256/$2" '
    '|| { rm -f -- "$1/$2.part"; exit 1; }'
)
LOAD = 'folder=$1 client=$2; shift 2; tar -C "$folder" -c -- oci-layout index.json manifest.json "$@" | "$client" load'
USABLE = 'made=$("$1" create --pull never --network none "$2" /none) && "$1" rm "$made"'
LAYERS = (
    'there=$("$1" image ls --all --quiet --no-trunc) || exit; '
    'printf %s "$there" | sort -u | xargs -r "$1" image inspect --format "{{json .RootFS.Layers}}" || true'
)


@dataclass(frozen=True)
class Parts:
    """
    What an image is made of.

    Attributes:
        layers: The digest of each compressed layer, lowest first.
        contents: The digest of what is in each, lowest first.
    """

    image: Packed
    manifest: Mapping[str, Any]
    layers: tuple[str, ...]
    contents: tuple[str, ...]

    def blobs(self, known: int) -> tuple[str, ...]:
        """The digests that are needed where the lowest *known* layers are there."""
        return tuple(dict.fromkeys((self.image.id, self.image.digest, *self.layers[known:])))

    def files(self) -> dict[str, str]:
        """The texts that name the parts, by file: for engines with containerd's store, and for others."""
        described = {
            "mediaType": self.manifest["mediaType"],
            "digest": self.image.digest,
            "size": len(_compact(self.manifest)),
            "annotations": {"io.containerd.image.name": full_name(self.image.reference)},
        }
        entry = {
            "Config": _path(self.image.id),
            "RepoTags": [self.image.reference],
            "Layers": [_path(digest) for digest in self.layers],
        }
        return {
            "oci-layout": _compact({"imageLayoutVersion": "1.0.0"}),
            "index.json": _compact({"schemaVersion": 2, "manifests": [described]}),
            "manifest.json": _compact([entry]),
        }


def parts_of(image: Packed, store: BlobStore) -> Parts:
    """The parts of *image*, whose blobs are in *store*."""
    manifest = json.loads(store.path(image.digest).read_bytes())
    contents = json.loads(store.path(image.id).read_bytes())["rootfs"]["diff_ids"]
    return Parts(image, manifest, tuple(each["digest"] for each in manifest["layers"]), tuple(contents))


def known_layers(contents: Sequence[str], there: Iterable[Sequence[str]]) -> int:
    """How many of the lowest layers are those of an image that is there: a layer counts only with all below it."""
    return max((_common(contents, each) for each in there), default=0)


def full_name(reference: str) -> str:
    """*reference* with its registry, as containerd's store names an image."""
    first, slash, _ = reference.partition("/")
    if not slash:
        return f"docker.io/library/{reference}"
    return reference if "." in first or ":" in first or first == "localhost" else f"docker.io/{reference}"


def stream(host: RemoteHost, client: str, image: Packed, store: BlobStore, say: Say) -> int:
    """
    Brings *image* to the host's engine, under its name, and gives how many bytes went over.

    Raises:
        StepFailedError: it does not arrive; nothing has changed there.
        UnreachableError: the connection was lost again and again.
    """
    parts, folder, sent = parts_of(image, store), f"{host.entry.folder}/incoming", 0
    for name, text in parts.files().items():
        _put(host, f"{folder}/{name}", text)
    known = known_layers(parts.contents, _layers_there(host, client))
    result = Result(1)
    for count in dict.fromkeys((known, 0)):  # an image may have gone since: then everything is sent
        blobs = parts.blobs(count)
        sent += sum(_send(host, folder, digest, store, say) for digest in blobs)
        say(f"{image.reference}: docker load")
        words = ("sh", "-c", LOAD, "sh", folder, client, *(_path(digest) for digest in blobs))
        result = host.run(Command(words), timeout_s=LOAD_S)
        if result.ok and (result := _usable(host, client, image.reference)).ok:
            break
    if not result.ok:
        raise StepFailedError(host.name, TITLE, f"{image.reference}: {result.reason}; nothing has changed there")
    return sent


def tidy(host: RemoteHost) -> None:
    """Removes what was gathered, once it is in the engine."""
    host.run(Command(("rm", "-rf", "--", f"{host.entry.folder}/incoming")), timeout_s=ASK_S)


def _layers_there(host: RemoteHost, client: str) -> list[list[str]]:
    told = host.run(Command(("sh", "-c", LAYERS, "sh", client)), timeout_s=ASK_S)
    if not told.ok:
        raise StepFailedError(host.name, TITLE, f"{told.reason}; nothing has changed there")
    return [layers for line in told.out.splitlines() if line.startswith("[") for layers in [json.loads(line)]]


def _send(host: RemoteHost, folder: str, digest: str, store: BlobStore, say: Say) -> int:
    """Brings one blob there; a connection that drops is opened again, and what arrived counts."""
    path, first = store.path(digest), -1
    for tried in range(1, TRIES + 1):
        try:
            has = host.run(Command(("sh", "-c", SIZE, "sh", folder, path.name)), timeout_s=ASK_S).out.strip()
            if has == WHOLE:
                return 0 if first < 0 else path.stat().st_size - first
            start = int(has or 0)
            first = start if first < 0 else first
            _append(host, folder, path, start, say)
            if host.run(Command(("sh", "-c", CHECK, "sh", folder, path.name)), timeout_s=ASK_S).ok:
                return path.stat().st_size - first
            say(f"{digest[:19]}: try {tried} of {TRIES}: arrived as something else")
        except UnreachableError as error:
            if tried == TRIES:
                raise
            say(f"{digest[:19]}: try {tried} of {TRIES}: {error}")
    raise StepFailedError(host.name, TITLE, f"{digest[:19]}: arrives as something else; nothing has changed there")


def _append(host: RemoteHost, folder: str, path: Path, start: int, say: Say) -> None:
    with path.open("rb") as file:
        file.seek(start)
        told = _Told(file, path.stat().st_size, say)
        result = host.pour(Command(("sh", "-c", APPEND, "sh", folder, path.name)), told)
    if not result.ok:
        raise StepFailedError(host.name, TITLE, f"{folder}: {result.reason}; nothing has changed there")


class _Told:
    """A file that says how much of it was read, every megabyte."""

    def __init__(self, file: IO[bytes], size: int, say: Say) -> None:
        self._file = file
        self._size = size
        self._say = say
        self._next = TOLD_BYTES

    def read(self, size: int) -> bytes:
        """See `Readable`."""
        data = self._file.read(size)
        if self._file.tell() >= self._next:
            self._next = self._file.tell() + TOLD_BYTES
            self._say(f"{self._file.tell() / 1e6:.0f} of {self._size / 1e6:.0f} MB")
        return data


def _usable(host: RemoteHost, client: str, reference: str) -> Result:
    """An engine with containerd's store says that it loaded what it could not unpack."""
    return host.run(Command(("sh", "-c", USABLE, "sh", client, reference)), timeout_s=ASK_S)


def _put(host: RemoteHost, path: str, text: str) -> None:
    try:
        host.put(path, text, 0o600)
    except OSError as error:
        raise StepFailedError(host.name, TITLE, f"{path}: {error.strerror}; nothing has changed there") from error


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((number for number, (mine, theirs) in enumerate(pairs) if mine != theirs), min(len(one), len(other)))


def _path(digest: str) -> str:
    return f"blobs/sha256/{digest.removeprefix(PREFIX)}"


def _compact(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"))
