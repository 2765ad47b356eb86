"""A release as the laptop hands it over: release.json and what stands beside it in its folder on the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..deploy.layout import BASE, Layout
from ..deploy.split import TIERS
from ..errors import SettingsError
from ..kept_json import data_of
from .assets import Assets, assets_of
from .database import Migrations, migrations_of

VERSION = 1
FILE = "release.json"


@dataclass(frozen=True)
class Bundle:
    """
    One release.

    Attributes:
        services: The services of each tier, by tier.
        networks: Networks that have to be there, by name, with their options.
        volumes: The same of volumes.
        images: The id of each image, by reference.
        edge: The service that runs nginx; empty where the stack has none.
        mount: Where the generations stand in its container.
        probes: Addresses that nginx's container asks of the new release before any traffic: each has to answer 200.
        smoke: Addresses that are asked through nginx after the switch, in its container.
        public: The same by the site's own name, through TLS; none where it has no name or no TLS.
        tls_port: Where nginx listens for TLS in its container.
        drain_s: How long old workers of nginx may take to end.
        watch_s: How long answers are watched after the switch.
        migrations: What it changes about the tables; None where it does not say.
        assets: Its hashed assets; None where it does not list them.
    """

    stack: str
    name: str
    root: str
    services: Mapping[str, tuple[str, ...]]
    networks: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Mapping[str, Any]]
    images: Mapping[str, str]
    edge: str
    mount: str
    probes: tuple[str, ...]
    smoke: tuple[str, ...]
    drain_s: float
    watch_s: float
    migrations: Migrations | None = None
    assets: Assets | None = None
    public: tuple[str, ...] = ()
    tls_port: int = 0

    @property
    def layout(self) -> Layout:
        """Where everything stands."""
        return Layout(self.stack, self.root)

    @property
    def folder(self) -> Path:
        """The release's own folder."""
        return Path(self.layout.release(self.name))

    def nginx(self) -> dict[str, str]:
        """The text of each file of its edge configuration, by its path in a generation."""
        folder = self.folder / "nginx"
        return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def load(root: str, name: str) -> Bundle:
    """
    Release *name* below *root*.

    Raises:
        SettingsError: it is not there, was edited or torn, or another version of us wrote it.
    """
    path = Path(root) / "releases" / name / FILE
    try:
        data = data_of(path.read_text(encoding="utf-8", errors="replace").strip() or "null", str(path))
    except OSError as error:
        raise SettingsError(f"{name}: no such release on this host ({path}: {error.strerror})") from error
    return checked(data, root, str(path))


def checked(data: Mapping[str, Any], root: str, where: str) -> Bundle:
    """
    The release below *root* that *data*, which was read from *where*, describes.

    Raises:
        SettingsError: it was edited, or another version of us wrote it.
    """
    if data.get("version") != VERSION:
        raise SettingsError(f"{where}: version {data.get('version')}; this agent reads version {VERSION}")
    try:
        return bundle_of(data, root)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        said = f"{type(error).__name__}: {error}"
        raise SettingsError(
            f"{where}: not what this tool writes ({said}); put back what was edited there by hand"
        ) from error


def stand_in(root: str, name: str, others: Iterable[str]) -> Bundle:
    """
    Release *name* whose own file cannot be read, as far as is known: enough to take it back, or to tidy up after it.

    What a stack's releases have in common is that of the first of *others* that can be read.

    Raises:
        SettingsError: not even the base says what the stack is called.
    """
    for other in others:
        with suppress(SettingsError):
            return replace(load(root, other), name=name, migrations=None, assets=None)
    path = Path(root) / "base" / "compose.yaml"
    base = data_of(path.read_text(encoding="utf-8", errors="replace") if path.exists() else "", str(path))
    stack = str(base.get("name", "")).removesuffix(BASE)
    if not stack:
        raise SettingsError(f"{path}: no name of a stack; put back what was there")
    return Bundle(
        stack=stack,
        name=name,
        root=root,
        services=dict.fromkeys(TIERS, ()),
        networks={},
        volumes={},
        images={},
        edge="",
        mount="",
        probes=(),
        smoke=(),
        drain_s=0.0,
        watch_s=0.0,
    )


def bundle_of(data: Mapping[str, Any], root: str) -> Bundle:
    """The release below *root* that *data*, the content of a release.json, describes."""
    return Bundle(
        stack=data["stack"],
        name=data["name"],
        root=root,
        services={tier: tuple(names) for tier, names in data["services"].items()},
        networks=data["networks"],
        volumes=data["volumes"],
        images=data["images"],
        edge=data["edge"],
        mount=data["mount"],
        probes=tuple(data["probes"]),
        smoke=tuple(data["smoke"]),
        drain_s=float(data["drain_s"]),
        watch_s=float(data["watch_s"]),
        migrations=migrations_of(data),
        assets=assets_of(data),
        public=tuple(data.get("public", ())),
        tls_port=int(data.get("tls_port", 0)),
    )
