"""Reads the typed parts of a service from its long forms."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from . import short
from .nodes import UNKNOWN, Node, Scalar, Unknown
from .parts import (
    Attachment,
    Build,
    Command,
    Dependency,
    FileMount,
    Healthcheck,
    Image,
    Logging,
    Mount,
    Port,
    PortRange,
    Text,
)
from .quantities import Duration, duration, image_name
from .read_variables import resolved, variables
from .value import Value
from .words import Split, UnbalancedError, split

_REMOTE = ("https://", "http://", "git://", "ssh://", "github.com/", "git@", "service:")


def image(value: Value | None) -> Image | None:
    """The image named by *value*."""
    if value is None or not isinstance(value.node, Scalar) or not isinstance(value.node.data, str):
        return None
    if not value.node.data:
        return None
    return Image(image_name(value.node.data, value.text), value.data, value.text, value.place, value)


def build(value: Value | None, base: str) -> Build | None:
    """The build described by *value*, in its long form; without a context it is in the folder *base*."""
    if value is None or not dict(value.items()):
        return None
    context = value.get("context")
    inline = _text(value, "dockerfile_inline")
    return Build(
        context=context.data if context is not None and isinstance(context.data, str | Unknown) else ".",
        folder=_folder(context, base),
        dockerfile=_text(value, "dockerfile"),
        inline=inline if isinstance(inline, str) else None,
        target=_text(value, "target"),
        args=variables(value.get("args"), "args"),
        place=value.key_place,
        value=value,
    )


def _folder(context: Value | None, base: str) -> str | None:
    if context is None or context.data is None:
        return posixpath.normpath(base or ".")
    if isinstance(context.data, str) and ("://" in context.data or context.data.startswith(_REMOTE)):
        return None
    return resolved(context)


def ports(value: Value | None) -> Iterator[Port]:
    """The ports that can be read."""
    for entry in value.entries() if value is not None else ():
        target = _range(entry.get("target"))
        if target is None:
            continue
        yield Port(
            host_ip=_text(entry, "host_ip") or None,
            published=_range(entry.get("published")),
            target=target,
            protocol=_text(entry, "protocol") or "tcp",
            mode=_text(entry, "mode") or "ingress",
            text=_short_text(entry),
            is_short=_is_short(entry),
            place=entry.place,
            value=entry,
        )


def mounts(value: Value | None) -> Iterator[Mount]:
    """The mounts that can be read."""
    for entry in value.entries() if value is not None else ():
        target, kind = _text(entry, "target"), _text(entry, "type")
        if target is None or kind is None:
            continue
        text = _short_text(entry)
        read_only = entry.get("read_only")
        yield Mount(
            type=kind,
            source=_text(entry, "source"),
            path=_bind_path(entry) if kind == "bind" else None,
            target=target,
            read_only=read_only.data if read_only is not None and isinstance(read_only.data, bool | Unknown) else False,
            options=_options(entry),
            propagation=_text(entry, "bind.propagation"),
            selinux=_text(entry, "bind.selinux"),
            text=text,
            is_short=_is_short(entry),
            place=entry.place,
            value=entry,
        )


def _bind_path(entry: Value) -> str | None:
    source = entry.get("source")
    return resolved(source) if source is not None else None


def _options(entry: Value) -> tuple[str, ...]:
    scalar = _short_scalar(entry)
    if scalar is None or not isinstance(scalar.data, str) or scalar.data == UNKNOWN:
        return ()
    return short.volume(scalar.data).options


def command(value: Value | None) -> Command | None:
    """A command in either form; null is no command."""
    if value is None or value.data is None:
        return None
    if isinstance(value.data, list):
        words = tuple(word if isinstance(word, Unknown) else str(word) for word in value.data)
        return Command(True, words, not words, "", " ".join(map(str, words)), value.place, value)
    found = _split(value.node.data if isinstance(value.node, Scalar) else None)
    words = tuple(Unknown(value.text) if UNKNOWN in word else word for word in found.words)
    return Command(False, words, not words, found.dropped.replace(UNKNOWN, ""), value.text, value.place, value)


def _split(data: object) -> Split:
    if not isinstance(data, str):
        return Split((str(data),), "")
    try:
        return split(data)
    except UnbalancedError:
        return Split((data,), "")


def healthcheck(value: Value | None) -> Healthcheck | None:
    """The health check described by *value*."""
    if value is None or not isinstance(value.data, dict):
        return None
    kind, words = _test(value.get("test"))
    retries = value.get("retries")
    return Healthcheck(
        kind=kind,
        words=words,
        disabled=value.data.get("disable") is True or kind == "NONE",
        interval=_duration(value, "interval"),
        timeout=_duration(value, "timeout"),
        start_period=_duration(value, "start_period"),
        start_interval=_duration(value, "start_interval"),
        retries=retries.data if retries is not None and isinstance(retries.data, int | float | Unknown) else None,
        place=value.key_place,
        value=value,
    )


def _test(value: Value | None) -> tuple[str | None, tuple[Text, ...]]:
    if value is None or value.data is None:
        return None, ()
    if not isinstance(value.data, list):
        return "CMD-SHELL", (value.data if isinstance(value.data, Unknown) else str(value.data),)
    words = tuple(word if isinstance(word, Unknown) else str(word) for word in value.data)
    if not words or isinstance(words[0], Unknown):
        return None, words
    return words[0], words[1:]


def dependencies(value: Value | None) -> Iterator[Dependency]:
    """The services that must come first."""
    for name, entry in value.items() if value is not None else ():
        condition = _text(entry, "condition")
        yield Dependency(
            service=name,
            condition="service_started" if condition is None else condition,
            required=_flag(entry, "required", default=True),
            restart=_flag(entry, "restart", default=False),
            is_short=all(each.key is not None and _is_same_place(each.key, each.node) for _, each in entry.items()),
            place=entry.key_place,
        )


def attachments(value: Value | None) -> Iterator[Attachment]:
    """The networks named."""
    for name, entry in value.items() if value is not None else ():
        aliases = entry.get("aliases")
        names = tuple(each.data for each in aliases.entries()) if aliases is not None else ()
        yield Attachment(name, names, _text(entry, "ipv4_address"), entry.key_place)


def file_mounts(value: Value | None, folder: str) -> Iterator[FileMount]:
    """Secrets or configs; those without a target are in *folder*, under their own name."""
    for entry in value.entries() if value is not None else ():
        source = _text(entry, "source")
        if source is None:
            continue
        target = _text(entry, "target")
        mode = entry.get("mode")
        yield FileMount(
            source=source,
            target=_in_folder(folder, source if target is None else target),
            mode=mode.data if mode is not None and isinstance(mode.data, int) else None,
            uid=_text(entry, "uid"),
            gid=_text(entry, "gid"),
            is_short=_is_short(entry),
            place=entry.place,
            value=entry,
        )


def _in_folder(folder: str, name: Text) -> Text:
    return name if isinstance(name, Unknown) else posixpath.join(folder, name)


def logging(value: Value | None) -> Logging | None:
    """How a service logs."""
    if value is None or not isinstance(value.data, dict):
        return None
    options = value.get("options")
    return Logging(_text(value, "driver"), dict(options.items()) if options is not None else {}, value.key_place)


def _text(value: Value, path: str) -> Text | None:
    found = value.get(path)
    if found is None or found.data is None or isinstance(found.data, dict | list):
        return None
    return found.data if isinstance(found.data, Unknown) else str(found.data)


def _flag(value: Value, key: str, *, default: bool) -> bool:
    found = value.get(key)
    return found.data if found is not None and isinstance(found.data, bool) else default


def _duration(value: Value, key: str) -> Duration | None:
    found = value.get(key)
    return duration(found.data) if found is not None and isinstance(found.data, str) else None


def _range(value: Value | None) -> PortRange | Unknown | None:
    """Ports as written: a number, a text, or a range of them; None where it is neither."""
    if value is None or isinstance(value.data, Unknown):
        return None if value is None else value.data
    first, _, last = str(value.data).partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        return None
    return PortRange(int(first), int(last or first))


def _short_scalar(entry: Value) -> Scalar | None:
    """The scalar that *entry* was written as, or None where it is written long."""
    target = entry.get("target") or entry.get("source")
    origin = target.node.origin if target is not None and isinstance(target.node, Scalar) else None
    return origin[0] if origin and isinstance(origin[0], Scalar) else None


def _short_text(entry: Value) -> str:
    scalar = _short_scalar(entry)
    return scalar.text if scalar is not None else ""


def _is_short(entry: Value) -> bool:
    """Whether the keys of *entry* stand nowhere but at their values, since both were made of one text."""
    return any(each.key is not None and _is_same_place(each.key, each.node) for _, each in entry.items())


def _is_same_place(key: Scalar, node: Node) -> bool:
    return key.start == node.start and key.source is node.source
