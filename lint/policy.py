"""The production rules that are a matter of choice, as data with types; see ``policies/production.yaml``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from . import kept, sections
from .cached import cached_property
from .errors import LintError
from .record import dataclass

Data = Mapping[str, Any]

_LONGEST = 300
"""No name or placeholder is longer, and a user's patterns may take quadratic time."""

PRODUCTION = os.path.join(os.path.dirname(__file__), "policies", "production.yaml")  # noqa: PTH118, PTH120 - no pathlib


class PolicyError(LintError):
    """A policy that cannot be read, or that its schema refuses; the message names the key."""


@dataclass(frozen=True)
class HeaderPolicy:
    """
    What a header may say.

    Attributes:
        allowed: Regular expressions; one must match the whole value, without regard to case.
        recommended: What a fix writes; empty where only the owner can know.
        tls_only: Whether it matters only where TLS is spoken.
        pages_only: Whether it matters only for answers that a browser shows as a page.
    """

    allowed: tuple[str, ...]
    recommended: str = ""
    tls_only: bool = False
    pages_only: bool = False

    def allows(self, value: str) -> bool:
        """Whether *value* is one of the allowed ones."""
        return _matches(self.allowed, value.strip())


class Policy:
    """
    The whole policy; reads ``production.yaml`` when a rule first asks.

    ``policy.gzip.max_level``, ``policy.caching.static_extensions`` and so on are plain values, all in `sections`;
    the methods answer what several rules ask.
    """

    headers: sections.Headers
    caching: sections.Caching
    gzip: sections.Gzip
    tls: sections.Tls
    proxy: sections.Proxy
    limits: sections.Limits
    secrets: sections.Secrets
    images: sections.Images
    services: sections.Services
    databases: sections.Databases

    def __init__(self, *overrides: Data) -> None:
        self._overrides = overrides

    @cached_property
    def data(self) -> Data:
        """The merged data, as `production.yaml` and the overrides have it."""
        data: Data = _production()
        for override in self._overrides:
            data = merged(data, override)
        return data

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.data:
            raise AttributeError(f"the policy has no section {name}")
        section = getattr(sections, name.capitalize())(self.data[name])
        self.__dict__[name] = section
        return section

    @cached_property
    def hsts(self) -> sections.Hsts:
        """What Strict-Transport-Security must say."""
        return sections.Hsts(self.data["headers"]["hsts"])

    @cached_property
    def recommended_limits(self) -> Mapping[str, str | int]:
        """What a service without a limit is given, by ``memory``, ``cpus`` and ``pids``; nothing where it is empty."""
        limits: Mapping[str, str | int] = self.data["services"]["recommended_limits"]
        return limits

    @cached_property
    def recommended_healthcheck(self) -> Mapping[str, str]:
        """The ``interval`` and ``timeout`` that a health check without them is given."""
        times: Mapping[str, str] = self.data["services"]["recommended_healthcheck"]
        return times

    @cached_property
    def required_headers(self) -> Mapping[str, HeaderPolicy]:
        """By name as it is usually written."""
        return _headers(self.data["headers"]["required"])

    @cached_property
    def optional_headers(self) -> Mapping[str, HeaderPolicy]:
        """Headers that may be absent, and when present must be right."""
        return _headers(self.data["headers"]["optional"])

    @cached_property
    def proxy_headers(self) -> Mapping[str, HeaderPolicy]:
        """
        What a back end must be told; ``allowed`` holds nginx values to be compared as they are,
        and ``recommended`` the one to write.
        """
        return _headers(self.data["proxy"]["required_headers"])

    def is_secret_name(self, name: str) -> bool:
        """Whether a variable, key or option of that name holds a secret; `Jwt__Key` is judged as `Jwt_Key`."""
        secrets, name = self.data["secrets"], name.replace("__", "_")
        return (
            len(name) <= _LONGEST
            and _matches(tuple(secrets["names"]), name)
            and not _matches(tuple(secrets["not_secret"]), name)
        )

    def is_placeholder(self, value: str) -> bool:
        """Whether *value* is one that somebody forgot to replace."""
        return len(value) <= _LONGEST and _matches(tuple(self.data["secrets"]["placeholders"]), value.strip())

    def allows_registry(self, registry: str, repository: str) -> bool:
        """Whether an image of that registry, the Hub where it is empty, may be used."""
        host = "docker.io" if registry in ("", "index.docker.io", "registry-1.docker.io") else registry
        is_official = host == "docker.io" and "/" not in repository
        name = f"{host}/library/{repository}" if is_official else f"{host}/{repository}"
        allowed = self.data["images"]["registries"]
        return not allowed or any(name == each or name.startswith(each.rstrip("/") + "/") for each in allowed)

    def is_equivalent_type(self, one: str, other: str) -> bool:
        """Whether two media types name the same kind of content."""
        return one == other or any(one in group and other in group for group in self.data["gzip"]["equivalent_types"])


def merged(base: Data, override: Data) -> Data:
    """*base* with *override* laid over it: maps key by key, all else replaced."""
    result = dict(base)
    for key, value in override.items():
        below = result.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        result[key] = merged(below, value) if both and below is not None else value
    return result


def policy_from(data: Any, where: str) -> Data:
    """
    *data* as an override, checked.

    Raises:
        PolicyError: naming the key that the schema refuses.
    """
    from ..schemas import first_error  # noqa: PLC0415 - jsonschema costs 96 ms, and only a policy of one's own needs it

    if data is None:
        return {}
    if error := first_error("policy", data):
        raise PolicyError(f"{where}: policy: {error}")
    checked: Data = data
    return checked


@cache
def _production() -> Data:
    data: Data = kept.data(PRODUCTION, _loaded)
    return data


def _loaded(path: str) -> Any:
    from .data import load_yaml  # noqa: PLC0415 - 8 ms, and it is kept

    with open(path, encoding="utf-8") as stream:  # noqa: PTH123 - as above
        return load_yaml(stream.read(), path)


def _headers(data: Data) -> Mapping[str, HeaderPolicy]:
    return {name: HeaderPolicy(**{**entry, "allowed": tuple(entry["allowed"])}) for name, entry in data.items()}


@lru_cache(4096)
def _matches(patterns: tuple[str, ...], value: str) -> bool:
    return _joined(patterns).fullmatch(value) is not None


@cache
def _joined(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return kept.expression("|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)", re.IGNORECASE)
