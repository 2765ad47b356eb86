"""
Splits the one merged compose model into two projects: the base, which stays, and a release of the app tier.

Pure: a model in, models out. A model is what `docker compose config --format json` prints.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .layout import Layout
from .mounting import Mover, Sources, SplitError
from .resources import NETWORKS, VOLUMES, is_own, options_of, there, wanted
from .ties import check_app, check_ties, in_order, without_links

TIER = "x-fairlead-tier"
EDGE, APP, DATA, JOB = "edge", "app", "data", "job"
TIERS = (EDGE, APP, DATA, JOB)
RELEASE_LABEL, STACK_LABEL = "fairlead.release", "fairlead.stack"
Model = dict[str, Any]


@dataclass(frozen=True)
class Projects:
    """
    What a release is made of.

    Attributes:
        base: The model of edge and data.
        app: The model of the release.
        services: The services of each tier.
        networks: Networks that have to be there before anything starts: name in the engine, options; those that are
            `external` are somebody else's and are never made.
        volumes: Volumes that have to be there, in the same way.
        files: Files and folders of the checkout that travel, by the path on the host that they get.
        texts: What travels and is no file of the checkout, in the same way.
        outside: What is mounted and is not of the checkout, see `Mover`.
        secrets: The laptop's file of each secret that a service reads.
    """

    base: Model
    app: Model
    services: Mapping[str, tuple[str, ...]]
    networks: Mapping[str, Model]
    volumes: Mapping[str, Model]
    files: Mapping[str, str]
    texts: Mapping[str, str]
    outside: Mapping[str, tuple[str, bool]]
    secrets: Mapping[str, str]


def split(merged: Model, release: str, layout: Layout, sources: Sources, images: Mapping[str, str]) -> Projects:
    """
    The two projects of *merged*.

    Args:
        images: The image each service runs, by service.

    Raises:
        SplitError: a service has no tier, an app service has what only one release at a time can have, or a secret
            comes from no file.
    """
    services: Model = merged["services"]
    tiers = {tier: tuple(name for name in services if _tier(name, services[name]) == tier) for tier in TIERS}
    tiers[JOB] = in_order(services, tiers[JOB])
    lasting = (*tiers[EDGE], *tiers[DATA])
    passing = (*tiers[APP], *tiers[JOB])
    check_app(services, tiers[APP])
    for together in (lasting, passing):
        check_ties(services, together)
    mover, folder = Mover(sources), layout.release(release)

    def moved(name: str, place: str, together: Iterable[str], waits: Iterable[str]) -> Model:
        service = without_links(services[name], together)
        return _moved(service, images[name], waits, mover.mounts(name, service, place))

    base = {name: moved(name, layout.base, lasting, lasting) for name in lasting}
    app = {name: moved(name, folder, passing, tiers[APP]) for name in passing}
    for name, service in base.items():
        service["labels"] = {**_labels(services[name]), STACK_LABEL: layout.stack}
    for name, service in app.items():
        service["labels"] = {**_labels(services[name]), STACK_LABEL: layout.stack, RELEASE_LABEL: release}
        if "network_mode" not in service:
            service["networks"] = _aliased(services[name], f"{name}-{release}")
    mine = [name for name in _networks(app) if name not in _networks(base) and is_own(merged, NETWORKS, name)]
    own = {name: _unnamed(options_of(merged, NETWORKS, name)) for name in mine}
    shared = [name for name in _networks({**base, **app}) if name not in mine]
    return Projects(
        base={"name": layout.base_project, **_project(merged, base, layout, layout.base, mover)},
        app=_with_networks({"name": layout.project(release), **_project(merged, app, layout, folder, mover)}, own),
        services=tiers,
        networks=wanted(merged, NETWORKS, shared, layout),
        volumes=wanted(merged, VOLUMES, _volumes({**base, **app}), layout),
        files=mover.files,
        texts=mover.texts,
        outside=mover.outside,
        secrets={name: _secret_file(merged, name) for name in _named({**base, **app}, "secrets")},
    )


def _project(merged: Model, services: Model, layout: Layout, folder: str, mover: Mover) -> Model:
    """A project of *services*, which finds all else there; its files are in *folder*."""
    return {
        "services": services,
        "networks": there(merged, NETWORKS, _networks(services), layout),
        "volumes": there(merged, VOLUMES, _volumes(services), layout),
        "secrets": {name: {"file": f"{folder}/secrets/{name}"} for name in _named(services, "secrets")},
        "configs": _configs(merged, services, folder, mover),
    }


def _with_networks(project: Model, own: Model) -> Model:
    """*project*, in which the networks *own* are made with it."""
    return {**project, "networks": {**project["networks"], **own}}


def _moved(service: Model, image: str, dependencies: Iterable[str], mounts: list[Model]) -> Model:
    """*service* as it runs on the host; it waits only for *dependencies*."""
    made = {key: value for key, value in service.items() if key not in ("build", "depends_on", "develop", "profiles")}
    made |= {"image": image, "pull_policy": "never"}
    waits = {name: how for name, how in (service.get("depends_on") or {}).items() if name in set(dependencies)}
    if waits:
        made["depends_on"] = waits
    if mounts:
        made["volumes"] = mounts
    return made


def _tier(name: str, service: Model) -> str:
    tier = str(service.get(TIER, ""))
    if tier not in TIERS:
        said = f"{TIER}: {tier}" if tier else f"no {TIER}"
        raise SplitError(
            f"services.{name}: {said}; say which of {', '.join(TIERS)} it is: a deploy treats each differently"
        )
    return tier


def _secret_file(merged: Model, name: str) -> str:
    secret = (merged.get("secrets") or {}).get(name) or {}
    if "file" not in secret:
        raise SplitError(f"secrets.{name}: only `file:` travels to a host; say where its file is")
    return str(secret["file"])


def _networks(services: Model) -> list[str]:
    return sorted({network for service in services.values() for network in service.get("networks") or ()})


def _volumes(services: Model) -> list[str]:
    mounts = (mount for service in services.values() for mount in service.get("volumes") or ())
    return sorted({mount["source"] for mount in mounts if mount.get("type") == "volume" and mount.get("source")})


def _labels(service: Model) -> Model:
    return dict(service.get("labels") or {})


def _aliased(service: Model, alias: str) -> Model:
    networks = (service.get("networks") or {}).items()
    return {name: {**(how or {}), "aliases": [*((how or {}).get("aliases") or ()), alias]} for name, how in networks}


def _unnamed(options: Model) -> Model:
    """A network that only the app tier uses is each release's own, and is named by its project."""
    return {key: value for key, value in options.items() if key != "name"}


def _configs(merged: Model, services: Model, folder: str, mover: Mover) -> Model:
    told = merged.get("configs") or {}
    return {name: {"file": mover.config(name, told.get(name) or {}, folder)} for name in _named(services, "configs")}


def _named(services: Model, kind: str) -> list[str]:
    """The secrets or configs that services read."""
    return sorted({each["source"] for service in services.values() for each in service.get(kind) or ()})
