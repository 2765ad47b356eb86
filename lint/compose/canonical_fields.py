"""
How each key of the model is written by ``docker compose config``: its form and when it is left out.

Source: the types of compose-go and their JSON tags.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from collections.abc import Mapping as Lookup
from typing import Any

from .nodes import Mapping, Node, Scalar, Sequence, raw
from .pairs import as_sequence
from .quantities import byte_size, duration
from .scalars import spelled
from .words import split

LEFT_OUT = object()
"""Says that a key is not written."""

Writer = Callable[[Node], Any]
Fields = Lookup[str, Writer]


def written(node: Node | None, fields: Fields) -> dict[str, Any]:
    """The keys of *node* that have a writer and are not left out."""
    if not isinstance(node, Mapping):
        return {}
    pairs = ((name, fields[name](child)) for name, child in node.children.items() if name in fields)
    return {name: value for name, value in pairs if value is not LEFT_OUT}


def struct(fields: Fields, **always: Any) -> Writer:
    """A map of *fields*, left out for null; *always* are written where missing."""
    return lambda node: LEFT_OUT if _is_null(node) else {**always, **written(node, fields)}


def listed(item: Writer) -> Writer:
    """A list of what *item* writes, left out when empty."""
    return lambda node: [item(each) for each in node.items] or LEFT_OUT if isinstance(node, Sequence) else LEFT_OUT


def mapped(item: Writer) -> Writer:
    """A map of what *item* writes, left out when empty."""

    def write(node: Node) -> Any:
        if not isinstance(node, Mapping) or not node.children:
            return LEFT_OUT
        return {name: None if _is_null(child) else item(child) for name, child in node.children.items()}

    return write


def text(node: Node) -> Any:
    """A text, left out when blank."""
    return (_spelling(node) or LEFT_OUT) if isinstance(node, Scalar) and node.data is not None else LEFT_OUT


def _spelling(node: Node) -> str:
    return spelled(node.data) if isinstance(node, Scalar) and node.data is not None else ""


def number(node: Node) -> Any:
    """A number, left out when zero."""
    value = raw(node)
    if isinstance(value, str):
        value = float(value)
    return value or LEFT_OUT


def given(node: Node) -> Any:
    """A number or truth value, also zero and false."""
    return LEFT_OUT if _is_null(node) else raw(node)


def flag(node: Node) -> Any:
    """A truth value, left out when false; texts count as Compose counts them."""
    value = raw(node)
    if isinstance(value, str):
        value = value.lower() in ("true", "y", "yes", "on")
    return value or LEFT_OUT


def size(node: Node) -> Any:
    """A number of bytes as text, left out when zero."""
    value = raw(node)
    amount = byte_size(value) if isinstance(value, int | str) else None
    return str(amount.bytes) if amount is not None and amount.bytes else LEFT_OUT


def time(node: Node) -> Any:
    """A duration as Go spells it."""
    value = raw(node)
    amount = duration(value) if isinstance(value, str) else None
    return LEFT_OUT if amount is None else spelled_duration(amount.seconds)


def time_unless_zero(node: Node) -> Any:
    """A duration, left out when zero."""
    value = time(node)
    return LEFT_OUT if value == "0s" else value


def spelled_duration(seconds: float) -> str:
    """
    A duration such as ``1h0m0.5s``.

    Source: String of Go's time.Duration.
    """
    nanoseconds = round(abs(seconds) * 1e9)
    sign = "-" if seconds < 0 else ""
    for unit, factor in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if nanoseconds and nanoseconds < min(factor * 1000, 1_000_000_000):
            return f"{sign}{nanoseconds / factor:g}{unit}"
    whole, fraction = divmod(nanoseconds, 1_000_000_000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest}.{fraction:09d}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{sign}{hours}h{minutes}m{shown}"
    return f"{sign}{minutes}m{shown}" if minutes else sign + shown


def pairs(node: Node) -> Any:
    """Names to texts from a map or list; nothing becomes a blank."""
    return {name: "" if value is None else value for name, value in key_values(node).items()} or LEFT_OUT


def equals(node: Node) -> Any:
    """Names to texts or null from a map or list."""
    return key_values(node) or LEFT_OUT


def key_values(node: Node) -> dict[str, str | None]:
    """Names to texts, or None for a name alone."""
    if isinstance(node, Mapping):
        return {name: None if _is_null(child) else _spelling(child) for name, child in node.children.items()}
    split = (_spelling(item).partition("=") for item in as_sequence(node))
    return {name: value if sign else None for name, sign, value in split}


def command(node: Node) -> Any:
    """The words of a command; null stays null."""
    if isinstance(node, Sequence):
        return [_spelling(item) for item in node.items]
    return None if _is_null(node) else list(split(_spelling(node)).words)


def test(node: Node) -> Any:
    """The words of a health check."""
    if isinstance(node, Sequence):
        return [_spelling(item) for item in node.items] or LEFT_OUT
    return LEFT_OUT if _is_null(node) else ["CMD-SHELL", _spelling(node)]


def texts(node: Node) -> Any:
    """A list of texts, or one text as a list; left out when empty."""
    if isinstance(node, Sequence):
        return [_spelling(item) for item in node.items] or LEFT_OUT
    return LEFT_OUT if _is_null(node) else [_spelling(node)]


def hosts(node: Node) -> Any:
    """Hosts and addresses as ``host=address``, sorted."""
    if isinstance(node, Mapping):
        lines = [
            f"{name}={_address(_spelling(each))}"
            for name, child in node.children.items()
            for each in (child.items if isinstance(child, Sequence) else [child])
        ]
    else:
        lines = [line for item in as_sequence(node) for line in _hosts(_spelling(item))]
    return sorted(lines) or LEFT_OUT


def _hosts(line: str) -> list[str]:
    sign = "=" if "=" in line else ":"
    host, _, addresses = line.partition(sign)
    return [f"{host}={_address(address)}" for address in addresses.split(",")]


def _address(address: str) -> str:
    return address[1:-1] if len(address) > 2 and address[0] == "[" and address[-1] == "]" else address  # noqa: PLR2004


def ulimit(node: Node) -> Any:
    """One number, or a soft and a hard one."""
    return given(node) if isinstance(node, Scalar) else written(node, {"soft": number, "hard": number})


def clean_path(node: Node) -> Any:
    """A path in the container, without ``//`` and ``..``."""
    path = _spelling(node)
    return posixpath.normpath(path).replace("//", "/") if path else LEFT_OUT


def device_count(node: Node) -> Any:
    """A number of devices; ``all`` is -1."""
    value = raw(node)
    return -1 if str(value).lower() == "all" else int(value) or LEFT_OUT


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.data is None
