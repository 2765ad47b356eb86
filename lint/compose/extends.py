"""``extends``: a service on top of another, of the same file or of another one."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..files import ReadError
from . import resets
from .merge import Merger
from .nodes import UNKNOWN, Mapping, Node, Scalar
from .problem import error

if TYPE_CHECKING:
    from .loader import Loader, Setting

REMOTE = ("https://", "http://", "git://", "ssh://", "oci://", "git@", "github.com/")
"""What Compose would fetch; never followed."""


_LONGEST = 100
"""How many services may stand above each other; real files have two or three."""


class Extender:
    """Puts the extended service under each that names one. A name that leads nowhere is a problem of the loader."""

    def __init__(self, loader: Loader, setting: Setting) -> None:
        self._loader = loader
        self._setting = setting
        self._files: dict[str, tuple[Mapping, list[resets.Path]]] = {}

    def of(self, tree: Mapping, gone: list[resets.Path]) -> Mapping:
        """*tree* with its services extended; *gone* is what it resets, in extended services too."""
        services = tree.children.get("services")
        if not isinstance(services, Mapping) or not any(_extends(child) for child in services.children.values()):
            return tree
        copy = services.copy()
        for name in services.children:
            copy.children[name] = self._service(name, services, ((tree.source.path, name),), gone)
        whole = tree.copy()
        whole.children["services"] = copy
        return whole

    def _service(
        self, name: str, services: Mapping, trail: tuple[tuple[str, str], ...], gone: list[resets.Path]
    ) -> Node:
        service = services.children[name]
        extends = _extends(service)
        if extends is None or not isinstance(service, Mapping):
            return service
        found = self._base(extends, services, gone)
        if found is None:
            return service
        others, base_name, path, all_gone = found
        if (path, base_name) in trail or len(trail) > _LONGEST:
            message = f'service "{name}" extends itself by way of "{base_name}"'
            if (path, base_name) not in trail:
                message = f'more than {_LONGEST} services extend each other up to "{base_name}"; write it out'
            self._loader.problems.append(error("extends-unresolved", extends.place, message))
            return service
        base = self._service(base_name, others, (*trail, (path, base_name)), all_gone)
        return self._merged(name, base, service, all_gone)

    def _merged(self, name: str, base: Node, service: Mapping, gone: list[resets.Path]) -> Node:
        if not isinstance(base, Mapping):
            return service
        own = [path[2:] for path in gone if path[:2] == ("services", name) and len(path) > 2]  # noqa: PLR2004
        merger = Merger()
        merged = merger.service(resets.without(base, own), service)
        self._loader.problems += merger.problems
        if isinstance(merged, Mapping):
            merged = merged.copy()
            merged.drop("extends")
            merged.source, merged.start, merged.end = service.source, service.start, service.end
        return merged

    def _base(
        self, extends: Node, services: Mapping, gone: list[resets.Path]
    ) -> tuple[Mapping, str, str, list[resets.Path]] | None:
        """The services that hold the extended one, its name, their file and what is reset, or None."""
        name, file = _child(extends, "service"), _child(extends, "file")
        if isinstance(extends, Scalar):
            name = extends
        if name is None or not isinstance(name.data, str) or UNKNOWN in name.data:
            return None
        if file is None or not isinstance(file.data, str):
            others, path, all_gone = services, services.source.path, gone
        else:
            read = self._file(file)
            if read is None:
                return None
            others, new_gone = read
            path, all_gone = others.source.path, [*gone, *new_gone]
        if name.data not in others.children:
            message = f'there is no service "{name.data}" in {path} to extend'
            self._loader.problems.append(error("extends-unresolved", name.place, message))
            return None
        return others, name.data, path, all_gone

    def _file(self, file: Scalar) -> tuple[Mapping, list[resets.Path]] | None:
        written = str(file.data)
        if UNKNOWN in written or written.startswith(REMOTE):
            return None
        path = posixpath.normpath(posixpath.join(file.source.base, written))
        try:
            return self._loaded(path)
        except ReadError as fault:
            message = f'file "{file.text}" to extend from cannot be read: {fault.reason}'
            self._loader.problems.append(error("extends-unresolved", file.place, message))
            return None

    def _loaded(self, path: str) -> tuple[Mapping, list[resets.Path]]:
        if path not in self._files:
            from .loader import Setting, folder_of  # noqa: PLC0415 - the loader reads files for us and we extend for it

            setting = Setting(folder_of(path), self._setting.environment, self._setting.unset)
            self._files[path] = self._loader.services_of(path, setting)
        return self._files[path]


def _extends(service: Node) -> Node | None:
    return service.children.get("extends") if isinstance(service, Mapping) else None


def _child(node: Node, name: str) -> Scalar | None:
    child = node.children.get(name) if isinstance(node, Mapping) else None
    return child if isinstance(child, Scalar) else None
