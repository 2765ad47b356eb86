"""``include``: the resources of other projects, each read in its own folder and with its own env file."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..files import ReadError
from .extends import REMOTE
from .nodes import UNKNOWN, Mapping, Node, Scalar, Sequence, Source, raw
from .problem import error

if TYPE_CHECKING:
    from .loader import Loader, Setting

_RESOURCES = ("services", "volumes", "networks", "secrets", "configs")


class Includer:
    """Adds what a file includes to it. What cannot be included is a problem of the loader."""

    def __init__(self, loader: Loader, setting: Setting) -> None:
        self._loader = loader
        self._setting = setting

    def of(self, tree: Mapping, trail: tuple[str, ...]) -> Mapping:
        """*tree* with the resources it includes, and without its ``include``."""
        include = tree.children.get("include")
        if include is None:
            return tree
        tree = tree.copy()
        tree.drop("include")
        for entry in include.items if isinstance(include, Sequence) else ():
            imported = self._imported(entry, trail)
            if imported is not None:
                self._take(tree, imported)
        return tree

    def _imported(self, entry: Node, trail: tuple[str, ...]) -> Mapping | None:
        written = _texts(entry if isinstance(entry, Scalar) else _child(entry, "path"))
        if not written or any(UNKNOWN in str(each.data) or str(each.data).startswith(REMOTE) for each in written):
            return None
        paths = [self._path(each) for each in written]
        if paths[0] in trail:
            message = f'"{written[0].text}" includes itself by way of {" and ".join(trail)}'
            self._loader.problems.append(error("include-unresolved", written[0].place, message))
            return None
        setting = self._inner_setting(entry, posixpath.dirname(paths[0]))
        for path, each in zip(paths, written, strict=True):
            if not self._loader.files.exists(path):
                self._unresolved(each, "no such file")
                return None
        try:
            return self._loader.model(paths, setting, trail)
        except ReadError as fault:
            self._unresolved(written[0], fault.reason)
            return None

    def _inner_setting(self, entry: Node, folder: str) -> Setting:
        from .loader import Setting  # noqa: PLC0415 - the loader includes through us and we load through it

        directory = _texts(_child(entry, "project_directory"))
        base = self._path(directory[0]) if directory else folder
        if directory and not self._loader.files.is_folder(base):
            base = posixpath.dirname(base)  # Compose, too, takes the parent of a folder that is not there
        listed = _texts(_child(entry, "env_file"))
        env_files = [self._path(each) for each in listed] or [posixpath.join(base, ".env")]
        environment = dict(self._setting.environment)
        for path in env_files:
            for name, value in self._values(path, environment).items():
                environment.setdefault(name, value)
        return Setting(base, environment, self._setting.unset, self._setting.validate)

    def _values(self, path: str, environment: dict[str, str]) -> dict[str, str]:
        from ..envfile.parser import parse  # noqa: PLC0415 - few projects include

        if not self._loader.files.exists(path):
            return {}
        try:
            text = self._loader.files.read(path)
        except ReadError:
            return {}
        return parse(text, path).values(environment)

    def _take(self, tree: Mapping, imported: Mapping) -> None:
        for kind in _RESOURCES:
            source = imported.children.get(kind)
            if not isinstance(source, Mapping):
                continue
            present = tree.children.get(kind)
            target = (
                present.copy() if isinstance(present, Mapping) else Mapping(source.source, source.start, source.end)
            )
            for name, child in source.children.items():
                self._take_one(kind, target, (source.keys[name], child), tree.source)
            tree.children[kind] = target
            tree.keys.setdefault(kind, imported.keys[kind])

    def _take_one(self, kind: str, target: Mapping, entry: tuple[Scalar, Node], kept: Source) -> None:
        key, child = entry
        name = key.text
        if name not in target.children:
            target.put(key, child, name)
        elif raw(target.children[name]) != raw(child) or _file(target.children[name], kept) != _file(child, None):
            there = key.place
            message = (
                f"{kind}.{name} is also defined in {there.path}:{there.line}, which is included; rename one of them"
            )
            self._loader.problems.append(error("include-unresolved", target.keys[name].place, message))

    def _path(self, node: Scalar) -> str:
        return posixpath.normpath(posixpath.join(self._setting.base, str(node.data)))

    def _unresolved(self, node: Scalar, reason: str) -> None:
        message = f'"{node.text}" to include cannot be read: {reason}'
        self._loader.problems.append(error("include-unresolved", node.place, message))


def _file(node: Node, kept: Source | None) -> str | None:
    """The file a secret or config names: from the current folder, but as written in the source *kept*."""
    file = _child(node, "file")
    if not isinstance(file, Scalar) or not isinstance(file.data, str):
        return None
    return file.data if file.source is kept else posixpath.normpath(posixpath.join(file.source.base, file.data))


def _child(node: Node, name: str) -> Node | None:
    return node.children.get(name) if isinstance(node, Mapping) else None


def _texts(node: Node | None) -> list[Scalar]:
    nodes = node.items if isinstance(node, Sequence) else [node]
    return [each for each in nodes if isinstance(each, Scalar) and isinstance(each.data, str)]
