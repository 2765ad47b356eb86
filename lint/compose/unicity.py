"""
Lists in which a later entry replaces an earlier one with the same key.

Source: compose-go, override/uncity.go.
"""

from __future__ import annotations

from collections.abc import Callable

from .nodes import Mapping, Node, Scalar, Sequence
from .scalars import spelled
from .short import volume_target
from .tables import Change, Table, changed

Key = Callable[[Node], str | None]
"""The key of an entry; None where it has none and is kept."""


def unique(tree: Node) -> Node:
    """*tree* with each list that has keys cut to the last entry of each key, at the place of the first."""
    return changed(tree, _MODEL)


def _by(key: Key) -> Change:
    def cut(node: Node) -> Node:
        if not isinstance(node, Sequence):
            return node
        found: dict[str, Node] = {}
        for index, item in enumerate(node.items):
            name = key(item)
            found[f"\0{index}" if name is None else name] = item
        return node if len(found) == len(node.items) else node.made(list(found.values()))

    return cut


def _name(node: Node) -> str | None:
    """What stands before ``=``, or the whole text."""
    return node.data.partition("=")[0] if isinstance(node, Scalar) and isinstance(node.data, str) else None


def _spelling(node: Node) -> str | None:
    return spelled(node.data) if isinstance(node, Scalar) else None


def _volume(node: Node) -> str | None:
    if isinstance(node, Mapping):
        return _child(node, "target")
    return volume_target(node.data) if isinstance(node, Scalar) and isinstance(node.data, str) else None


def _device(node: Node) -> str | None:
    if isinstance(node, Mapping):
        return _child(node, "target")
    if not isinstance(node, Scalar) or not isinstance(node.data, str):
        return None
    parts = node.data.split(":")
    return parts[1] if len(parts) > 1 else parts[0]


def _mounted(folder: str) -> Key:
    def key(node: Node) -> str | None:
        if isinstance(node, Mapping):
            return _child(node, "target") or f"{folder}/{_child(node, 'source')}"
        return f"{folder}/{node.data}" if isinstance(node, Scalar) else None

    return key


def _env_file(node: Node) -> str | None:
    return _child(node, "path") if isinstance(node, Mapping) else _spelling(node)


def _port(node: Node) -> str | None:
    if not isinstance(node, Mapping):
        return _spelling(node)
    published = node.children.get("published")
    kind = type(published.data).__name__ if isinstance(published, Scalar) else ""
    host, protocol = _child(node, "host_ip") or "0.0.0.0", _child(node, "protocol") or "tcp"  # noqa: S104 - compared, not bound
    return f"{host}:{kind}{_child(node, 'published')}:{_child(node, 'target')}/{protocol}"


def _child(node: Mapping, name: str) -> str | None:
    child = node.children.get(name)
    return spelled(child.data) if isinstance(child, Scalar) else None


_pairs = _by(_name)
_MODEL: Table = {
    "networks": {"*": {"labels": _pairs, "ipam": {"options": _pairs}}},
    "services": {
        "*": {
            **dict.fromkeys(("annotations", "cap_add", "cap_drop", "dns", "dns_opt", "dns_search"), _pairs),
            **dict.fromkeys(("environment", "labels", "links", "profiles", "sysctls", "tmpfs"), _pairs),
            "build": dict.fromkeys(("args", "additional_contexts", "tags", "labels"), _pairs),
            "configs": _by(_mounted("")),
            "deploy": {"labels": _pairs},
            "devices": _by(_device),
            "env_file": _by(_env_file),
            "expose": _by(_spelling),
            "networks": {"*": {"aliases": _pairs, "link_local_ips": _pairs}},
            "ports": _by(_port),
            "secrets": _by(_mounted("/run/secrets")),
            "volumes": _by(_volume),
        }
    },
}
