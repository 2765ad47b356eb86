"""What a Compose project promises: each value of the merged model, and the variables that it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..compose import Project, Service, load_project
from ..files import Files
from .statement import Statement

SERVICE, STACK = "service", "stack"
UNNUMBERED = frozenset(
    {"ports", "volumes", "secrets", "configs", "tmpfs", "cap_drop", "cap_add", "security_opt", "dns"}
    | {"expose", "group_add", "devices", "profiles", "extra_hosts", "links", "external_links", "build.tags"}
)
"""Lists whose order means nothing: their entries are named by what they hold."""

LOOPBACK = ("127.", "::1", "localhost")


def statements(project: Project) -> Iterator[Statement]:
    """Every statement of *project*, whatever the env file of this machine holds."""
    model = _without_env_file(project).canonical(profiles=("*",))
    for name, service in model["services"].items():
        yield Statement(SERVICE, name, "", "is there")
        for key, value in service.items():
            yield from _of_value(SERVICE, name, key, value)
        if name in project.services:
            yield from _beyond_the_model(name, project.services[name])
    for kind in ("networks", "volumes", "secrets", "configs"):
        for name, value in model.get(kind, {}).items():
            yield Statement(STACK, f"{kind[:-1]} {name}", "", "is there")
            yield from _of_value(STACK, f"{kind[:-1]} {name}", "", value)
    yield from _of_variables(project)


def _beyond_the_model(name: str, service: Service) -> Iterator[Statement]:
    """What Compose itself forgets: the tier, and the names of the env files whose variables it takes in."""
    tier = service.data("x-fairlead-tier")
    if tier is not None:
        yield Statement(SERVICE, name, "tier", str(tier))
    for reference in service.env_files:
        yield Statement(SERVICE, name, f"env_file {reference.path}", "is there")


def _without_env_file(project: Project) -> Project:
    """The project as its files alone make it: a variable without a default stands for itself."""
    required = {use.name: f"${{{use.name}}}" for use in project.uses if not use.variable.has_default}
    texts = {path: text for path, text in project.files.items() if not path.endswith(".env")}
    return load_project(project.paths, Files(texts, only_overlay=True), required, validate=False)


def _of_variables(project: Project) -> Iterator[Statement]:
    for name in sorted({use.name for use in project.uses}):
        operators = {use.variable.operator for use in project.uses if use.name == name}
        needed = any(operator.endswith("?") for operator in operators)
        yield Statement(STACK, f"variable {name}", "", "required" if needed else "optional")


def _of_value(part: str, subject: str, aspect: str, value: Any) -> Iterator[Statement]:
    if isinstance(value, dict):
        if not value and aspect:
            yield Statement(part, subject, aspect, "")
        for key, inner in value.items():
            if aspect == "networks" and part == SERVICE:
                yield Statement(part, subject, f"network {key}", "is there")
            yield from _of_value(part, subject, f"{aspect}.{key}".strip("."), inner)
    elif aspect == "ports" and isinstance(value, list):
        yield from _of_ports(part, subject, value)
    elif isinstance(value, list) and aspect in UNNUMBERED:
        for entry in value:
            yield _of_entry(part, subject, aspect, entry)
    elif value == [] and aspect in ("command", "entrypoint"):
        yield Statement(part, subject, aspect, "none, not even that of the image")
    elif value is None and aspect.startswith("environment."):
        yield Statement(part, subject, aspect, "that of whoever starts it")
    elif value is not None and value is not False and value != []:
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield Statement(part, subject, aspect, text)


def _of_ports(part: str, subject: str, ports: list[Any]) -> Iterator[Statement]:
    """Where each port of the container is published, all places in one value."""
    found: dict[str, list[tuple[bool, str]]] = {}
    for entry in ports:
        is_local = str(entry.get("host_ip", "")).startswith(LOOPBACK)
        where = f"{entry.get('host_ip', '')}:{entry.get('published', '')}".strip(":")
        key = f"port {entry.get('target')}/{entry.get('protocol', 'tcp')}"
        found.setdefault(key, []).append((is_local, where))
    for key, places in found.items():
        reach = "local" if all(is_local for is_local, _ in places) else "public"
        yield Statement(part, subject, key, f"{reach} {' and '.join(sorted(where for _, where in places))}".strip())


def _of_entry(part: str, subject: str, aspect: str, entry: Any) -> Statement:
    if not isinstance(entry, dict):
        return Statement(part, subject, f"{aspect} {entry}", "is there")
    name = entry.get("target") or entry.get("source")
    rest = ", ".join(f"{key} {value}" for key, value in sorted(entry.items()) if key != "target" and value != {})
    return Statement(part, subject, f"{aspect[:-1]} {name}", rest)
