"""Durations, sizes and image names as the engine reads them."""

from __future__ import annotations

from ..record import dataclass
from ..regex import regex
from .nodes import UNKNOWN, Unknown

_DURATION = regex(r"[-+]?(?:[0-9]+\.?[0-9]*(?:ns|us|µs|μs|ms|s|m|h)|\.[0-9]+(?:ns|us|µs|μs|ms|s|m|h))+|[-+]?0")
_DURATION_PART = regex(r"([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = regex(r"([0-9]+(?:\.[0-9]+)*) ?([kKmMgGtTpP])?[iI]?[bB]?")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time, such as ``1m30s``."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True, order=True)
class ByteSize:
    """A number of bytes, such as ``512m``; a bare number is bytes."""

    bytes: int
    text: str


def duration(text: str) -> Duration | None:
    """
    The duration that *text* says, or None where Compose refuses it: a number needs a unit, there are no days.

    Source: time.ParseDuration of Go.
    """
    if not _DURATION.fullmatch(text):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    return Duration(-seconds if text.startswith("-") else seconds, text)


def byte_size(value: str | int) -> ByteSize | None:
    """
    The size that *value* says, or None where Compose refuses it.

    Units are powers of 1024, in any case, with or without ``b`` or ``ib``.

    Source: RAMInBytes of docker/go-units.
    """
    if isinstance(value, int):
        return ByteSize(value, str(value))
    match = _SIZE.fullmatch(value)
    if not match or match[1].count(".") > 1:
        return None
    return ByteSize(int(float(match[1]) * 1024 ** _POWERS[(match[2] or "").lower()]), value)


@dataclass(frozen=True, slots=True)
class ImageName:
    """
    The parts of an image's name; a part is `Unknown` where a variable nobody gave is in it or may hold it.

    Attributes:
        registry: Such as ``ghcr.io``; None for Docker Hub left out.
        repository: Without the registry, such as ``library/nginx`` or ``nginx``.
        basename: The last part of the repository, known more often than the whole.
        tag, digest: None where there is none.
    """

    registry: str | Unknown | None
    repository: str | Unknown
    basename: str | Unknown
    tag: str | Unknown | None
    digest: str | Unknown | None


def image_name(data: str, text: str) -> ImageName:
    """
    The parts of an image's name.

    Args:
        data: The name with `UNKNOWN` for variables nobody gave.
        text: The name as written, for what is `Unknown`.
    """

    def known(part: str | None) -> str | Unknown | None:
        return Unknown(text) if part is not None and UNKNOWN in part else part

    def must(part: str) -> str | Unknown:
        return Unknown(text) if UNKNOWN in part else part

    rest, at, digest = data.partition("@")
    folder, slash, last = rest.rpartition("/")
    basename, colon, tag = last.partition(":")
    hides_tag = not colon and UNKNOWN in basename
    registry, repository = _without_registry(folder + slash + basename)
    return ImageName(
        known(registry),
        must(repository),
        must(basename),
        Unknown(text) if hides_tag else known(tag if colon else None),
        Unknown(text) if hides_tag and not at else known(digest if at else None),
    )


def _without_registry(name: str) -> tuple[str | None, str]:
    first, slash, rest = name.partition("/")
    if slash and UNKNOWN in first:
        return UNKNOWN, UNKNOWN
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first, rest
    return (UNKNOWN, UNKNOWN) if name.startswith(UNKNOWN) else (None, name)
