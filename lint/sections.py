"""The sections of the policy: names and types of the keys; the values come from ``policies/production.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Section:
    """One part of the policy. Its keys are attributes, made of the data when first read; lists are tuples."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_") or key not in self._data:
            raise AttributeError(f"the policy has no {type(self).__name__.lower()}.{key}")
        made = _made(self._data[key])
        self.__dict__[key] = made
        return made


class Hsts(Section):
    """The header Strict-Transport-Security."""

    min_age_s: int
    preload_min_age_s: int
    recommended_age_s: int


class Headers(Section):
    """Response headers."""

    obsolete: tuple[str, ...]
    disclosing: tuple[str, ...]
    security: tuple[str, ...]
    paths_without_pages: tuple[str, ...]


class Caching(Section):
    """Lifetimes of what browsers keep."""

    static_extensions: tuple[str, ...]
    static_min_age_s: int
    static_recommended: str
    static_recommended_expires: str
    long_age_s: int
    page_extensions: tuple[str, ...]
    page_allowed: tuple[str, ...]
    page_recommended: str
    never_long: tuple[str, ...]


class Gzip(Section):
    """Compression."""

    min_level: int
    max_level: int
    recommended_level: int
    required_types: tuple[str, ...]
    equivalent_types: tuple[tuple[str, ...], ...]
    recommended_types: tuple[str, ...]
    useless_types: tuple[str, ...]
    min_length_bytes: int
    recommended_min_length_bytes: int


class Tls(Section):
    """Protocols, ciphers and sessions."""

    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]
    curves: tuple[str, ...]
    max_session_timeout_s: int
    recommended_session_cache: str
    min_dhparam_bits: int


class Proxy(Section):
    """What a back end is told, and how long it may take."""

    max_connect_timeout_s: int
    max_read_timeout_s: int
    max_send_timeout_s: int
    stream_paths: tuple[str, ...]
    websocket_paths: tuple[str, ...]


class Limits(Section):
    """What a client may take."""

    max_client_header_timeout_s: int
    max_client_body_timeout_s: int
    max_client_send_timeout_s: int
    max_keepalive_timeout_s: int
    min_keepalive_requests: int
    max_body_bytes: int
    min_header_buffer_bytes: int
    login_paths: tuple[str, ...]
    status_paths: tuple[str, ...]


class Secrets(Section):
    """Names and values of secrets; ask `Policy.is_secret_name` and `Policy.is_placeholder` instead."""

    names: tuple[str, ...]
    not_secret: tuple[str, ...]
    placeholders: tuple[str, ...]
    min_length: int


class Images(Section):
    """Images and what containers get of the host."""

    floating_tags: tuple[str, ...]
    registries: tuple[str, ...]
    max_facts_age_days: int
    sensitive_mounts: tuple[str, ...]
    host_capabilities: tuple[str, ...]
    dangerous_capabilities: tuple[str, ...]


class Services(Section):
    """What each service of a stack must set."""

    required_limits: tuple[str, ...]
    strict_limits: tuple[str, ...]
    restart: tuple[str, ...]
    restart_allowed: tuple[str, ...]
    public_ports: tuple[int, ...]
    private_ports: tuple[int, ...]
    required_log_options: tuple[str, ...]
    max_healthcheck_interval_s: int
    min_stop_grace_s: int
    max_processes_per_cpu: int
    host_memory_mb: int


class Databases(Section):
    """How much of its memory a database may plan with."""

    max_buffer_pool_share: float
    max_redis_memory_share: float


def _made(value: Any) -> Any:
    return tuple(_made(item) for item in value) if isinstance(value, list) else value
