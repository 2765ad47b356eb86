"""Which nginx configuration runs in which container."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..cached import cached_property
from ..files import ReadError
from ..nginx import Directive, NginxConfig, Unread, read
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
        upstreams: The names of upstreams in the files beside it.
    """

    config: NginxConfig
    is_main: bool
    is_complete: bool
    default_ports: frozenset[int]
    upstreams: frozenset[str] = frozenset()

    @cached_property
    def servers(self) -> Sequence[Directive]:
        """Its ``server`` blocks."""
        return self.config.servers

    @cached_property
    def targets(self) -> Sequence[Target]:
        """Where it sends requests, as far as its own file says."""
        return tuple(target for target in targets(self.config) if target.host not in self.upstreams)

    @property
    def has_streams(self) -> bool:
        """Whether it passes connections on below HTTP, which is not looked into here."""
        return self.config.has("stream")


def sites(container: Container) -> tuple[Site, ...]:
    """The configurations of *container*; empty where it runs no nginx, or none of its files is at hand."""
    main = _main_path(container)
    here = container.tree.source(main)
    if here is not None and _is_made(here) and (found := tuple(_by_name(container, main))):
        return found
    if here is not None:
        config = _config(container, here)
        return (Site(config, True, not _lacks(config, container), _added_ports(config, container)),) if config else ()
    if not container.is_nginx:
        return ()
    if container.tree.is_covered(main) or main not in _usual_mains():
        return tuple(_by_name(container, main))
    return tuple(_parts(container))


def _is_made(path: str) -> bool:
    """Whether a file lies in a hidden folder, where nobody writes by hand what runs."""
    return any(part.startswith(".") and part.strip(".") for part in posixpath.dirname(path).split("/"))


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
    names = frozenset(name.lower() for config in configs for name in config.upstreams)
    for config in configs:
        beside = names - {name.lower() for name in config.upstreams}
        yield Site(config, False, is_complete and not _lacks(config, container), default, beside)


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
        yield Site(found[0], True, not _lacks(found[0], container), frozenset())


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
    if known is not None and not known.unread and not known.has("include"):
        return known
    mounts = dict(container.tree.paths)
    try:
        config = read(path, stack.reader, mounts=mounts, version=asked_version(stack.options.nginx_version))
    except ReadError:
        return known
    stack.report_in_all(config)
    return config


def _lacks(config: NginxConfig, container: Container) -> bool:
    """Whether something is missing that may hold servers or locations."""
    unread = [each for each in config.unread if not each.names and not _is_of_image(each, container)]
    return bool(unread) or any("include" in fault.rule for fault in config.faults)


def _is_of_image(unread: Unread, container: Container) -> bool:
    """Whether an include takes in only what the official image has there: its default.conf, or nothing."""
    path = posixpath.normpath(posixpath.join("/etc/nginx", unread.include.value))
    folder = posixpath.dirname(path)
    if not container.is_nginx or "*" not in path or "*" in folder or container.tree.is_inside_covered(folder):
        return False
    stages = container.stage.chain() if container.stage is not None else ()
    return not any(folder in each.text for stage in stages for each in stage.all("RUN", "COPY", "ADD"))


def _added_ports(config: NginxConfig, container: Container) -> frozenset[int]:
    """What the image's default.conf listens on, where the configuration includes it."""
    includes = [each for each in config.unread if posixpath.dirname(each.include.value).endswith("conf.d")]
    if not any(_is_of_image(each, container) for each in includes):
        return frozenset()
    return frozenset((_STANDARD_PORTS.get(container.image_name.rpartition("/")[2], 80),))
