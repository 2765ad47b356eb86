"""
Short forms to long ones, so that everything after reads one form only.

Source: compose-go, package transform.
"""

from __future__ import annotations

from . import short
from .nodes import UNKNOWN, Mapping, Node, Plain, Scalar, Sequence
from .pairs import as_mapping
from .problem import Problem, error
from .tables import Change, Table, changed


class LongForm:
    """Rewrites trees; a short form that Compose refuses stays as it is and is told in *problems*."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        file_mounts: Table = {"[]": _named("source")}
        build: Table = {"additional_contexts": _key_values, "secrets": file_mounts, "ssh": _key_values}
        service: Table = {
            "build": lambda node: changed(_named("context")(node), build),
            "configs": file_mounts,
            "depends_on": _depends_on,
            "devices": {"[]": self._device},
            "dns": _without_blanks,
            "env_file": _env_files,
            "extends": _named("service"),
            "gpus": _gpus,
            "label_file": _listed,
            "networks": _networks,
            "ports": self._ports,
            "secrets": file_mounts,
            "volumes": {"[]": self._volume},
        }
        external: Table = {"*": _external}
        self._table: Table = {
            "services": {"*": service},
            **dict.fromkeys(("networks", "volumes", "secrets", "configs"), external),
        }

    def of(self, tree: Node) -> Node:
        """*tree* with every short form written long."""
        return changed(tree, self._table)

    def _ports(self, node: Node) -> Node:
        if not isinstance(node, Sequence):
            return node
        return node.made([self._port(item) for item in node.items])

    def _port(self, node: Node) -> Node:
        if not isinstance(node, Scalar) or isinstance(node.data, bool) or not isinstance(node.data, int | str):
            return node
        if node.data == UNKNOWN:
            parts = short.ShortPort("", UNKNOWN, UNKNOWN, UNKNOWN)
        else:
            try:
                parts = short.port(str(node.data))
            except short.ShortFormError as fault:
                self._refuse("port", node, fault)
                return node
        target: Plain = int(parts.target) if parts.target.isdigit() else parts.target
        return _made(
            node,
            {
                "mode": "ingress",
                "host_ip": parts.host_ip,
                "target": target,
                "published": parts.published,
                "protocol": parts.protocol,
            },
        )

    def _volume(self, node: Node) -> Node:
        if not isinstance(node, Scalar) or not isinstance(node.data, str):
            return node
        if node.data == UNKNOWN:
            return _made(node, {"type": UNKNOWN, "source": UNKNOWN, "target": UNKNOWN})
        try:
            parts = short.volume(node.data)
        except short.ShortFormError as fault:
            self._refuse("volume", node, fault)
            return node
        mapping = _made(node, {"type": parts.kind, "source": parts.source, "target": parts.target})
        _put_options(node, mapping, parts)
        return mapping

    def _device(self, node: Node) -> Node:
        if not isinstance(node, Scalar) or not isinstance(node.data, str):
            return node
        try:
            source, target, permissions = short.device(node.data)
        except short.ShortFormError as fault:
            self._refuse("device", node, fault)
            return node
        return _made(node, {"source": source, "target": target, "permissions": permissions})

    def _refuse(self, what: str, node: Scalar, fault: short.ShortFormError) -> None:
        """A problem that shows no value of a variable, since that may be a secret."""
        is_written = str(node.data) == node.text
        message = str(fault) if is_written else f'"{node.text}" is no {what} once its variables are filled in'
        self.problems.append(error("wrong-value", node.place, message))


def _put_options(node: Scalar, mapping: Mapping, parts: short.ShortVolume) -> None:
    """``ro`` and its kind, ``nocopy``, and what concerns binds; unknown options are dropped, as Compose drops them."""
    access = [option for option in parts.options if option in ("ro", "rw")]
    if access and access[-1] == "ro":
        mapping.put(node.made("read_only"), node.made(True), "read_only")
    bind: dict[str, Plain] = {}
    for option in parts.options:
        if option in short.PROPAGATIONS:
            bind["propagation"] = option
        elif option in ("z", "Z"):
            bind["selinux"] = option
    if parts.kind == "bind":
        bind["create_host_path"] = True
    if bind:
        mapping.put(node.made("bind"), _made(node, bind), "bind")
    if parts.kind == "volume" or "nocopy" in parts.options:
        nocopy: dict[str, Plain] = {"nocopy": True} if "nocopy" in parts.options else {}
        mapping.put(node.made("volume"), _made(node, nocopy), "volume")


def _made(node: Scalar, values: dict[str, Plain]) -> Mapping:
    """A mapping of the parts of *node*, without the blank ones, all at its place."""
    mapping = Mapping(node.source, node.start, node.end)
    for key, value in values.items():
        if value != "":
            mapping.put(node.made(key, node), node.made(value, node), key)
    return mapping


def _named(name: str) -> Change:
    def change(node: Node) -> Node:
        if not isinstance(node, Scalar) or not isinstance(node.data, str):
            return node
        mapping = Mapping(node.source, node.start, node.end)
        mapping.put(node.made(name), node, name)
        return mapping

    return change


def _depends_on(node: Node) -> Node:
    default: dict[str, str | bool] = {"condition": "service_started", "required": True}
    if not isinstance(node, Mapping):
        return as_mapping(node, default) if isinstance(node, Sequence) else node
    copy = node.copy()
    for name, child in node.children.items():
        if isinstance(child, Mapping):
            copy.children[name] = _with_defaults(child, node.keys[name], default)
    return copy


def _with_defaults(node: Mapping, key: Scalar, default: dict[str, str | bool]) -> Mapping:
    missing = {name: value for name, value in default.items() if name not in node.children}
    if not missing:
        return node
    copy = node.copy()
    for name, value in missing.items():
        copy.put(key.made(name), key.made(value), name)
    return copy


def _env_files(node: Node) -> Node:
    if isinstance(node, Mapping) or (isinstance(node, Scalar) and not isinstance(node.data, str)):
        return node
    items = node.items if isinstance(node, Sequence) else [node]
    return Sequence(node.source, node.start, node.end, [_env_file(item) for item in items])


def _env_file(node: Node) -> Node:
    if isinstance(node, Scalar) and isinstance(node.data, str):
        mapping = Mapping(node.source, node.start, node.end)
        mapping.put(node.made("path"), node, "path")
        mapping.put(node.made("required"), node.made(True), "required")
        return mapping
    if isinstance(node, Mapping) and "path" in node.keys:
        return _with_defaults(node, node.keys["path"], {"required": True})
    return node


def _listed(node: Node) -> Node:
    if isinstance(node, Scalar) and isinstance(node.data, str):
        return Sequence(node.source, node.start, node.end, [node])
    return node


def _without_blanks(node: Node) -> Node:
    listed = _listed(node)
    if not isinstance(listed, Sequence):
        return listed
    kept = [item for item in listed.items if not isinstance(item, Scalar) or item.data not in ("", None)]
    return listed if len(kept) == len(listed.items) else listed.made(kept)


def _networks(node: Node) -> Node:
    return as_mapping(node, None) if isinstance(node, Sequence) else node


def _gpus(node: Node) -> Node:
    if not isinstance(node, Scalar) or not isinstance(node.data, str):
        return node
    return Sequence(node.source, node.start, node.end, [_made(node, {"count": "all"})])


def _key_values(node: Node) -> Node:
    """A list of ``KEY=VALUE`` as a mapping; a key alone gets null."""
    if not isinstance(node, Sequence):
        return node
    mapping = Mapping(node.source, node.start, node.end)
    for item in node.items:
        if isinstance(item, Scalar) and isinstance(item.data, str):
            name, equals, value = item.data.partition("=")
            mapping.put(item.made(name), item.made(value if equals else None, item), name)
    return mapping


def _external(node: Node) -> Node:
    """``external: {name: x}`` to ``external: true`` and ``name: x``."""
    if not isinstance(node, Mapping):
        return node
    external = node.children.get("external")
    if not isinstance(external, Mapping):
        return node
    copy = node.copy()
    copy.children["external"] = node.keys["external"].made(True)
    if "name" in external.children and "name" not in node.children:
        copy.put(external.keys["name"], external.children["name"], "name")
    return copy
