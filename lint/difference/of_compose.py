"""What a Compose project promises: each value of the merged model, and the variables that it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..compose import Project, load_project
from ..files import Files
from .statement import Statement

SERVICE, STACK = "service", "stack"
UNNUMBERED = frozenset(
    {"ports", "volumes", "secrets", "configs", "tmpfs", "cap_drop", "cap_add", "security_opt", "dns"}
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
    for kind in ("networks", "volumes", "secrets", "configs"):
        for name, value in model.get(kind, {}).items():
            yield Statement(STACK, f"{kind[:-1]} {name}", "", "is there")
            yield from _of_value(STACK, f"{kind[:-1]} {name}", "", value)
    yield from _of_variables(project)


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
            yield from _of_value(part, subject, f"{aspect}.{key}".strip("."), inner)
    elif isinstance(value, list) and aspect in UNNUMBERED:
        for entry in value:
            yield _of_entry(part, subject, aspect, entry)
    elif value not in (None, [], False):
        text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield Statement(part, subject, aspect, text)


def _of_entry(part: str, subject: str, aspect: str, entry: Any) -> Statement:
    if not isinstance(entry, dict):
        return Statement(part, subject, f"{aspect} {entry}", "is there")
    if aspect == "ports":
        reach = "this machine" if str(entry.get("host_ip", "")).startswith(LOOPBACK) else "public"
        where = f"{entry.get('host_ip', '')}:{entry.get('published', '')}".strip(":")
        return Statement(
            part, subject, f"port {entry.get('target')}/{entry.get('protocol', 'tcp')}", f"{reach} {where}"
        )
    name = entry.get("target") or entry.get("source")
    rest = ", ".join(f"{key} {value}" for key, value in sorted(entry.items()) if key != "target")
    return Statement(part, subject, f"{aspect[:-1]} {name}", rest)
