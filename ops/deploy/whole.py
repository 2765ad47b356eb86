"""Whether a generation of nginx's configuration is whole: what it includes has to change with it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..edge import MAIN, generation_sources
from ..errors import SettingsError
from ..settings import EdgeSettings
from .upstream_names import hosts_asked, without_port

if TYPE_CHECKING:
    from ...lint.nginx.config import NginxConfig
    from ...lint.nginx.directive import Directive

SYSTEM = "/etc/nginx"
TEMPLATES = f"{SYSTEM}/templates/"
FILLED_IN = ".template"
"""The official image fills variables into files of this ending in `TEMPLATES`, for conf.d, when it starts."""

WILD = frozenset("*?[")
BESIDE = {
    "include",
    "auth_basic_user_file",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_client_certificate",
    "ssl_dhparam",
    "ssl_trusted_certificate",
}
"""Directives whose relative paths begin in the folder of nginx.conf."""


class GenerationError(SettingsError):
    """A generation lacks what its nginx.conf needs, or would not be all that nginx reads of the stack's files."""


def check_generation(
    files: Mapping[str, str], edge: EdgeSettings, root: Path, mounts: Mapping[str, str], services: Iterable[str]
) -> None:
    """
    Refuses a generation that nginx would not start with, or past which it would read where the app tier is.

    Args:
        files: The text of each file, by its path in the generation.
        root: The checkout, from which files are named.
        mounts: What nginx's container mounts of the checkout, by the path in the container.
        services: The services of the app tier.

    Raises:
        GenerationError: the message says at which place of which file of the stack.
    """
    from ...lint.files import Files  # noqa: PLC0415 - crossplane takes time that other tasks do not need
    from ...lint.nginx.reading import read  # noqa: PLC0415

    shown = {name: os.path.relpath(path, root) for name, path in generation_sources(edge).items()}
    config = read(MAIN, Files(dict(files), only_overlay=True))
    _check_main(config, shown[MAIN])
    included = [each.value for each in config.find("include")]
    read_from = {target: source for target, source in mounts.items() if _is_read(target, included)}
    known = dict(_mounted(read_from))
    apps = {name.lower(): name for name in services}
    for directive in config.walk():
        if directive.name not in BESIDE or directive.block is not None or not directive.args or "$" in directive.value:
            continue
        try:
            if not posixpath.isabs(directive.value):
                _check_beside(directive, files, edge.files[0].parent, root)
            elif directive.name == "include":
                _check_past(directive, files, known, apps, root)
        except GenerationError as error:
            place = f"{shown.get(directive.file.path, directive.file.path)}:{directive.place.line}"
            raise GenerationError(f"{place}: {directive.name} {directive.value}: {error}") from None


def _check_main(config: NginxConfig, path: str) -> None:
    if config.is_fragment:
        raise GenerationError(
            f"{path}: the first of edge.files in fairlead.yaml is nginx's main file, and this one is a part of one; "
            "name a whole nginx.conf first, such as the image's own, and then this one, which it includes by a "
            "relative path"
        )


def _check_beside(directive: Directive, files: Mapping[str, str], folder: Path, root: Path) -> None:
    """A relative path: nginx looks in the generation, and nowhere else."""
    pattern = posixpath.normpath(directive.value)
    if any(_matches(name, pattern) for name in files):
        return
    ours = sorted(folder.glob(pattern)) if not pattern.startswith("..") else []
    if ours:
        top = os.path.relpath(folder / PurePosixPath(pattern).parts[0], root)
        raise GenerationError(f"not part of a generation; add {top} to edge.files in fairlead.yaml")
    if not WILD & set(pattern):
        raise GenerationError(
            f"begins in the folder of a generation, which has no such file; write {SYSTEM}/{pattern} where it is the "
            "image's, or add it to edge.files in fairlead.yaml"
        )


def _check_past(
    include: Directive, files: Mapping[str, str], mounted: Mapping[str, Path], apps: Mapping[str, str], root: Path
) -> None:
    """A whole path: nginx reads what is there in its container, which no release changes."""
    pattern = posixpath.normpath(include.value)
    own = pattern.removeprefix(f"{SYSTEM}/")
    if own != pattern and any(_matches(name, own) for name in files):
        raise GenerationError(f"reads the container's files and not the generation's own; write `include {own};`")
    for place, path in mounted.items():
        asked = _asked(path, apps) if _matches(place, pattern) else None
        if asked:
            source = os.path.relpath(path, root)
            raise GenerationError(
                f"{source}:{asked[0]} asks {asked[1]}, and nginx reads that file from a mount, which no release "
                f"changes; add {_parent(source)} to edge.files in fairlead.yaml, and include it by a path in there, as "
                f"by `include {PurePosixPath(_parent(source)).name}/*.conf;`"
            )


def _parent(source: str) -> str:
    return str(PurePosixPath(source).parent)


def _asked(path: Path, apps: Mapping[str, str]) -> tuple[int, str] | None:
    """The first line of *path* at which it asks a service of the app tier, and which."""
    from ...lint.nginx.reading import parse  # noqa: PLC0415 - as above

    config = parse(path.read_text(encoding="utf-8", errors="replace"), str(path))
    servers = ((each, without_port(each.value)) for each in config.find("server") if each.block is None and each.args)
    named = ((each.directive, each.host) for each in hosts_asked(config))
    found = [(each.place.line, apps[host.lower()]) for each, host in (*servers, *named) if host.lower() in apps]
    return min(found, default=None)


def _mounted(mounts: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Each file of the checkout that is in nginx's container, by the path that nginx would read."""
    for target, source in mounts.items():
        top = Path(source)
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file():
                place = posixpath.normpath(posixpath.join(target, os.path.relpath(path, top)))
                yield _filled_in(place), path


def _is_read(target: str, included: Iterable[str]) -> bool:
    """Whether an include may lead into a mount at *target*; a page's folder may hold very many files."""
    return target.startswith(f"{SYSTEM}/") or any(posixpath.normpath(path).startswith(target) for path in included)


def _filled_in(place: str) -> str:
    if place.startswith(TEMPLATES) and place.endswith(FILLED_IN):
        return f"{SYSTEM}/conf.d/{place.removeprefix(TEMPLATES).removesuffix(FILLED_IN)}"
    return place


def _matches(path: str, pattern: str) -> bool:
    """As nginx's own patterns do: a star stands for no slash."""
    parts = PurePosixPath(path).parts
    return len(parts) == len(PurePosixPath(pattern).parts) and PurePosixPath(path).match(pattern)


def mounts_of(service: Mapping[str, Any], root: Path, apart: Iterable[str]) -> dict[str, str]:
    """What *service* mounts of the checkout *root*, by its path in the container; nothing in *apart*."""
    binds = [mount for mount in service.get("volumes") or () if mount.get("type") == "bind"]
    return {
        str(mount["target"]): str(mount["source"])
        for mount in binds
        if PurePosixPath(mount["source"]).is_relative_to(root)
        and not any(PurePosixPath(mount["source"]).is_relative_to(folder) for folder in apart)
    }
