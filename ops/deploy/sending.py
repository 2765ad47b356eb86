"""The steps between the build and the switch: images, files and a certificate get to the host."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ..certificates.generations import TlsStore
from ..compose import model
from ..host import Host
from ..ssh import RemoteHost
from ..stack import Stack, open_stack
from ..step import Do, Say, Step
from .layers import BlobStore, image_ids
from .layout import Layout
from .making import Release, make_release
from .shipping import missing_images, ship
from .target import Target
from .upload import send


def for_host(stack: Stack, host: RemoteHost, layout: Layout, release: str) -> Stack:
    """The stack as the host runs it: its own variables, its group for keys, the release's name."""
    group = {"TLS_GROUP": TlsStore(host, Path(layout.certificates)).group()} if stack.settings.tls else {}
    return stack.with_variables(**host.entry.environment, **group, RELEASE=release)


@dataclass(frozen=True, eq=False)
class Sending:
    """
    Brings release *name* to *host*.

    Attributes:
        client: The docker client here.
        agent: The name of the agent's image.
    """

    host: RemoteHost
    target: Target
    layout: Layout
    name: str
    client: str
    agent: str

    def steps(self) -> list[Step]:
        """Images, files, certificate."""
        where = f"{self.host.name} ({self.host.entry})"
        folder = self.layout.release(self.name)
        return [
            Do("send the images", f"images that {where} has not, layer by layer", self._ship),
            Do("send the files of the release", f"{where}:{folder}", self._send),
            Do("have a certificate there", f"a placeholder where {where} has none", self._certify),
        ]

    @cached_property
    def _stack(self) -> Stack:
        """Opened again: the env file may have been written, with new passwords, since the plan was made."""
        return for_host(open_stack(client=self.client), self.host, self.layout, self.name)

    @cached_property
    def _release(self) -> Release:
        merged = model(self._stack.host, self._stack.project)
        references = {str(service["image"]) for service in merged["services"].values()}
        return make_release(self._stack, self.name, self.layout, image_ids(self.client, sorted(references)))

    def _ship(self, _: Host, say: Say) -> None:
        wanted = image_ids(self.client, sorted({*self._release.images.values(), self.agent}))
        missing = missing_images(self.host, self.target.client, wanted)
        cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
        sent = ship(self.host, self.client, missing, BlobStore(cache / "fairlead" / "blobs"), say)
        print(f"  {sent.images} images, {sent.bytes / 1e6:.2f} MB")

    def _send(self, _: Host, say: Say) -> None:
        folder = self.layout.release(self.name)
        say(folder)
        send(self.host, folder, self._release.files)
        if self.target.base is None:
            say(self.layout.base)
            send(self.host, self.layout.base, self._release.base)
        elif self.target.base != self._release.projects.base:
            print("  the edge or the data differ from what runs there; a deploy of the app leaves them as they are")

    def _certify(self, _: Host, say: Say) -> None:
        if self._stack.settings.tls is None:
            return
        from ..certificates.placeholder import placeholder  # noqa: PLC0415 - cryptography takes 60 ms

        store = TlsStore(self.host, Path(self.layout.certificates))
        if store.live() is None:
            say("a placeholder; inv certbot gets a real one")
            material = placeholder(datetime.now(UTC))
            store.switch(store.add(material.key, material.chain).name)
