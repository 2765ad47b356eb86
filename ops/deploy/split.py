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

TIER = "x-fairlead-tier"
EDGE, APP, DATA, JOB = "edge", "app", "data", "job"
TIERS = (EDGE, APP, DATA, JOB)
RELEASE_LABEL, STACK_LABEL = "fairlead.release", "fairlead.stack"
ALONE = {
    "ports": "two releases run side by side during a switch, and one port serves one of them: let nginx publish",
    "container_name": "two releases run side by side during a switch, and a name is for one container",
    "network_mode": "nginx reaches a release by its name in a network",
}
"""What a service of the app tier cannot have, and why."""

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
        outside: What is mounted and is not of the checkout, see `Mover`.
        secrets: The laptop's file of each secret.
    """

    base: Model
    app: Model
    services: Mapping[str, tuple[str, ...]]
    networks: Mapping[str, Model]
    volumes: Mapping[str, Model]
    files: Mapping[str, str]
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
    _check_app(services, tiers[APP])
    secrets = {name: _secret_file(name, secret or {}) for name, secret in (merged.get("secrets") or {}).items()}
    lasting = (*tiers[EDGE], *tiers[DATA])
    passing = (*tiers[APP], *tiers[JOB])
    mover, folder = Mover(sources), layout.release(release)

    def moved(name: str, place: str, dependencies: Iterable[str]) -> Model:
        return _moved(services[name], images[name], dependencies, mover.mounts(name, services[name], place))

    base = {name: moved(name, layout.base, lasting) for name in lasting}
    app = {name: moved(name, folder, tiers[APP]) for name in passing}
    for name, service in base.items():
        service["labels"] = {**_labels(services[name]), STACK_LABEL: layout.stack}
    for name, service in app.items():
        service["labels"] = {**_labels(services[name]), STACK_LABEL: layout.stack, RELEASE_LABEL: release}
        service["networks"] = _aliased(services[name], f"{name}-{release}")
    mine = [name for name in _networks(app) if name not in _networks(base) and is_own(merged, NETWORKS, name)]
    shared = [name for name in _networks({**base, **app}) if name not in mine]
    return Projects(
        base={
            "name": layout.base_project,
            "services": base,
            "networks": there(merged, NETWORKS, _networks(base), layout),
            "volumes": there(merged, VOLUMES, _volumes(base), layout),
            "secrets": _secrets(base, layout.base),
        },
        app={
            "name": layout.project(release),
            "services": app,
            "networks": {
                **there(merged, NETWORKS, (name for name in _networks(app) if name in shared), layout),
                **{name: _unnamed(options_of(merged, NETWORKS, name)) for name in mine},
            },
            "volumes": there(merged, VOLUMES, _volumes(app), layout),
            "secrets": _secrets(app, folder),
        },
        services=tiers,
        networks=wanted(merged, NETWORKS, shared, layout),
        volumes=wanted(merged, VOLUMES, _volumes({**base, **app}), layout),
        files=mover.files,
        outside=mover.outside,
        secrets=secrets,
    )


def _moved(service: Model, image: str, dependencies: Iterable[str], mounts: list[Model]) -> Model:
    """*service* as it runs on the host; it waits only for *dependencies*."""
    made = {key: value for key, value in service.items() if key not in ("build", "depends_on", "profiles")}
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


def _check_app(services: Model, names: Iterable[str]) -> None:
    for name in names:
        for key, why in ALONE.items():
            if services[name].get(key):
                raise SplitError(f"services.{name}.{key}: {why}; remove it for production")


def _secret_file(name: str, secret: Model) -> str:
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


def _secrets(services: Model, folder: str) -> Model:
    secrets = {secret["source"] for service in services.values() for secret in service.get("secrets") or ()}
    return {name: {"file": f"{folder}/secrets/{name}"} for name in sorted(secrets)}
