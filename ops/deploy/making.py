"""Makes a release on the laptop: the models, the files, the secrets, and what the agent is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ... import __version__
from ..agent.assets import Assets, assets_data
from ..agent.bundle import FILE, VERSION
from ..agent.database import NAME, Migrations, migrations_data
from ..compose import image_of, model
from ..errors import SettingsError
from ..migrations import lineage_in
from ..secret_files import secret_text
from ..stack import Stack
from .fitting import nginx_of, projects_of
from .layout import Layout
from .public import public
from .split import APP, DATA, TIER, Projects
from .upload import Upload

READABLE = 0o444
MARGIN_S = 10.0
"""By how much longer than nginx's own worker_shutdown_timeout a drain waits."""


@dataclass(frozen=True)
class Release:
    """
    A release as it travels.

    Attributes:
        projects: Its two models.
        files: The files of its folder on the host.
        base: The files of the base's folder on the host.
        images: The image of each service here, by service.
        named: The image here that gets a name of the release's own on the host, by that name.
    """

    name: str
    layout: Layout
    projects: Projects
    files: tuple[Upload, ...]
    base: tuple[Upload, ...]
    images: Mapping[str, str]
    named: Mapping[str, str]


def make_release(
    stack: Stack,
    name: str,
    layout: Layout,
    ids: Mapping[str, str],
    assets: Callable[[Mapping[str, Any]], Assets | None] = lambda _: None,
) -> Release:
    """
    Release *name* of *stack*, whose images are built.

    Args:
        ids: The id of each image, by reference.
        assets: Lists its hashed assets; takes the merged model.

    Raises:
        SettingsError: the stack cannot be deployed; the message names the place.
    """
    merged = tiered(stack)
    images = {service: str(value["image"]) for service, value in merged["services"].items()}
    projects = projects_of(stack, merged, name, layout)
    own = {service: str(value["image"]) for service, value in projects.app["services"].items()}
    secrets = {
        secret: secret_text(stack.settings.secrets, secret, Path(path), stack.values)
        for secret, path in projects.secrets.items()
    }
    nginx = nginx_of(stack, merged, name)
    open_ = (
        Upload("compose.yaml", as_json(projects.app), 0o640),
        *(Upload(f"nginx/{path}", text) for path, text in nginx.items()),
        *_mounted(projects, layout.release(name)),
    )
    there = {known: ids[images[service]] for service, known in (images | own).items() if images[service] in ids}
    manifest = _manifest(stack, name, projects, there) | {"assets": assets_data(assets(merged))}
    return Release(
        name=name,
        layout=layout,
        projects=projects,
        files=(
            Upload(FILE, as_json(manifest | {"files": _digests(open_)}), 0o640),
            *open_,
            *(Upload(f"secrets/{each}", secrets[each], READABLE) for each in projects.app["secrets"]),
        ),
        base=(
            Upload("compose.yaml", as_json(projects.base), 0o640),
            *_mounted(projects, layout.base),
            *(Upload(f"secrets/{each}", secrets[each], READABLE) for each in projects.base["secrets"]),
        ),
        images=images,
        named={known: images[service] for service, known in own.items() if known != images[service]},
    )


def tiered(stack: Stack) -> dict[str, Any]:
    """
    The merged model with each service's image, and its tier, which Compose leaves out of its JSON, not of its YAML.

    Raises:
        SettingsError: with Compose's own words where a file or a variable is wrong.
    """
    from ...lint.data import load_yaml  # noqa: PLC0415 - 30 ms that other tasks do not need

    merged = model(stack.host, stack.project)
    told = stack.host.run(stack.project.command("config"), timeout_s=60)
    services = load_yaml(told.out, "docker compose config").get("services", {}) if told.ok else {}
    for service, value in merged["services"].items():
        value[TIER] = services.get(service, {}).get(TIER, "")
        value["image"] = image_of(merged, service)
    return merged


def _manifest(stack: Stack, name: str, projects: Projects, ids: Mapping[str, str]) -> dict[str, Any]:
    settings = stack.settings
    deploy = settings.deploy
    smoke = [stack.filled(address) for address in deploy.smoke]
    nginx = projects.base["services"].get(settings.edge.service if settings.edge else "", {})
    return {
        "version": VERSION,
        "stack": settings.name,
        "name": name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "tool": __version__,
        "revision": stack.project.environment.get("GIT_REVISION", ""),
        "services": {tier: list(names) for tier, names in projects.services.items()},
        "networks": projects.networks,
        "volumes": projects.volumes,
        "images": dict(ids),
        "migrations": migrations_data(migrations_in(stack, projects.services[DATA])),
        "secrets": sorted(projects.app["secrets"]),
        "edge": settings.edge.service if settings.edge else "",
        "mount": settings.edge.mount if settings.edge else "",
        "probes": [*probes_of(stack, projects.services[APP], name)],
        "smoke": smoke,
        **public(stack, smoke, nginx),
        "drain_s": deploy.drain_s + MARGIN_S,
        "watch_s": deploy.watch_s,
    }


def migrations_in(stack: Stack, services: Iterable[str]) -> Migrations | None:
    """
    The migrations of *stack*, whose database is one of *services*; None where its settings tell of none.

    Raises:
        SettingsError: the settings name what is not there.
    """
    told = stack.settings.deploy.migrations
    if told is None:
        return None
    database = stack.filled(told.database)
    if not NAME.fullmatch(database):
        raise SettingsError(f"fairlead.yaml: deploy.migrations.database: {database!r}: no name of a database")
    if told.service not in services:
        raise SettingsError(
            f"fairlead.yaml: deploy.migrations.service: {told.service}: no service of tier data; "
            f"there are {', '.join(services) or 'none'}"
        )
    lineage = lineage_in(told.folder)
    return Migrations(lineage, told.service, database, told.user, told.password_file, told.dump)


def probes_of(stack: Stack, services: Iterable[str], release: str) -> Iterator[str]:
    """What the doctor asks inside the stack, at this very release's containers."""
    for address in (stack.settings.doctor.health, stack.settings.doctor.ready):
        for service in services:
            start = f"http://{service}"
            if address.startswith((f"{start}:", f"{start}/")):
                yield f"{start}-{release}{address.removeprefix(start)}"


def _mounted(projects: Projects, folder: str) -> Iterator[Upload]:
    """What the services of the project in *folder* mount and have as configs."""
    begins = f"{folder}/"
    for place, text in projects.texts.items():
        if place.startswith(begins):
            yield Upload(place.removeprefix(begins), text)
    for place, source in projects.files.items():
        if place.startswith(begins):
            yield from _uploads(Path(source), place.removeprefix(begins))


def _uploads(path: Path, below: str) -> Iterator[Upload]:
    """The files at *path*; of an empty folder one that keeps it, since no engine mounts what is not there."""
    files = [each for each in (sorted(path.rglob("*")) if path.is_dir() else [path]) if each.is_file()]
    for each in files:
        name = below if each == path else f"{below}/{each.relative_to(path)}"
        yield Upload(name, each.read_bytes(), 0o755 if each.stat().st_mode & 0o100 else 0o644)
    if path.is_dir() and not files:
        yield Upload(f"{below}/.keep", "")


def _digests(files: Iterable[Upload]) -> dict[str, str]:
    return {file.path: hashlib.sha256(file.data).hexdigest() for file in files}


def as_json(data: Any) -> str:
    """The text of a file that a release has as JSON."""
    return json.dumps(data, indent=1, sort_keys=True) + "\n"
