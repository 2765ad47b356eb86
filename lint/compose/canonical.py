"""
The model in the shape of ``docker compose config --format json``.

What Compose adds is added: default networks, names, protocols, absolute paths, values of env files. Services whose
profiles are not active, resources that no service uses, and extensions below the top are left out.
Port ranges are taken apart.

Source: normalize.go, defaults.go and project.go of compose-go.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Lookup
from typing import TYPE_CHECKING, Any

from ..regex import regex
from .canonical_fields import written
from .canonical_service import PORT, Paths
from .nodes import Mapping, Scalar
from .parts import PortRange

if TYPE_CHECKING:
    from .project import Project
    from .service import Service

_NOT_IN_NAMES = regex(r"[^a-z0-9_-]")
_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")


def canonical(project: Project, name: str, root: str, profiles: Iterable[str] = ()) -> dict[str, Any]:
    """
    What Compose prints for *project*, if it has no problems.

    Args:
        name: The project's name where no file gives one.
        root: The absolute folder that stands for the current one.
        profiles: Those that are active; ``*`` for all.
    """
    paths = Paths(root)
    active = {*profiles, *project.environment.get("COMPOSE_PROFILES", "").split(",")}
    services = {
        each.name: _service(each, paths)
        for each in project.services.values()
        if not each.profiles or "*" in active or active.intersection(map(str, each.profiles))
    }
    given = project.environment.get("COMPOSE_PROJECT_NAME")
    model: dict[str, Any] = {"name": given or _own_name(project) or name, "services": services}
    used = _used(services)
    for kind, fields in paths.top().items():
        section = project.tree.children.get(kind)
        present = dict(section.children) if isinstance(section, Mapping) else {}
        names = [each for each in present if each in used[kind]]
        if kind == "networks" and "default" in used[kind] and "default" not in present:
            names.append("default")
        resources = {each: _resource(each, written(present.get(each), fields), model["name"], kind) for each in names}
        if resources:
            model[kind] = resources
    model.update({key: value.data for key, value in project.value.items() if key.startswith("x-")})
    return model


def _own_name(project: Project) -> str:
    given = project.get("name")
    return "" if given is None else _NOT_IN_NAMES.sub("", str(given.data).lower()).lstrip("_-")


def _service(service: Service, paths: Paths) -> dict[str, Any]:
    result = {"command": None, "entrypoint": None, **written(service.node, paths.service())}
    if result.get("pull_policy") == "if_not_present":
        result["pull_policy"] = "missing"
    environment = {name: each.value for name, each in service.environment.items()}
    result.pop("environment", None)
    if environment:
        result["environment"] = environment
    _complete_build(service, result, paths)
    _complete_mounts(service, result)
    depends_on = {**result.get("depends_on", {}), **_implied(result, result.get("depends_on", {}))}
    if depends_on:
        result["depends_on"] = depends_on
    if "network_mode" not in result and not result.get("networks"):
        result["networks"] = {"default": None}
    return result


def _complete_build(service: Service, result: dict[str, Any], paths: Paths) -> None:
    build = result.get("build")
    if build is None or service.build is None:
        if service.get("build") is not None and isinstance(service.node.children["build"], Mapping):
            build = result["build"] = {}
        else:
            return
    build.setdefault("context", paths.path(Scalar(service.node.source, 0, 0, ".", ".")))
    if "dockerfile_inline" not in build:
        build.setdefault("dockerfile", "Dockerfile")
    environment = service.project.environment
    args = {
        name: environment.get(name) if value is None else value
        for name, value in build.pop("args", {}).items()
        if value is not None or name in environment
    }
    if args:
        build["args"] = args


def _complete_mounts(service: Service, result: dict[str, Any]) -> None:
    for secret in result.get("secrets", ()):
        secret.setdefault("target", f"/run/secrets/{secret.get('source')}")
    if service.ports:
        ports = {_port_key(port): port for each in _ports(service) for port in each}
        result["ports"] = list(ports.values())
    for request in result.get("gpus", ()):
        if "count" not in request and "device_ids" not in request:
            request["count"] = -1
    reservations = result.get("deploy", {}).get("resources", {}).get("reservations", {})
    for request in reservations.get("devices", ()):
        if "count" not in request and "device_ids" not in request:
            request["count"] = -1


def _ports(service: Service) -> Iterable[list[dict[str, Any]]]:
    for port in service.ports:
        entry = written(port.value.node, PORT)
        entry.setdefault("protocol", "tcp")
        entry.setdefault("mode", "ingress")
        if not port.is_short or not isinstance(port.target, PortRange):
            yield [entry]
        else:
            yield _expanded(entry, port.target, port.published)


def _expanded(entry: dict[str, Any], target: PortRange, published: object) -> list[dict[str, Any]]:
    """One entry for each port of a short range, in the order in which Compose sorts them: as texts."""
    if len(target) == 1:
        shown = {"published": str(published)} if isinstance(published, PortRange) else {}
        return [{**entry, "target": target.first, **shown}]
    result = []
    for port in sorted(range(target.first, target.last + 1), key=lambda port: f"{port}/{entry['protocol']}"):
        expanded = {**entry, "target": port}
        if isinstance(published, PortRange):
            expanded["published"] = str(published.first + port - target.first)
        result.append(expanded)
    return result


def _port_key(port: dict[str, Any]) -> tuple[Any, ...]:
    return port.get("host_ip", "0.0.0.0"), port.get("published"), port.get("target"), port.get("protocol")  # noqa: S104


def _implied(result: Lookup[str, Any], depends_on: Lookup[str, Any]) -> dict[str, Any]:
    """What links, shared namespaces and ``volumes_from`` make a service depend on."""
    started = {"condition": "service_started", "required": True}
    found: dict[str, Any] = {}
    for link in result.get("links", ()):
        parts = link.split(":")
        found.setdefault(parts[0] if len(parts) == 2 else link, {**started, "restart": True})  # noqa: PLR2004
    for key in _NAMESPACES:
        mode = str(result.get(key, ""))
        if mode.startswith("service:"):
            found.setdefault(mode.removeprefix("service:"), {**started, "restart": True})
    for source in result.get("volumes_from", ()):
        if not source.startswith("container:"):
            found.setdefault(source.partition(":")[0], dict(started))
    return {name: entry for name, entry in found.items() if name not in depends_on}


def _used(services: Lookup[str, Any]) -> dict[str, set[str]]:
    used: dict[str, set[str]] = {kind: set() for kind in ("networks", "volumes", "secrets", "configs")}
    for service in services.values():
        used["networks"].update(service.get("networks", ()))
        used["volumes"].update(m.get("source", "") for m in service.get("volumes", ()) if m.get("type") == "volume")
        used["configs"].update(each.get("source", "") for each in service.get("configs", ()))
        mounts = [*service.get("secrets", ()), *service.get("build", {}).get("secrets", ())]
        used["secrets"].update(each.get("source", "") for each in mounts)
    return used


def _resource(key: str, fields: dict[str, Any], project: str, kind: str) -> dict[str, Any]:
    if "name" not in fields:
        fields["name"] = key if fields.get("external") else f"{project}_{key}"
    if kind == "networks":
        fields.setdefault("ipam", {})
    if kind == "configs" and "environment" in fields:
        fields.pop("content", None)
    return fields
