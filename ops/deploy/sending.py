"""The steps between the build and the switch: images, files and a certificate get to the host."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from ..agent.bundle import FILE
from ..certificates.generations import TlsStore
from ..compose import image_of, model
from ..errors import StepFailedError
from ..host import Host
from ..rotation import Rotation
from ..ssh import RemoteHost
from ..stack import Stack, open_stack
from ..step import Do, Say, Step
from .assets import assets_in
from .base import send_base
from .base_digests import base_digests
from .carrying import Carrier
from .hashing import environment_hashes, key_on, secret_hashes
from .history import note_sent
from .layers import blob_store, image_ids
from .layout import Layout
from .making import Release, as_json, make_release
from .naming import give_names
from .shipping import ids_there, missing_images, other_images, references_there
from .split import DATA, EDGE
from .target import Target
from .upload import TITLE as FILES
from .upload import Upload, send


def for_host(stack: Stack, host: RemoteHost, layout: Layout, release: str) -> Stack:
    """The stack as the host runs it: its own variables, its group for keys, the release's name."""
    group = {"TLS_GROUP": TlsStore(host, Path(layout.certificates)).group()} if stack.settings.tls else {}
    return stack.with_variables(**host.entry.environment, **group, RELEASE=release)


def sent_file(stack: Stack) -> Path:
    """Where this machine notes how long sending took."""
    return stack.settings.state / "sent.jsonl"


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
            Do(FILES, f"{where}:{folder}", self._send),
            Do("have a certificate there", f"a placeholder where {where} has none", self._certify),
        ]

    @cached_property
    def stack(self) -> Stack:
        """Opened again: the env file may have been written, with new passwords, since the plan was made."""
        return for_host(open_stack(client=self.client), self.host, self.layout, self.name)

    @property
    def rotations(self) -> tuple[Rotation, ...]:
        """The secrets that change on the host by themselves."""
        secrets = self.stack.settings.secrets
        return tuple(secrets.rotate.values()) if secrets else ()

    @cached_property
    def release(self) -> Release:
        """The release as it travels."""
        merged = model(self.stack.host, self.stack.project)
        references = {image_of(merged, service) for service in merged["services"]}
        ids = image_ids(self.client, sorted(references))
        assets = partial(assets_in, self.client, self.stack.settings.deploy.assets, ids, self.layout)
        return make_release(self.stack, self.name, self.layout, ids, assets)

    @cached_property
    def wanted(self) -> Mapping[str, str]:
        """
        The id of each image that has to be there, by reference.

        Edge and data stay as they are once a release serves, so theirs travel only where the host has them not at all.
        """
        services = self.release.projects.services
        lasting = {*services[EDGE], *services[DATA]} if self.target.kept is not None else set()
        images = self.release.images
        needed = {images[service] for service in images if service not in lasting}
        known = references_there(self.host, self.target.client) if lasting else set()
        stays = {str(service["image"]) for service in (self.target.kept or {}).get("services", {}).values()}
        absent = (stays & {images[service] for service in lasting if service in images}) - known
        return image_ids(self.client, sorted(needed | absent | {self.agent}))

    @cached_property
    def missing(self) -> list[str]:
        """Those of them that the host has not."""
        return missing_images(self.host, self.target.client, self.wanted)

    @cached_property
    def _pulled(self) -> set[str]:
        """Images that the host got from a registry: its engine may name them in another way than the one here."""
        return set()

    def _ship(self, _: Host, say: Say) -> None:
        begun = time.monotonic()
        carrier = Carrier(self.host, self.target, self.client, self.stack, blob_store())
        sent = carrier.carry(self.wanted, self.missing, say)
        note_sent(sent_file(self.stack), self.host.name, sent.bytes, time.monotonic() - begun)
        print(f"  {sent}")
        self._pulled.update(sent.pulled)
        give_names(self.host, self.target.client, self.release.named)

    def _send(self, _: Host, say: Say) -> None:
        folder = self.layout.release(self.name)
        say(folder)
        send(self.host, folder, self._files(), say)
        if self.target.kept is None:
            say(self.layout.base)
            digests = base_digests(self.release.base, key_on(self.host, self.layout), self.rotations)
            send_base(self.host, self.target.client, self.layout, (*self.release.base, digests), say)

    def _files(self) -> Iterator[Upload]:
        """Those of the release; its manifest with what the host knows: the ids of images, and the key of hashes."""
        key = key_on(self.host, self.layout)
        for file in self.release.files:
            if file.path == FILE:
                manifest = json.loads(file.data)
                manifest["images"] |= self._ids_there(manifest["images"])
                manifest["environment"] = environment_hashes(self.release.projects.app, key)
                manifest["secret_hashes"] = secret_hashes(self.release.files, key)
                yield replace(file, content=as_json(manifest))
            else:
                yield file

    def _ids_there(self, references: Iterable[str]) -> dict[str, str]:
        """The ids of images there; those of the release have to be what was sent, or another run sends there, too."""
        found = ids_there(self.host, self.target.client, {*references, *self.wanted})
        named = self.release.named.items()
        others = {*other_images(found, self.wanted)} - self._pulled
        others |= {own for own, sent in named if found.get(own) != found.get(sent)}
        if others:
            raise StepFailedError(
                self.host.name, FILES, f"another run has replaced {', '.join(sorted(others))} there; run it again"
            )
        return {reference: found[reference] for reference in references if reference in found}

    def _certify(self, _: Host, say: Say) -> None:
        if self.stack.settings.tls is None:
            return
        from ..certificates.placeholder import placeholder  # noqa: PLC0415 - cryptography takes 60 ms

        store = TlsStore(self.host, Path(self.layout.certificates))
        if store.live() is None:
            say("a placeholder; inv certbot gets a real one")
            material = placeholder(datetime.now(UTC))
            store.switch(store.add(material.key, material.chain).name)
