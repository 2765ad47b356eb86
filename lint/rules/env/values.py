"""Values that do harm in production."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...envfile import EnvEntry, EnvFile
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule

_YES = ("1", "true", "yes", "on")


def _plain(entry: EnvEntry) -> str:
    """The value in lower case; empty where a variable decides."""
    return "" if entry.value is None or any(True for _ in entry.cut.variables()) else entry.value.lower()


@rule(
    "env/open-database",
    Severity.ERROR,
    bad="""
        MYSQL_ALLOW_EMPTY_PASSWORD=yes  # <-
        POSTGRES_HOST_AUTH_METHOD=trust  # <-
    """,
    good="""
        MYSQL_ALLOW_EMPTY_PASSWORD=
        MYSQL_RANDOM_ROOT_PASSWORD=yes
        POSTGRES_HOST_AUTH_METHOD=scram-sha-256
    """,
    source="https://hub.docker.com/_/mysql#mysql_allow_empty_password",
)
def open_database(env: EnvFile) -> Iterator[Report]:
    """The database lets everybody in who reaches its port."""
    if env.is_for_development:
        return
    for entry in env.entries:
        value = _plain(entry)
        is_open = entry.name.endswith("ALLOW_EMPTY_PASSWORD") or entry.name.endswith("ALLOW_EMPTY_ROOT_PASSWORD")
        if (is_open and value in _YES) or (entry.name == "POSTGRES_HOST_AUTH_METHOD" and value == "trust"):
            yield entry.place, "no password is asked for; remove this and set a password"


_DEBUG = regex(r"(?:.*_)?DEBUG(?:_MODE)?", re.IGNORECASE)
_MODE = regex(r"(?:NODE|APP|FLASK|DJANGO|RAILS|RACK|GO|ASPNETCORE)_ENV(?:IRONMENT)?|ENVIRONMENT", re.IGNORECASE)
_EVERYONE = regex(r"(?:.*_)?(?:CORS|ALLOWED|ALLOW)(?:_\w+)?", re.IGNORECASE)


@rule(
    "env/development-value",
    Severity.WARNING,
    bad="""
        DEBUG=true  # <-
        NODE_ENV=development  # <-
        CORS_ALLOWED_ORIGINS=*  # <-
        LOG_LEVEL=debug  # <-
    """,
    good=(
        """
        DEBUG=false
        NODE_ENV=production
        CORS_ALLOWED_ORIGINS=https://example.com
        LOG_LEVEL=info
        DEBUG_TOOLBAR_PATH=*
        """,
        {".env.development": "DEBUG=true\nNODE_ENV=development\n"},
        {".env.example": "DEBUG=true\nLOG_LEVEL=debug\n"},
    ),
    source="https://cwe.mitre.org/data/definitions/489.html",
)
def development_value(env: EnvFile) -> Iterator[Report]:
    """
    A value for development: errors that show the inside, origins that are all allowed, logs that hold everything.

    Files whose names say that they are examples or for development are left alone.
    """
    if env.is_example or env.is_for_development:
        return
    for entry in env.entries:
        fault = _fault(entry.name, _plain(entry))
        if fault:
            yield entry.value_place, f'"{entry.name}" {fault}'


def _fault(name: str, value: str) -> str | None:
    if _DEBUG.fullmatch(name) and value in _YES:
        return "shows the inside of errors; set it to false"
    if _MODE.fullmatch(name) and value in ("development", "dev", "local"):
        return "is for development; set it to production"
    if _EVERYONE.fullmatch(name) and value in ("*", '["*"]'):
        return "lets everybody in; name the hosts"
    if name.upper().endswith("LOG_LEVEL") and value in ("debug", "trace"):
        return "fills the disk and may log secrets; set it to info"
    return None
