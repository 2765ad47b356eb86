"""The configuration that an nginx in a container really has, read by the linter, and the way back to our files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from ....lint.files import Files, ReadError
from ....lint.nginx import NginxConfig, read
from ....lint.nginx.table import version as version_of
from ....lint.place import Place
from ...command import Command
from ...doctor.seen import Seen
from ...edge import MAIN
from ...errors import FairleadError
from ...host import Host
from ...reach import Reach, on_this_machine
from ...settings import EdgeSettings
from .disk import Folder, listing

ASK_S = 20.0
_FILE = re.compile(r"(?m)^# configuration file (/[^\n]*):\n")
_VERSION = re.compile(r"nginx/(\d+(?:\.\d+)+)")


class ConfigurationError(FairleadError):
    """The running configuration cannot be had or read; the message says of which container and why."""


@dataclass(frozen=True)
class Running:
    """
    One nginx.

    Attributes:
        names: What others in its networks call it.
        texts: The files of its configuration by their path in the container, the main one first.
        published: By port in the container, where its machine publishes it: address and port.
        reached: By port in the container, where to connect from here.
        ours: The path of a file of this project, by the path in the container.
        folder: What lies in the folders that it serves.
    """

    service: str
    container: str
    config: NginxConfig
    texts: Mapping[str, str]
    published: Mapping[int, tuple[str, int]]
    ours: Mapping[str, str]
    folder: Folder
    reached: Mapping[int, tuple[str, int]]
    names: frozenset[str]

    def place(self, place: Place) -> str:
        """``file:line`` in this project where the file is ours, in the container otherwise."""
        return f"{self.ours.get(place.path, f'{self.container}:{place.path}')}:{place.line}"

    @cached_property
    def main(self) -> str:
        """The main file, as nginx names it."""
        return next(iter(self.texts))


def running(
    host: Host,
    client: str,
    container: Seen,
    inspected: Mapping[str, Any],
    known: Mapping[str, str],
    *,
    reach: Reach = on_this_machine,
) -> Running:
    """
    The configuration of *container*.

    Args:
        known: Our path of a file by its path in the container, and the text of each of our files by its path.
        reach: Where a port that the machine publishes is reached from here.

    Raises:
        ConfigurationError: nginx does not say, or what it says cannot be read.
    """
    main = next(
        (after for word, after in pairwise(container.words) if word == "-c" and "nginx" in container.words[0]), ""
    )
    flags = ("-T", "-q", *(("-c", main) if main else ()))
    with ThreadPoolExecutor(2) as pool:
        telling = pool.submit(host.run, Command((client, "exec", container.name, "nginx", "-v")), ASK_S)
        said = host.run(Command((client, "exec", container.name, "nginx", *flags)), ASK_S)
        told = telling.result()
    texts = files_of(said.out)
    if not texts:
        raise ConfigurationError(f"{container.name}: nginx -T: {said.reason}")
    config = parsed(texts, told.err + told.out, container.name)
    published = published_ports(inspected)
    return Running(
        container.service,
        container.name,
        config,
        texts,
        published,
        {path: name for path, text in texts.items() if (name := _ours(path, text, known))},
        listing(host, client, container.name, config),
        {port: reach(*where) for port, where in published.items()},
        frozenset((container.service, *_aliases(inspected))),
    )


def files_of(dump: str) -> dict[str, str]:
    """The files in what ``nginx -T`` prints, by path."""
    parts = _FILE.split(dump)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def parsed(texts: Mapping[str, str], version: str, name: str) -> NginxConfig:
    """
    *texts* as the linter reads them, judged for *version*.

    Raises:
        ConfigurationError: the main file cannot be read.
    """
    found = _VERSION.search(version)
    files = Files(dict(texts), only_overlay=True)
    try:
        known = {"version": version_of(found[1])} if found else {}
        return read(next(iter(texts)), files, mounts={"/": "/"}, **known)
    except ReadError as error:
        raise ConfigurationError(f"{name}: {error}") from None


def published_ports(inspected: Mapping[str, Any]) -> dict[int, tuple[str, int]]:
    """Where its machine publishes each TCP port of a container."""
    found = {}
    for name, bound in ((inspected.get("NetworkSettings") or {}).get("Ports") or {}).items():
        port, _, protocol = name.partition("/")
        ipv4 = [each for each in bound or () if ":" not in each["HostIp"]] or bound or []
        if protocol == "tcp" and ipv4:
            found[int(port)] = (ipv4[0]["HostIp"], int(ipv4[0]["HostPort"]))
    return found


def _aliases(inspected: Mapping[str, Any]) -> Iterator[str]:
    for network in ((inspected.get("NetworkSettings") or {}).get("Networks") or {}).values():
        yield from network.get("Aliases") or ()


def project_files(root: Path, edge: EdgeSettings | None, others: tuple[Path, ...]) -> dict[str, str]:
    """
    The text of each nginx file of this project by its path from *root*; those of the edge by their path in the
    container too.
    """
    found: dict[str, str] = {}
    for path in (*(edge.files if edge else ()), *others):
        for member in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if member.is_file():
                found[_shown(member, root)] = member.read_text(encoding="utf-8", errors="replace")
    return found


def edge_paths(root: Path, edge: EdgeSettings) -> dict[str, str]:
    """Our path of each file of the edge, by its path in the container."""
    live = PurePosixPath(edge.mount) / "live"
    main, *others = edge.files
    found = {str(live / MAIN): _shown(main, root)}
    for path in others:
        for member in sorted(path.rglob("*")) if path.is_dir() else [path]:
            found[str(live / member.relative_to(path.parent))] = _shown(member, root)
    return found


def _ours(path: str, text: str, known: Mapping[str, str]) -> str:
    if path in known:
        return known[path]
    return next((name for name, own in known.items() if own.strip() and own.strip() == text.strip()), "")


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
