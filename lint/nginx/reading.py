"""Reads a configuration: the main file, then every include in place, in the context that includes it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from ..files import Files, ReadError
from ..finding import Edit
from ..record import dataclass, field
from ..regex import regex
from .checks import checked
from .config import Fault, NginxConfig, Unread
from .contexts import assumed_context, set_contexts
from .directive import Directive
from .file import NginxFile, Statement
from .includes import Tree
from .table import NEWEST, Version
from .tokens import Flaw

DEEPEST_INCLUDE = 40
"""How many files may include one another; far more than anybody uses, and less than the stack holds."""

MOST_INCLUDES = 25_000
"""How many files one configuration may include, each counted as often as it is included."""

_TEMPLATE_NAME = regex(r"\.(template|tmpl|tpl|tftpl|j2|jinja2?|erb|ejs|envsubst|in)$")


def read(
    path: str,
    files: Files | None = None,
    *,
    mounts: Mapping[str, str] | None = None,
    version: Version = NEWEST,
) -> NginxConfig:
    """
    The configuration whose main file is *path*.

    Args:
        files: Where texts come from; the disk where nothing is said.
        mounts: Absolute paths in the system nginx will run in (a container), and the paths that stand for them here.
        version: The nginx that will run it.

    Raises:
        ReadError: if the main file itself cannot be read; everything else becomes a fault of the result.
    """
    with _without_collecting():
        return _Reader(path, files or Files(), mounts or {}, version).config()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Keeps Python's collector still: a tree of a million objects has no garbage, and looking for it costs a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def parse(text: str, path: str = "nginx.conf", *, version: Version = NEWEST) -> NginxConfig:
    """The configuration in *text*, as if it were the only file there is."""
    return read(path, Files({os.path.normpath(path): text}, only_overlay=True), version=version)


@dataclass
class _Reader:
    """Reads the files of one configuration, each text once, and expands the includes."""

    path: str
    files: Files
    mounts: Mapping[str, str]
    version: Version
    sources: dict[str, NginxFile] = field(default_factory=dict)
    statements: dict[str, list[Statement]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    faulty: set[tuple[str, str, int]] = field(default_factory=set)
    count: int = 0
    includes: int = 0
    empty: list[tuple[Directive, tuple[str, ...]]] = field(default_factory=list)

    def config(self) -> NginxConfig:
        self.path = os.path.normpath(self.path)
        main, statements = self._file(self.path)
        context, is_fragment = assumed_context([statement["directive"] for statement in statements])
        self.tree = Tree(self.path, self.files, self.mounts, is_fragment)
        del self.statements[self.path]
        directives = self._built(statements, main, None, None, (self.path,))
        config = NginxConfig(
            path=self.path,
            directives=directives,
            sources=list(self.sources.values()),
            faults=self.faults,
            unread=self.unread,
            version=self.version,
            context=context,
            is_fragment=is_fragment,
            is_template=bool(_TEMPLATE_NAME.search(self.path)),
            beside=partial(_text_beside, self.tree),
        )
        set_contexts(config)
        self._tell_empty()
        config.faults.extend(checked(config))
        return config

    def _file(self, path: str) -> tuple[NginxFile, list[Statement]]:
        if path not in self.sources:
            source = NginxFile(self.files.read(path), path)
            self.statements[path] = source.read()
            self.sources[path] = source
            self.faults += (_fault_of(flaw, source) for flaw in source.flaws)
        return self.sources[path], self.statements[path]

    def _built(
        self,
        statements: list[Statement],
        file: NginxFile,
        parent: Directive | None,
        via: Directive | None,
        chain: tuple[str, ...],
    ) -> list[Directive]:
        """The directives of a block. Statements of the main file are let go one by one: both trees would not fit."""
        built: list[Directive] = []
        consume = via is None
        for index, statement in enumerate(statements):
            if "comment" in statement:
                continue  # crossplane lists a comment between arguments even when told to leave comments out
            args = tuple(statement["args"])
            directive = Directive(statement["directive"], args, file, statement["line"], parent=parent, via=via)
            directive.order = self.count
            self.count += 1
            built.append(directive)
            if "block" in statement:
                directive.block = self._built(statement["block"], file, directive, via, chain)
            elif directive.name == "include" and args:
                built += self._included(directive, chain)
            if consume:
                statements[index] = {}
        return built

    def _included(self, include: Directive, chain: tuple[str, ...]) -> list[Directive]:
        found = self.tree.found(include.value)
        if found.is_outside:
            self.unread.append(Unread(include, found.names))
        if found.is_missing:
            self._fault(include, "nginx/include-missing", "there is no such file; nginx would not start")
        if found.others:
            self.empty.append((include, found.others))
        return [directive for path in found.paths for directive in self._inside(path, include, chain)]

    def _inside(self, path: str, include: Directive, chain: tuple[str, ...]) -> Sequence[Directive]:
        if path in chain:
            self._fault(include, "nginx/include-loop", f"{path} is being read already, so nginx would never finish")
            return ()
        self.includes += 1
        if len(chain) > DEEPEST_INCLUDE or self.includes > MOST_INCLUDES:
            self._fault(include, "nginx/include-loop", f"{path} is included too deeply or too often to be read here")
            return ()
        if self._is_outside(path):
            self._fault(include, "nginx/include-outside-tree", f"{path} is outside this project, so it is not read")
            return ()
        try:
            file, statements = self._file(path)
        except ReadError as error:
            self._fault(include, "nginx/include-missing", f"{error.path}: {error.reason}")
            return ()
        return self._built(statements, file, include.parent, include, (*chain, path))

    def _tell_empty(self) -> None:
        for include, others in self.empty:
            left = [os.path.basename(path) for path in others if os.path.normpath(path) not in self.sources]  # noqa: PTH119 - a string
            if left:
                message = f'"{include.value}" matches none of the files beside it, such as {left[0]}'
                self.faults.append(Fault("nginx/include-of-nothing", include.arg_place(0), message))

    def _is_outside(self, path: str) -> bool:
        """Whether *path* leaves the folder the run started in, while the main file lies inside it."""
        if any(path.startswith(source) for source in self.mounts.values()):
            return False
        return not _is_inside(path) and _is_inside(self.path)

    def _fault(self, include: Directive, rule: str, message: str) -> None:
        key = (rule, include.file.path, include.token)
        if key not in self.faulty:
            self.faulty.add(key)
            self.faults.append(Fault(rule, include.arg_place(0), f'include "{include.value}": {message}'))
        self.unread.append(Unread(include))


def _is_inside(path: str) -> bool:
    """Whether *path*, which is normalised, lies in the current folder."""
    if not path.startswith("/"):
        return not path.startswith("..")
    return path.startswith(os.getcwd().rstrip("/") + "/")  # noqa: PTH109 - a string is compared


def _text_beside(tree: Tree, path: str) -> str | None:
    found = tree.found(path).paths
    try:
        return tree.files.read(found[0]) if len(found) == 1 else None
    except ReadError:
        return None


def _fault_of(flaw: Flaw, source: NginxFile) -> Fault:
    place = source.place(flaw.start, flaw.end)
    edits = (Edit(source.place(flaw.start, flaw.start), flaw.insert),) if flaw.insert else ()
    return Fault("nginx/syntax-error", place, flaw.message, edits)
