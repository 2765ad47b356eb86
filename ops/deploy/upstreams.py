"""Names a release's containers in nginx's configuration, where the stack's own files name services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...lint.record import replace
from ..edge import MAIN
from ..errors import SettingsError
from .upstream_names import Named, hosts_asked, without_port

if TYPE_CHECKING:
    from ...lint.nginx.config import NginxConfig
    from ...lint.nginx.directive import Directive
    from ...lint.place import Place


class UpstreamError(SettingsError):
    """
    nginx reaches an app service in a way that cannot be switched.

    Attributes:
        path: The file in the generation, with which the message begins.
    """

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(f"{place}: {text}")
        self.path = place.path
        self._place, self._text = place, text

    def at(self, path: str) -> UpstreamError:
        """The same, said of the file *path* from which that of the generation is made."""
        return UpstreamError(replace(self._place, path=path), self._text)


def for_release(
    files: Mapping[str, str],
    services: Iterable[str],
    release: str,
    aliases: Mapping[str, str] | None = None,
    shared: Iterable[str] = (),
) -> dict[str, str]:
    """
    *files*, in which each `server SERVICE:PORT` of an upstream names that service's containers of *release*.

    Args:
        files: The text of each file of a generation, by its path in it.
        services: The services of the app tier.
        aliases: The service that a further name in a network is of, by that name.
        shared: Folders of nginx's container that services of the app tier can write to, too.

    Raises:
        UpstreamError: nginx would reach a service in a way that does not change with the generation; the message says
            at which place.
    """
    apps = {name.lower(): name for name in services}
    if not apps:
        return dict(files)
    edits: dict[str, dict[tuple[int, int], str]] = {}
    others = {alias.lower(): service for alias, service in (aliases or {}).items() if alias.lower() not in apps}
    configurations = list(_configurations(files))
    upstreams = {each.value.lower() for config in configurations for each in config.find("upstream")}
    for config in configurations:
        for server in _servers(config):
            _refuse_socket(server, server.value, shared)
            host = without_port(server.value).lower()
            if host in apps:
                start, end, text = _renamed(server, f"{apps[host]}-{release}")
                edits.setdefault(server.file.path, {})[start, end] = text
            elif host in others:
                raise UpstreamError(
                    server.arg_place(0),
                    f"server {server.value}: {host} is a further name of {others[host]}, and of "
                    f"all its releases; name {others[host]} itself",
                )
        _check(config, {**others, **apps}, upstreams, shared)
    return {path: _edited(text, edits.get(path, {})) for path, text in files.items()}


def _configurations(files: Mapping[str, str]) -> Iterator[NginxConfig]:
    """The one that nginx reads, and each file that it does not include, read by itself."""
    from ...lint.files import Files  # noqa: PLC0415 - crossplane takes time that other tasks do not need
    from ...lint.nginx.reading import read  # noqa: PLC0415

    known, seen = Files(dict(files), only_overlay=True), set[str]()
    for path in (*(each for each in files if each == MAIN), *(each for each in files if each != MAIN)):
        if path not in seen:
            config = read(path, known)
            seen |= {source.path for source in config.sources}
            yield config


def _servers(config: NginxConfig) -> list[Directive]:
    """The servers of upstreams; that of a page has a block."""
    return [each for each in config.find("server") if each.block is None and each.args]


def _renamed(server: Directive, name: str) -> tuple[int, int, str]:
    """Where the address of *server* stands in its file, and what it becomes."""
    if "resolve" not in server.args[1:]:
        raise UpstreamError(
            server.place,
            f"server {' '.join(server.args)}: without `resolve` nginx does not start while this "
            "release is not there; add it, and a zone and a resolver to the upstream",
        )
    token = server.file.arguments(server.token)[0]
    start, end = server.file.starts[token], server.file.ends[token]
    written = server.file.text[start:end]
    return start, end, re.sub(re.escape(without_port(server.value)), lambda _: name, written, count=1)


def _edited(text: str, edits: Mapping[tuple[int, int], str]) -> str:
    for (start, end), new in sorted(edits.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _check(config: NginxConfig, names: Mapping[str, str], upstreams: Iterable[str], shared: Iterable[str]) -> None:
    """Refuses what is still asked by the name that all releases of a service have."""
    for asked in hosts_asked(config):
        _refuse_socket(asked.directive, asked.text, shared)
        if asked.host in names and not (asked.host in upstreams and not asked.has_port):
            raise UpstreamError(asked.directive.place, f"{_said(asked)}: {_why(asked, names[asked.host])}")


def _said(asked: Named) -> str:
    return " ".join((asked.directive.name, *asked.directive.args))


def _why(asked: Named, service: str) -> str:
    held = f"{asked.host} is the name of every release of {service} there is"
    if not asked.in_variable:
        held = f"nginx keeps the address that {asked.host} has when it reads this"
    return f"{held}; name an upstream with `server {service}:PORT resolve;` instead"


def _refuse_socket(directive: Directive, address: str, shared: Iterable[str]) -> None:
    found = re.search(r"\bunix:([^:\s]+)", address)
    for folder in shared if found else ():
        if found and found[1].startswith(f"{folder.rstrip('/')}/"):
            raise UpstreamError(
                directive.place,
                f"{directive.name} {address}: two releases would listen at this one socket; let the "
                "service listen at a port, and name an upstream with `server SERVICE:PORT resolve;`",
            )
