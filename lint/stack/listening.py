"""Which ports a container opens, as far as its command and configuration say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..nginx import listens
from ..regex import regex
from . import gunicorn
from .starting import Started, started, variable

if TYPE_CHECKING:
    from .container import Container

_ADDRESS = regex(r"(?:\[[^\]]*\]|[^:\[\]]*):(?P<port>\d+)|(?P<alone>\d+)")
_DEFAULTS = {
    "uvicorn": (("--port",), 8000, "UVICORN_PORT"),
    "flask": (("--port", "-p"), 5000, "FLASK_RUN_PORT"),
    "fastapi": (("--port",), 8000, "PORT"),
    "streamlit": (("--server.port",), 8501, "STREAMLIT_SERVER_PORT"),
    "daphne": (("--port", "-p"), 8000, ""),
    "next": (("--port", "-p"), 3000, "PORT"),
}
_BINDING = {"hypercorn": ("--bind", "-b"), "granian": ("--port",)}
_SOCKETS = ("--uds", "--fd", "--unix-socket", "-u", "--endpoint", "-e")
_DATABASES = ("redis-server", "valkey-server", "mysqld", "mariadbd", "postgres")
_PORT_WORD = regex(r"-{1,2}(?:[a-z]+-)?port(?:=|$)|-p\d*$|port=", re.IGNORECASE)


def ports(container: Container) -> frozenset[int] | None:
    """Every TCP port it opens; None where that cannot be told."""
    server = started(container)
    if container.is_nginx or container.sites:
        return _of_nginx(container) if _runs_nginx(container, server) else None
    if server is not None and server.name not in _DATABASES:
        return _of_server(container, server)
    return _of_image(container, server)


def is_ipv4_only(container: Container) -> bool | None:
    """Whether its server certainly speaks no IPv6; None where that cannot be told."""
    if container.is_nginx or container.sites:
        found = [each for site in container.sites for server in site.servers for each in listens(server)]
        return not any(each.is_ipv6 for each in found) if container.listening and _is_alone(container) else None
    server = started(container)
    if server is None or server.name not in ("gunicorn", "hypercorn", "uvicorn"):
        return None
    hosts = list(server.options("--host")) if server.name == "uvicorn" else _binds(container, server)
    return all(host.startswith(("0.0.0.0", "127.0.0.1")) for host in hosts) if hosts else None  # noqa: S104 - compared


def _is_alone(container: Container) -> bool:
    """Whether nothing of the image's own is beside it, to which its start script adds IPv6."""
    return not any(site.default_ports for site in container.sites)


def _runs_nginx(container: Container, server: Started | None) -> bool:
    """Whether nginx is what it starts, not a script or a supervisor that may start others beside it."""
    return container.words == () or (server is not None and server.name in ("nginx", "openresty"))


def _of_nginx(container: Container) -> frozenset[int] | None:
    found: set[int] = set()
    if not container.sites or container.service.get("network_mode") is not None:
        return None
    for site in container.sites:
        if not site.is_complete:
            return None
        for server in site.servers:
            for each in listens(server):
                if each.port is None:
                    return None
                found.add(each.port)
        if site.has_streams:
            return None
    return frozenset(found | container.sites[0].default_ports)


def _of_server(container: Container, server: Started) -> frozenset[int] | None:
    if server.name == "gunicorn" or server.name in _BINDING:
        return _addresses(_binds(container, server))
    if server.name == "manage.py":
        return _of_django(server)
    if server.name == "http.server":
        numbers = [word for word in server.arguments if not word.startswith("-")]
        return _addresses(numbers[:1] or ["8000"])
    if server.name not in _DEFAULTS or any(server.option(each) for each in _SOCKETS):
        return None
    options, default, name = _DEFAULTS[server.name]
    given = server.option(*options)
    if given is None and name:
        set_to = variable(container, name)
        if set_to is None or (set_to == "" and not container.service.project.complete):
            return None
        given = set_to or None
    return _addresses([given or str(default)])


def _binds(container: Container, server: Started) -> list[str]:
    """The addresses it binds to; none where they cannot be told."""
    if server.name == "gunicorn":
        return gunicorn.setting(container, server, "bind", "-b") or []
    return list(server.options(*_BINDING[server.name]))


def _of_django(server: Started) -> frozenset[int] | None:
    words = [word for word in server.arguments if not word.startswith("-")]
    if words[:1] != ["runserver"]:
        return None
    return _addresses(words[1:2] or ["8000"])


def _of_image(container: Container, server: Started | None) -> frozenset[int] | None:
    """The ports of an official image, where nothing is started in it but its own server with options."""
    facts = container.facts
    if facts is None or not facts.ports or container.build is not None:
        return None
    if container.service.entrypoint is not None or container.words is None:
        return None
    is_own = not container.words or container.words[0].startswith("-") or server is not None
    is_told = any(_PORT_WORD.match(word) for word in container.words)
    return facts.ports if is_own and not is_told and not _has_own_settings(container) else None


def _has_own_settings(container: Container) -> bool:
    """Whether a file is mounted or named that may change the port."""
    service = container.service
    names = [*(str(mount.target) for mount in service.mounts), *(str(mount.target) for mount in service.configs)]
    return any(name.endswith((".conf", ".cnf", "conf.d")) for name in [*names, *(container.words or ())])


def _addresses(words: list[str]) -> frozenset[int] | None:
    """The ports of addresses such as ``0.0.0.0:8000``; None where there is none, or one cannot be read."""
    found = [_ADDRESS.fullmatch(word) for word in words]
    if not found or any(match is None for match in found):
        return None
    return frozenset(int(match["port"] or match["alone"]) for match in found if match is not None)
