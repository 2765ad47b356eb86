"""
What ``docker stack deploy`` refuses below the keys it takes: options it does not know, values of another type.

Tried with ``docker stack config`` of Docker 28.2.2 on 2026-11-23; tests/system/test_swarm_rules.py tries it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Lookup

from ...compose import Project
from ...compose.nodes import Mapping, Node, Scalar, Sequence
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule

_TYPES = "https://github.com/docker/cli/tree/master/cli/compose/schema/data"

_TEXT, _WHOLE, _NUMBER, _TRUTH, _NO_TRUTH = (
    "a text in quotes",
    "a whole number",
    "a number",
    "true or false",
    "in quotes",
)
_ALLOWED = {
    _TEXT: ("text", "null"),
    _WHOLE: ("whole", "null"),
    _NUMBER: ("whole", "real", "null"),
    _TRUTH: ("truth", "null"),
    _NO_TRUTH: ("text", "whole", "real", "null"),
}
Table = Lookup[str, object]
_RESOURCE: Table = {"cpus": _TEXT, "memory": _TEXT}
_ROLLOUT: Table = {"parallelism": _WHOLE, "delay": _TEXT, "monitor": _TEXT, "max_failure_ratio": _NUMBER}
_FILE: Table = {"[]": {"mode": _NUMBER}}
_PAIRS: Table = {"*": _NO_TRUTH}
_VALUES: Table = {
    "command": {"[]": _TEXT},
    "deploy": {
        "labels": _PAIRS,
        "replicas": _WHOLE,
        "resources": {"limits": {**_RESOURCE, "pids": _WHOLE}, "reservations": _RESOURCE},
        "restart_policy": {"delay": _TEXT, "window": _TEXT, "max_attempts": _WHOLE},
        "rollback_config": _ROLLOUT,
        "update_config": _ROLLOUT,
    },
    "entrypoint": {"[]": _TEXT},
    "environment": _PAIRS,
    "healthcheck": {
        **dict.fromkeys(("interval", "timeout", "start_period", "start_interval"), _TEXT),
        "retries": _NUMBER,
        "disable": _TRUTH,
    },
    "init": _TRUTH,
    "labels": _PAIRS,
    "logging": {"options": _PAIRS},
    "ports": {"[]": {"target": _WHOLE, "published": _WHOLE}},
    "read_only": _TRUTH,
    "configs": _FILE,
    "secrets": _FILE,
    "stdin_open": _TRUTH,
    "stop_grace_period": _TEXT,
    "sysctls": _PAIRS,
    "tty": _TRUTH,
    "ulimits": {"*": {"soft": _WHOLE, "hard": _WHOLE, "": _WHOLE}},
    "volumes": {"[]": {"read_only": _TRUTH, "tmpfs": {"size": _WHOLE}}},
}
_KEYS = {
    "networks.*": ("aliases", "ipv4_address", "ipv6_address", "driver_opts"),
    "deploy.resources.limits": ("cpus", "memory", "pids"),
    "deploy.resources.reservations": ("cpus", "memory", "generic_resources"),
}
"""All that may stand there."""

_TOP_KEYS = {
    "networks.*": ("name", "driver", "driver_opts", "ipam", "external", "internal", "attachable", "labels"),
    "networks.*.ipam": ("driver", "config"),
    "networks.*.ipam.config.[]": ("subnet",),
}


@rule(
    "compose/form-refused-by-swarm",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DEBUG: false  # <-
            hostname: ${NAME:+app}  # <-
            healthcheck: {test: [CMD, "true"], retries: "3"}  # <-
            networks:
              front: {priority: 5}  # <-
            ports:
              - {target: 80, published: "8080"}  # <-
            deploy:
              resources:
                limits:
                  cpus: 0.5  # <-
                reservations:
                  devices: [{capabilities: [gpu]}]  # <-
        networks:
          front:
            driver: overlay
            ipam:
              config: [{subnet: 10.5.0.0/24, gateway: 10.5.0.1}]  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment: {DEBUG: "false", WORKERS: 4}
            hostname: ${NAME:-app}
            healthcheck: {test: [CMD, "true"], retries: 3, interval: 10s}
            networks: {front: {aliases: [api]}}
            ports: [{target: 80, published: 8080}]
            stop_grace_period: ${GRACE:-30s}
            deploy: {replicas: 2, resources: {limits: {cpus: "0.5", memory: 512m}}}
        networks:
          front: {driver: overlay, ipam: {config: [{subnet: 10.5.0.0/24}]}}
    """,
    source=_TYPES,
    preset="swarm",
    lacks=True,
)
def form_refused_by_swarm(project: Project) -> Iterator[Report]:
    """
    A value of a type that `docker stack deploy` does not take, or an option that it does not know.

    Where Compose makes a number of a text and a text of a number, the command holds to the schema of format 3: `cpus`
    is a text, a published port of the long form a number, and no variable of a container is `true`.
    """
    for layer in project.layers:
        services = layer.tree.children.get("services")
        for service in services.children.values() if isinstance(services, Mapping) else ():
            if isinstance(service, Mapping):
                yield from _wrong_values(service, _VALUES)
                yield from _wrong_keys(service, _KEYS)
        yield from _wrong_keys(layer.tree, _TOP_KEYS)
    for use in project.uses:
        if use.variable.operator in ("+", ":+"):
            yield (
                use.place,
                f'docker stack deploy does not know "${{{use.name}{use.variable.operator}...}}"; write it out',
            )


def _wrong_values(node: Node, table: object) -> Iterator[Report]:
    if isinstance(node, Scalar):
        wanted = table if isinstance(table, str) else table.get("") if isinstance(table, dict) else None
        if isinstance(wanted, str) and "$" not in node.text and _kind(node) not in _ALLOWED[wanted]:
            yield node.place, f'docker stack deploy refuses "{node.text}" here; write {_meant(node, wanted)}'
    elif isinstance(table, dict) and isinstance(node, Mapping):
        for name, child in node.children.items():
            below = table.get(name, table.get("*"))
            if below is not None and node.keys[name].source is child.source:
                yield from _wrong_values(child, below)
    elif isinstance(table, dict) and isinstance(node, Sequence):
        for item in node.items:
            yield from _wrong_values(item, table.get("[]"))


_WHOLE_TEXT = regex(r"[-+]?[0-9]+")
_REAL_TEXT = regex(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def _kind(node: Scalar) -> str:
    """What YAML makes of it, before Compose casts it."""
    if node.style or node.tag:
        return "text"
    if _WHOLE_TEXT.fullmatch(node.text):
        return "whole"
    if _REAL_TEXT.fullmatch(node.text):
        return "real"
    if node.text in ("true", "false", "True", "False", "TRUE", "FALSE"):
        return "truth"
    return "null" if node.text in ("", "~", "null", "Null", "NULL") else "text"


def _meant(node: Scalar, wanted: str) -> str:
    bare = node.text
    if wanted in (_TEXT, _NO_TRUTH):
        return f'"{bare}" in quotes' if not bare.isdigit() or wanted == _NO_TRUTH else f"{wanted}, with its unit"
    return f"{bare} without quotes" if re.fullmatch(r"\d+|true|false", bare) else wanted


def _wrong_keys(node: Node, allowed: Lookup[str, tuple[str, ...]]) -> Iterator[Report]:
    for path, names in allowed.items():
        for each in _below(node, path.split(".")):
            for name, key in each.keys.items():
                if name not in names and not name.startswith("x-"):
                    yield key.place, f'docker stack deploy refuses "{name}" here; take it out'


def _below(node: Node | None, path: list[str]) -> Iterator[Mapping]:
    """The maps at *path*."""
    if not path:
        if isinstance(node, Mapping):
            yield node
    elif path[0] == "[]":
        for item in node.items if isinstance(node, Sequence) else ():
            yield from _below(item, path[1:])
    elif isinstance(node, Mapping):
        children = node.children.values() if path[0] == "*" else (node.children.get(path[0]),)
        for child in children:
            yield from _below(child, path[1:])
