"""Which nginx configuration runs in which container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..files import ReadError
from ..nginx import Directive, NginxConfig, read
from ..nginx.loading import asked_version
from ..record import dataclass
from .passing import Target, targets

if TYPE_CHECKING:
    from .container import Container

_FOLDERS = ("/etc/nginx", "/usr/local/openresty/nginx/conf")
_STANDARD_PORTS = {"nginx-unprivileged": 8080}


@dataclass(frozen=True)
class Site:
    """
    A configuration that a container runs.

    Attributes:
        is_main: Whether it is the file that nginx starts with, not one that the image's own includes.
        is_complete: Whether there is nothing beside it that is not at hand.
        default_ports: What the image's own configuration listens on beside it.
    """

    config: NginxConfig
    is_main: bool
    is_complete: bool
    default_ports: frozenset[int]

    @cached_property
    def servers(self) -> Sequence[Directive]:
        """Its ``server`` blocks."""
        return self.config.servers

    @cached_property
    def targets(self) -> Sequence[Target]:
        """Where it sends requests."""
        return tuple(targets(self.config))

    @property
    def has_streams(self) -> bool:
        """Whether it passes connections on below HTTP, which is not looked into here."""
        return self.config.has("stream")


def sites(container: Container) -> tuple[Site, ...]:
    """The configurations of *container*; empty where it runs no nginx, or none of its files is at hand."""
    main = _main_path(container)
    here = container.tree.source(main)
    if here is not None:
        config = _config(container, here)
        return (Site(config, True, not _lacks(config), frozenset()),) if config is not None else ()
    if not container.is_nginx:
        return ()
    if container.tree.is_covered(main) or main not in _usual_mains():
        return tuple(_by_name(container, main))
    return tuple(_parts(container))


def _parts(container: Container) -> Iterator[Site]:
    """The files that the image's own configuration includes."""
    found = dict(container.tree.inside("/etc/nginx/conf.d", ".conf"))
    templates = container.tree.inside("/etc/nginx/templates", ".template")
    found.update({name.removesuffix(".template"): here for name, here in templates})
    is_hidden = any(container.tree.is_covered(path) for path in ("/etc/nginx/conf.d", "/etc/nginx/conf.d/default.conf"))
    name = container.image_name.rpartition("/")[2]
    default = frozenset() if is_hidden or "default.conf" in found else frozenset((_STANDARD_PORTS.get(name, 80),))
    configs = [config for here in found.values() if (config := _config(container, here)) is not None]
    is_complete = bool(found) and len(configs) == len(found) and not _has_unknown_parts(container)
    for config in configs:
        yield Site(config, False, is_complete and not _lacks(config), default)


def _has_unknown_parts(container: Container) -> bool:
    folders = ("/etc/nginx/conf.d", "/etc/nginx/templates", "/etc/nginx")
    return any(path in container.tree.covered for path in folders)


def _by_name(container: Container, main: str) -> Iterator[Site]:
    """
    The one configuration of that name in the project's folder that is nobody else's.

    What is mounted may be made when the stack starts, from the file that lies beside the Compose file.
    """
    stack = container.stack
    others = [each for each in stack.containers.values() if each is not container and each.is_nginx]
    taken = {here for each in others for here in each.tree.paths.values()}
    folder = stack.project.directory
    found = [
        config
        for config in stack.nginx
        if posixpath.dirname(config.path) == folder
        and posixpath.basename(config.path) == posixpath.basename(main)
        and config.path not in taken
        and not config.is_fragment
    ]
    if len(found) == 1:
        yield Site(found[0], True, not _lacks(found[0]), frozenset())


def _main_path(container: Container) -> str:
    words = container.words or ()
    for index, word in enumerate(words[:-1]):
        if word == "-c" and words[index + 1].startswith("/"):
            return posixpath.normpath(words[index + 1])
    name = container.image_name.rpartition("/")[2]
    return f"{_FOLDERS[name == 'openresty']}/nginx.conf"


def _usual_mains() -> tuple[str, ...]:
    return tuple(f"{folder}/nginx.conf" for folder in _FOLDERS)


def _config(container: Container, path: str) -> NginxConfig | None:
    """The configuration at *path* as it is read in the container, where includes have other paths than here."""
    stack = container.stack
    path = posixpath.normpath(path)
    known = next((config for config in stack.nginx if config.path == path), None)
    if known is not None and not _lacks(known) and not known.has("include"):
        return known
    mounts = dict(container.tree.paths)
    try:
        return read(path, stack.reader, mounts=mounts, version=asked_version(stack.options.nginx_version))
    except ReadError:
        return known


def _lacks(config: NginxConfig) -> bool:
    """Whether something is missing that may hold servers or locations."""
    return any(not each.names for each in config.unread) or any("include" in fault.rule for fault in config.faults)
