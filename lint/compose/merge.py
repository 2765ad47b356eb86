"""
Laying one tree over another as Compose does.

Source: compose-go, package override; tests/system/test_compose_config.py holds it to the real Compose.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Lookup
from typing import Union

from .nodes import Mapping, Node, Scalar, Sequence
from .pairs import as_mapping, as_sequence
from .problem import Problem, error

Special = Callable[["Merger", Node, Node], Node]
Specials = Lookup[str, Union[Special, "Specials"]]


class Merger:
    """Merges trees; what does not fit together is told in *problems*, and the base stays."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def model(self, base: Node, over: Node) -> Node:
        """*over* laid over *base*, both whole files."""
        return self.merged(base, over, MODEL)

    def service(self, base: Node, over: Node) -> Node:
        """*over* laid over *base*, both services, as ``extends`` does."""
        return self.merged(base, over, SERVICE)

    def merged(self, base: Node, over: Node, specials: Special | Specials | None = None) -> Node:
        """*over* laid over *base*; neither is changed."""
        if callable(specials):
            return specials(self, base, over)
        if isinstance(over, Scalar) and over.data is None:
            return base
        if isinstance(base, Mapping):
            return self.mappings(base, over, specials) if isinstance(over, Mapping) else self._misfit(base, over)
        if isinstance(base, Sequence):
            if not isinstance(over, Sequence):
                return self._misfit(base, over)
            return base.made([*base.items, *over.items])
        return over

    def mappings(self, base: Mapping, over: Mapping, specials: Specials | None = None) -> Mapping:
        """The keys of both, those of *over* merged into those of *base*."""
        result = base.copy()
        for name, child in over.children.items():
            below = result.children.get(name)
            if below is None or name.startswith("x-"):
                result.put(over.keys[name], child, name)
                continue
            special = specials.get(name, specials.get("*")) if specials else None
            merged = self.merged(below, child, special)
            result.children[name] = merged
            if merged is child:
                result.keys[name] = over.keys[name]
        return result

    def _misfit(self, base: Node, over: Node) -> Node:
        there = f"{base.place.path}:{base.place.line}"
        message = f"{_kind(over)} cannot be merged into the {_kind(base)} of {there}; write it in the same form"
        self.problems.append(error("cannot-merge", over.place, message))
        return base


def _kind(node: Node) -> str:
    if isinstance(node, Mapping):
        return "map"
    return "list" if isinstance(node, Sequence) else "value"


def _replace(_: Merger, __: Node, over: Node) -> Node:
    return over


def _append_pairs(_: Merger, base: Node, over: Node) -> Node:
    return Sequence(base.source, base.start, base.end, [*as_sequence(base), *as_sequence(over)])


def _append_new(_: Merger, base: Node, over: Node) -> Node:
    items = as_sequence(base)
    known = {item.data if isinstance(item, Scalar) else None for item in items}
    new = [item for item in as_sequence(over) if not isinstance(item, Scalar) or item.data not in known]
    return Sequence(base.source, base.start, base.end, [*items, *new])


def _as_mappings(default: dict[str, str | bool] | None) -> Special:
    def merge(merger: Merger, base: Node, over: Node) -> Node:
        below, above = as_mapping(base, default), as_mapping(over, default)
        return merger.mappings(below, above)

    return merge


def _build(merger: Merger, base: Node, over: Node) -> Node:
    return merger.mappings(_as_build(base), _as_build(over), BUILD)


def _as_build(node: Node) -> Mapping:
    if not isinstance(node, Scalar) or not isinstance(node.data, str):
        return as_mapping(node, None)
    mapping = Mapping(node.source, node.start, node.end)
    mapping.put(node.made("context"), node, "context")
    return mapping


def _logging(merger: Merger, base: Node, over: Node) -> Node:
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return merger.merged(base, over)
    drivers = [child.value for node in (base, over) if (child := node.children.get("driver")) is not None]
    return merger.mappings(base, over) if len({str(each) for each in drivers}) < 2 else over  # noqa: PLR2004 - two drivers


def _ipam(merger: Merger, base: Node, over: Node) -> Node:
    """The pools of both by subnet; as in Compose, a base without pools takes none over."""
    pools: list[Mapping] = []
    for below in as_sequence(base):
        for above in as_sequence(over):
            _add_pool(merger, pools, as_mapping(below, None), as_mapping(above, None))
    return Sequence(base.source, base.start, base.end, list(pools))


def _add_pool(merger: Merger, pools: list[Mapping], below: Mapping, above: Mapping) -> None:
    subnets = [_subnet(pool) for pool in pools]
    if _subnet(above) != _subnet(below) and _subnet(above) not in subnets:
        pools.append(above)
        return
    merged = merger.mappings(below, above)
    if _subnet(merged) in subnets:
        pools[subnets.index(_subnet(merged))] = merged
        return
    pools.append(merged)


def _subnet(pool: Mapping) -> object:
    child = pool.children.get("subnet")
    return child.data if isinstance(child, Scalar) else None


BUILD: Specials = {
    "args": _append_pairs,
    "additional_contexts": _append_pairs,
    "extra_hosts": _append_new,
    "labels": _append_pairs,
}
SERVICE: Specials = {
    **dict.fromkeys(("annotations", "environment", "labels", "sysctls"), _append_pairs),
    **dict.fromkeys(("dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"), _append_pairs),
    **dict.fromkeys(("command", "entrypoint"), _replace),
    "build": _build,
    "depends_on": _as_mappings({"condition": "service_started", "required": True}),
    "deploy": {"labels": _append_pairs},
    "extra_hosts": _append_new,
    "healthcheck": {"test": _replace},
    "logging": _logging,
    "networks": _as_mappings(None),
    "ulimits": {"*": _replace},
}
MODEL: Specials = {
    "services": {"*": SERVICE},
    "networks": {"*": {"ipam": {"config": _ipam}, "labels": _append_pairs}},
    "volumes": {"*": {"labels": _append_pairs}},
}
