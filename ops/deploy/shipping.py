"""Brings images to a host's engine: what it has not yet, layer by layer; checked on arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ..command import Command
from ..errors import StepFailedError, UnreachableError
from ..host import Host
from ..ssh.host import RemoteHost
from ..ssh.tunnel import TunnelError, reverse_tunnel
from ..step import Say
from .layers import BlobStore, Packed, blob_store, pack
from .registry import Registry, serving
from .streaming import TITLE, stream, tidy
from .ticking import ticking
from .weighing import chains, ids_known, loads

TRIES = 3
ASK_S, PULL_S = 60.0, 1800.0
IDS = 'client=$1; shift; for each; do "$client" image inspect --format "{{.Id}}" "$each" 2>/dev/null || echo; done'
"""A line for each name; empty where the engine has no such image."""


@dataclass(frozen=True)
class Sent:
    """
    What went over.

    Attributes:
        images: How many; those that the host had under another name are not among them.
        bytes: Those of layers.
        no_tunnel: Why it went over the connection itself; empty where the host's engine pulled through a tunnel.
        pulled: Further images, which the host got from a registry.
    """

    images: int
    bytes: int
    no_tunnel: str = ""
    pulled: tuple[str, ...] = ()

    def __str__(self) -> str:
        way = f" over the ssh connection itself: {self.no_tunnel}" if self.no_tunnel else ""
        return f"{self.images} images, {self.bytes / 1e6:.2f} MB{way}"


def missing_images(host: Host, client: str, wanted: Mapping[str, str], store: BlobStore | None = None) -> list[str]:
    """
    The images that the host's engine has not, or has in another version.

    Args:
        wanted: The id here of each image, by reference.
        store: Where those that were sent are kept; without it, `blob_store`.
    """
    return other_images(ids_there(host, client, wanted), wanted, store)


def other_images(found: Mapping[str, str], wanted: Mapping[str, str], store: BlobStore | None = None) -> list[str]:
    """
    Those of *wanted* that the host's engine has not, or has in another version.

    Args:
        found: The id that the engine there has of each.
        wanted: See `missing_images`.
    """
    other = [reference for reference, identity in wanted.items() if found.get(reference) != identity]
    kept = store or blob_store()
    return [name for name in other if found.get(name, "") not in _names(kept.packed(name, wanted[name]))]


def ids_there(host: Host, client: str, references: Iterable[str]) -> dict[str, str]:
    """The id of each of *references* that the host's engine has, as that engine names it."""
    names = list(references)
    told = host.run(Command(("sh", "-c", IDS, "sh", client, *names)), timeout_s=ASK_S).out.splitlines()
    return {name: identity for name, line in zip(names, told, strict=False) if (identity := line.strip())}


def _names(image: Packed | None) -> tuple[str, ...]:
    """An engine with containerd's store names an image by its manifest, others by its configuration."""
    return (image.id, image.digest) if image else ()


def references_there(host: Host, client: str) -> set[str]:
    """The names of all images that the host's engine has."""
    asked = Command((client, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"))
    return set(host.run(asked, timeout_s=ASK_S).out.split())


def ship(host: RemoteHost, client: str, references: Iterable[str], store: BlobStore, say: Say) -> Sent:
    """
    Brings images of this machine's engine to the host's, under the same names.

    Args:
        client: The docker client, here and there.

    Raises:
        StepFailedError: an image does not arrive, or arrives as another.
        UnreachableError: the connection is lost again and again.
    """
    wanted = list(references)
    if not wanted:
        return Sent(0, 0)
    say("read them from the engine here")
    packed = pack(client, wanted, store)
    known = ids_known(host, client)
    packed = [image for image in packed if not _named(host, client, image, known)]
    weighed = {each.reference: each.bytes for each in loads(packed, store, chains(host, client, known))}
    streamed, no_tunnel = 0, ""
    with serving(store) as registry:
        for image in packed:
            with _told(registry, image.reference, weighed[image.reference], say):
                no_tunnel = no_tunnel or _pull(host, client, registry, image, say)
            if no_tunnel:
                say(f"{image.reference}: over the connection itself: {no_tunnel}")
                streamed += stream(host, client, image, store, say)
                _check(host, client, image)
    if no_tunnel:
        tidy(host)
    return Sent(len(packed), registry.sent + streamed, no_tunnel)


def _named(host: Host, client: str, image: Packed, known: Collection[str]) -> bool:
    """Whether the host has *image* under another name: it gets this one, and nothing goes over."""
    there = next((name for name in _names(image) if name in known), "")
    return bool(there) and host.run(Command((client, "tag", there, image.reference)), timeout_s=ASK_S).ok


def _told(registry: Registry, reference: str, size: int, say: Say) -> AbstractContextManager[None]:
    before = registry.sent
    return ticking(say, reference, lambda: registry.sent - before, size)


def _pull(host: RemoteHost, client: str, registry: Registry, image: Packed, say: Say) -> str:
    """
    Lets the engine there pull *image*; gives why no tunnel leads it here, or nothing where all is well.

    A connection that drops is opened again; the engine keeps the layers that are whole.
    """
    say(image.reference)
    for tried in range(1, TRIES + 1):
        asked = registry.asked
        try:
            with reverse_tunnel(host, registry.port) as port:
                source = registry.reference(port, image.digest)
                result = host.run(Command((client, "pull", "--quiet", source)), timeout_s=PULL_S)
                if result.ok:
                    _name(host, client, source, image)
                    return ""
            reason = result.reason
            if registry.asked == asked:  # such as an engine in a network of its own
                return f"the engine there asks nothing through the tunnel ({reason})"
        except TunnelError as error:
            return error.reason
        except UnreachableError as error:
            if tried == TRIES:
                raise
            reason = str(error)
        say(f"{image.reference}: try {tried} of {TRIES}: {reason}")
    raise StepFailedError(host.name, TITLE, f"{image.reference}: {reason}; nothing has changed there")


def _name(host: Host, client: str, source: str, image: Packed) -> None:
    for words in (("tag", source, image.reference), ("image", "rm", source)):
        result = host.run(Command((client, *words)))
        if not result.ok:
            raise StepFailedError(host.name, TITLE, f"{image.reference}: {result.reason}")
    _check(host, client, image)


def _check(host: Host, client: str, image: Packed) -> None:
    found = ids_there(host, client, (image.reference,)).get(image.reference, "nothing")
    if found not in _names(image):
        raise StepFailedError(host.name, TITLE, f"{image.reference}: arrived as {found}, sent as {image.id}")
