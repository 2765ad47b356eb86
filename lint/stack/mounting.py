"""Which files of a container come from which files here: by COPY, by mounts, by configs."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..dockerfile import Stage
from ..files import Files, normal
from ..record import dataclass

if TYPE_CHECKING:
    from .container import Container


@dataclass(frozen=True)
class FileTree:
    """
    The files of a container that are at hand.

    Attributes:
        paths: By path in the container, file or folder, where it comes from; what is mounted hides what was copied.
        covered: Paths in the container whose content is mounted and not at hand: volumes, variables.
    """

    paths: Mapping[str, str]
    covered: frozenset[str]
    reader: Files

    def source(self, path: str) -> str | None:
        """The file here that is at *path* in the container; None where there is none, or it is not known."""
        here = self._nearest(path)
        return here if here is not None and self.reader.exists(here) else None

    def is_covered(self, path: str) -> bool:
        """Whether *path* in the container lies in something mounted or copied, known or not."""
        return self._nearest(path) is not None or any(_is_inside(path, each) for each in self.covered)

    def is_absent(self, path: str) -> bool:
        """Whether surely nothing from here is at *path* in the container; the image itself may have it."""
        here = self._nearest(path)
        if here is None:
            return not any(_is_inside(path, each) for each in self.covered)
        return not self.reader.exists(here)

    def is_inside_covered(self, folder: str) -> bool:
        """Whether something is mounted or copied at *folder* or into it."""
        return self.is_covered(folder) or any(_is_inside(path, folder) for path in (*self.paths, *self.covered))

    def inside(self, folder: str, ending: str) -> list[tuple[str, str]]:
        """The files directly in *folder* of the container: the name there and the path here, by name."""
        found: dict[str, str] = {}
        for target, here in self.paths.items():
            if target == folder and self.reader.is_folder(here):
                names = self.reader.glob(posixpath.join(here, f"*{ending}"))
                found.update({posixpath.basename(name): name for name in names})
            elif posixpath.dirname(target) == folder and target.endswith(ending) and self.reader.exists(here):
                found[posixpath.basename(target)] = here
        return sorted(found.items())

    def _nearest(self, path: str) -> str | None:
        inside = [target for target in self.paths if _is_inside(path, target)]
        if not inside:
            return None
        target = max(inside, key=len)
        if any(_is_inside(path, each) and len(each) > len(target) for each in self.covered):
            return None
        rest = path[len(target.rstrip("/")) :].lstrip("/")
        return posixpath.normpath(posixpath.join(self.paths[target], rest)) if rest else self.paths[target]


def file_tree(container: Container) -> FileTree:
    """What of *container* is known here."""
    paths: dict[str, str] = {}
    covered: set[str] = set()
    reader = container.stack.reader
    if container.stage is not None and container.build is not None and container.build.folder is not None:
        paths.update(copied(container.stage, container.build.folder, reader))
    for mount in container.service.mounts:
        if not isinstance(mount.target, str):
            continue
        target = posixpath.normpath(mount.target)
        if mount.type == "bind" and mount.path is not None and not _is_of_host(mount.source):
            paths[target] = mount.path
        else:
            covered.add(target)
    for target, here in _configs(container):
        if here is None:
            covered.add(target)
        else:
            paths[target] = here
    return FileTree(paths, frozenset(covered), reader)


def copied(stage: Stage, context: str, reader: Files) -> Iterator[tuple[str, str]]:
    """What COPY and ADD bring from the build context: the path in the image, and the path here."""
    for each in reversed(list(stage.chain())):
        for copy in each.copies:
            target = each.text(copy.target)
            if copy.origin is not None or target is None:
                continue
            target = posixpath.join(each.workdir or "/", target)
            for word in copy.sources:
                source = each.text(word)
                if source is None or any(sign in source for sign in "*?[") or "://" in source:
                    continue
                here = normal(posixpath.join(context or ".", source.lstrip("/")))
                yield _in_image(target, here, len(copy.sources) > 1, reader), here


def _in_image(target: str, here: str, are_several: bool, reader: Files) -> str:
    if reader.is_folder(here):
        return posixpath.normpath(target)
    if are_several or target.endswith(("/", "/.")) or posixpath.basename(target) in (".", ".."):
        return posixpath.normpath(posixpath.join(target, posixpath.basename(here)))
    return posixpath.normpath(target)


def _configs(container: Container) -> Iterator[tuple[str, str | None]]:
    """The configs and secrets of a service: the path in the container and the file here, None where there is none."""
    project = container.stack.project
    for mounts, section in ((container.service.configs, project.configs), (container.service.secrets, project.secrets)):
        for mount in mounts:
            if not isinstance(mount.target, str) or not isinstance(mount.source, str):
                continue
            value = section.get(mount.source)
            file = value.get("file") if value is not None else None
            known = file is not None and isinstance(file.data, str) and not _is_of_host(file.data)
            here = posixpath.join(file.node.source.base, file.data) if file is not None and known else None
            yield posixpath.normpath(mount.target), normal(here) if here is not None else None


def _is_of_host(source: object) -> bool:
    """Whether a path is one of the host that the stack runs on, where another file is than on this machine."""
    return not isinstance(source, str) or source.startswith(("/", "~"))


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
