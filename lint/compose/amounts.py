"""Sizes, durations, numbers and command lines that the schema takes for texts and Compose then refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .casts import TRUTHS
from .nodes import UNKNOWN, Mapping, Node, Plain, Scalar, Sequence
from .problem import Problem, error
from .quantities import byte_size, duration
from .words import UnbalancedError, split

_SIZE = 'is no size; write a number with a unit, such as "512m"'
_DURATION = 'is no duration; write numbers with units, such as "1m30s"'
_NUMBER = 'is no number; write one such as "0.5"'
_FLAG = 'is neither "true" nor "false"; write one of them'
_COMMAND = "has a quote or bracket that does not pair; write the command as a list"

_SIZES = [
    "mem_limit",
    "mem_reservation",
    "memswap_limit",
    "mem_swappiness",
    "shm_size",
    "build.shm_size",
    "deploy.resources.limits.memory",
    "deploy.resources.reservations.memory",
]
_DURATIONS = [
    "stop_grace_period",
    "healthcheck.interval",
    "healthcheck.timeout",
    "healthcheck.start_period",
    "healthcheck.start_interval",
    "deploy.update_config.delay",
    "deploy.update_config.monitor",
    "deploy.rollback_config.delay",
    "deploy.rollback_config.monitor",
    "deploy.restart_policy.delay",
    "deploy.restart_policy.window",
]
_FLAGS = ("attach", "build.no_cache", "build.pull", "build.privileged")
_NUMBERS = ("deploy.resources.limits.cpus", "deploy.resources.reservations.cpus")


def wrong_amounts(tree: Mapping) -> Iterator[Problem]:
    """What Compose cannot make sense of in the services of *tree*."""
    services = tree.children.get("services")
    for service in services.children.values() if isinstance(services, Mapping) else ():
        for key in service.children if isinstance(service, Mapping) else ():
            for path, is_right, message in _BY_KEY.get(key, ()):
                yield from _wrong(service, path, is_right, message)
        for item in _items(service, "extra_hosts"):
            if not any(sign in str(item.data) for sign in (*"=:", UNKNOWN)):
                message = f'host "{item.text}" has no address; write "{item.text}=ADDRESS"'
                yield error("wrong-value", item.place, message)


def _items(service: Node, key: str) -> list[Scalar]:
    found = service.children.get(key) if isinstance(service, Mapping) else None
    return [item for item in found.items if isinstance(item, Scalar)] if isinstance(found, Sequence) else []


def _wrong(service: Node, path: tuple[str, ...], is_right: Callable[[str], bool], message: str) -> Iterator[Problem]:
    found: Node | None = service
    for key in path:
        if not isinstance(found, Mapping):
            return
        found = found.children.get(key)
    if not isinstance(found, Scalar) or not isinstance(found.data, str) or UNKNOWN in found.data:
        return
    if not is_right(found.data):
        yield error("wrong-value", found.place, f"{_shown(found, path[-1])} {message}")


def _shown(node: Scalar, key: str) -> str:
    return f'the value of "{key}"' if len(node.text) > len("${LONG_ENOUGH:-default}") else f'"{node.text}"'


def _is_number(text: str) -> bool:
    try:
        value: Plain = float(text)
    except ValueError:
        return False
    return value is not None and "_" not in text and text == text.strip()


def _is_balanced(text: str) -> bool:
    try:
        split(text)
    except UnbalancedError:
        return False
    return True


_CHECKS = (
    ([tuple(path.split(".")) for path in _SIZES], lambda text: byte_size(text) is not None, _SIZE),
    ([tuple(path.split(".")) for path in _DURATIONS], lambda text: duration(text) is not None, _DURATION),
    ([tuple(path.split(".")) for path in _NUMBERS], _is_number, _NUMBER),
    ([tuple(path.split(".")) for path in _FLAGS], lambda text: text.lower() in TRUTHS, _FLAG),
    ([("command",), ("entrypoint",)], _is_balanced, _COMMAND),
)
_BY_KEY = {
    key: [(path, is_right, message) for paths, is_right, message in _CHECKS for path in paths if path[0] == key]
    for key in {path[0] for paths, _, _ in _CHECKS for path in paths}
}
