"""Changes the edge or the data of a host: what differs there, and how it gets to the agent that replaces it."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .. import bases
from ..agent.redis import Store
from ..agent.tier import FILE, TierChange
from ..command import Command
from ..compose import built_images
from ..doctor.seen import kinds_of
from ..host import Host
from ..kept_json import kept_on
from ..rotation import REDIS
from ..settings import Settings
from ..stack import Stack
from ..step import Do, Run, Say, Step
from ..up import LOCAL_REGISTRY, REGISTRY
from .base_digests import FILE as DIGESTS_FILE
from .base_digests import base_digests
from .changes import same_model
from .hashing import key_on
from .layers import image_ids
from .making import Release, make_release, tiered
from .mounting import CONFIGS
from .sending import Sending
from .shipping import missing_images
from .split import DATA, EDGE, TIER
from .target import TargetError
from .upload import Upload, send

ASK_S = 60.0
OUTSIDE = ("networks", "volumes", "secrets", "configs")
"""What services of a model name that stands beside them."""

DIGESTS = 'cd "$1" || exit; find files secrets -type f -exec sha256sum {} + 2>/dev/null'
RUNNING = (
    'ids=$("$1" ps --quiet --filter "label=com.docker.compose.project=$2"); test -z "$ids" || "$1" inspect --format '
    '"{{index .Config.Labels \\"com.docker.compose.service\\"}} {{.Image}} {{.Config.Image}}" $ids'
)


def tier_images(stack: Stack, tier: str) -> Iterator[Step]:
    """Gets the images of *tier* to this machine, and no others."""
    merged = tiered(stack)
    services = [name for name, service in merged["services"].items() if service[TIER] == tier]
    built = [name for name in services if name in built_images(merged)]
    pulled = [name for name in services if name not in built]
    if stack.values.get(REGISTRY) == LOCAL_REGISTRY:
        yield from bases.steps(stack.host, stack.project.client)
    elif pulled:
        yield Run(f"pull the images of the {tier} tier", stack.project.command("pull", "--policy", "missing", *pulled))
    if built:
        yield Run(f"build the images of the {tier} tier", stack.project.command("--progress", "plain", "build", *built))


@dataclass(frozen=True, eq=False)
class TierSending(Sending):
    """
    Brings what the edge or the data shall be to the host.

    Attributes:
        tier: Which of the two.
        backup: Whether data is copied before.
    """

    tier: str = EDGE
    backup: bool = True

    @cached_property
    def folder(self) -> str:
        """The folder that is handed over, below the stack's own."""
        return f"base.next-{secrets.token_hex(4)}"

    @property
    def needless(self) -> str:
        """Why there is nothing to do; empty where there is."""
        if self.services or self.gone:
            return ""
        return f"the {self.tier} tier is as the stack says; nothing to do"

    def steps(self) -> list[Step]:
        """Images and files."""
        where = f"{self.host.name} ({self.host.entry})"
        return [
            Do("send the images", f"images of the {self.tier} tier that {where} has not", self._ship),
            Do(f"send the files of the {self.tier} tier", f"{where}:{self.layout.root}/{self.folder}", self._send),
        ]

    @cached_property
    def release(self) -> Release:
        """What a release would be; only its base is of use here, so no image of the app has to be built."""
        return make_release(self.stack, self.name, self.layout, {})

    @cached_property
    def before(self) -> Mapping[str, Any]:
        """
        The base as it is there.

        Raises:
            TargetError: there is none.
        """
        if self.target.base is None or not self.target.state.current:
            raise TargetError(f"{self.host.name}: no release serves there yet; inv deploy brings edge and data too")
        return self.target.base

    @cached_property
    def wanted(self) -> Mapping[str, str]:
        """The id of each image that has to be there, by reference."""
        return image_ids(self.client, sorted({*self._images().values(), self.agent}))

    @cached_property
    def missing(self) -> list[str]:
        """Those of them that the host has not."""
        return missing_images(self.host, self.target.client, self.wanted)

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services of the tier that are to be replaced: by their model, their image, their files or secrets."""
        old, new = self.before["services"], self.release.projects.base["services"]
        numbers = range(1, int(self.name[1:]) + 1)
        names = [f"r{number}" for number in numbers]
        return tuple(
            name
            for name in self.release.projects.services[self.tier]
            if name not in old
            or not same_model(old[name], new[name], names)
            or self._is_other_image(name)
            or any(self.there.get(file.path) != _digest(file) for file in self.files_of([name]))
        )

    @cached_property
    def gone(self) -> tuple[str, ...]:
        """The services of the tier that run there and are in the stack no more."""
        new = self.release.projects.base["services"]
        return tuple(
            name
            for name, service in self.before["services"].items()
            if service.get(TIER) == self.tier and name not in new
        )

    @cached_property
    def change(self) -> TierChange:
        """What the agent is told."""
        projects = self.release.projects
        there = {name: self.before["services"].get(name) for name in (*self.services, *self.gone)}
        stores = tuple(stores_in(there, self.stack.settings)) if self.tier == DATA and self.backup else ()
        outside = (projects.networks, projects.volumes)
        return TierChange(self.tier, self.services, self.gone, *outside, stores, self.backup)

    @cached_property
    def after(self) -> dict[str, Any]:
        """The base as it will be."""
        projects = self.release.projects
        return joined(self.before, projects.base, projects.services[self.tier], self.gone)

    def files_of(self, services: Iterable[str]) -> list[Upload]:
        """The files that *services* of the base read: what they mount, and their secrets."""
        models = [self.release.projects.base["services"][name] for name in services]
        return files_read(models, self.release.base, self.layout.base)

    def uploads(self) -> list[Upload]:
        """All that is handed over."""
        files = [
            Upload("compose.yaml", json.dumps(self.after, indent=1, sort_keys=True) + "\n", 0o640),
            *self.files_of(self.release.projects.services[self.tier]),
        ]
        key, known = key_on(self.host, self.layout), kept_on(self.host, f"{self.layout.base}/{DIGESTS_FILE}")
        digests = base_digests(files, key, self.rotations, known)
        return [Upload(FILE, json.dumps(self.change.data, indent=1), 0o640), *files, digests]

    @cached_property
    def there(self) -> dict[str, str]:
        """The digests of the base's files there, by path; they are kept nowhere."""
        told = self.host.run(Command(("sh", "-c", DIGESTS, "sh", self.layout.base)), timeout_s=ASK_S).out
        return {path: digest for digest, path in re.findall(r"^([0-9a-f]{64})  (.*)$", told, re.MULTILINE)}

    def _images(self) -> dict[str, str]:
        images = self.release.images
        return {name: images[name] for name in self.release.projects.services[self.tier]}

    def _is_other_image(self, service: str) -> bool:
        """Whether the image is not there, or the container runs another than the one of that name."""
        reference = self._images()[service]
        return reference in self.missing or reference in self._outdated

    @cached_property
    def _outdated(self) -> set[str]:
        """The references whose containers run another image than the one that has this name now."""
        words = ("sh", "-c", RUNNING, "sh", self.target.client, self.layout.base_project)
        rows = [line.split() for line in self.host.run(Command(words), timeout_s=ASK_S).out.splitlines()]
        found = {row[2]: row[1] for row in rows if len(row) == 3}  # noqa: PLR2004 - service, image, its name
        return set(missing_images(self.host, self.target.client, found))

    def _send(self, _: Host, say: Say) -> None:
        say(self.folder)
        send(self.host, f"{self.layout.root}/{self.folder}", self.uploads(), say)


def joined(
    before: Mapping[str, Any], base: Mapping[str, Any], tier: Iterable[str], gone: Iterable[str]
) -> dict[str, Any]:
    """
    The base in which the services of *tier* are those of *base*, and all others as they are.

    Args:
        before: The base as it is there.
        gone: Services of the tier that are in the stack no more.
    """
    names = tuple(tier)
    services = {name: each for name, each in before["services"].items() if name not in (*names, *gone)}
    services |= {name: base["services"][name] for name in names}
    for name in names:
        services[name] = _waiting_for(services[name], services)
    both = {key: {**(before.get(key) or {}), **(base.get(key) or {})} for key in OUTSIDE}
    return {**base, **both, "services": services}


def stores_in(services: Mapping[str, Mapping[str, Any] | None], settings: Settings) -> Iterator[Store]:
    """
    Each Redis among *services*, with whom the settings know there.

    Args:
        services: The models of those that run; None for one that is new.
    """
    doctor = settings.doctor.redis
    known = settings.secrets.rotate.values() if settings.secrets else ()
    for name, model in services.items():
        if model and is_redis(model):
            logins = [(each.by, each.password_file) for each in known if (each.kind, each.service) == (REDIS, name)]
            logins += [(doctor.user, doctor.password_file)] if doctor else []
            yield Store(name, tuple(dict.fromkeys(logins)))


def is_redis(service: Mapping[str, Any]) -> bool:
    """Whether a service of a model runs Redis, or Valkey: by its image, else by its program."""
    words = (*(service.get("entrypoint") or ()), *(service.get("command") or ()))
    return REDIS in kinds_of(str(service.get("image", "")), tuple(map(str, words)))


def files_read(models: Iterable[Mapping[str, Any]], files: Iterable[Upload], folder: str) -> list[Upload]:
    """
    Those of *files* that services read.

    Args:
        models: The services.
        folder: Where the files stand on the host.
    """
    found = list(models)
    secret = {f"secrets/{each['source']}" for model in found for each in model.get("secrets") or ()}
    secret |= {f"{CONFIGS}/{each['source']}" for model in found for each in model.get("configs") or ()}
    sources = [str(mount.get("source", "")) for model in found for mount in model.get("volumes") or ()]
    mounted = tuple(each.removeprefix(f"{folder}/") for each in sources if each.startswith(f"{folder}/"))
    return [
        file
        for file in files
        if file.path in secret or any(file.path == path or file.path.startswith(f"{path}/") for path in mounted)
    ]


def _waiting_for(service: Mapping[str, Any], services: Iterable[str]) -> dict[str, Any]:
    """*service*, which waits for nothing but *services*: the other tier may not have the new ones yet."""
    waits = {name: how for name, how in (service.get("depends_on") or {}).items() if name in set(services)}
    rest = {key: value for key, value in service.items() if key != "depends_on"}
    return rest | ({"depends_on": waits} if waits else {})


def _digest(file: Upload) -> str:
    return hashlib.sha256(file.data).hexdigest()
