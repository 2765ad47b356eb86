"""
What Python makes of our sources at each start, kept beside them: compiled modules, expressions, the methods of records.

A third of a short run would go into looking for four hundred files and compiling three hundred expressions. What a .pyc
file is to one module, this file is to all of it: it lies in ``__pycache__``, the run that misses something writes it, a
changed source is seen by its time and size, and it may be deleted at any time. Nothing of what was linted is in it
(decision 0012).
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found] # what re.compile ends in
import importlib
import marshal
import os
import re
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, ModuleType
from typing import Any, cast

_FILE = os.path.join(os.path.dirname(__file__), "__pycache__", f"kept.{sys.implementation.cache_tag}")  # noqa: PTH118, PTH120
_MADE_BY = f"fairlead 1\n{sys.version}\n{MAGIC_NUMBER.hex()}\n".encode()
_PACKAGES = ("fairlead.", "crossplane.", "ruamel.yaml.", "invoke.")
_RECORD, _DATA = -1, -2
_PYC_HEADER_BYTES = 16

Key = str | tuple[str, int]
"""The name of a module; an expression and its flags; a record's methods and `_RECORD`; a file of data and `_DATA`."""

Source = tuple[str, str, int, int, bool]
"""Of a module or data: the folder it was found in, its file, the time and size of that, and whether it is a package."""


class Store:
    """
    One kept file, and what a run found missing in it; the finder of the modules in it for ``sys.meta_path``.

    Attributes:
        index: For each key where its bytes begin, how many they are and, for a module and for data, its `Source`.
        added: What this run had to make itself.
        is_stale: Whether a source has changed since; then only what this run has used is kept on.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.index: dict[Key, tuple[int, int, Source | None]] = {}
        self.added: dict[Key, tuple[bytes, Source | None]] = {}
        self.used: set[Key] = set()
        self.is_stale = False
        self._stream = -1
        self._start = 0
        try:
            self._read_index()
        except (OSError, ValueError, EOFError, TypeError):
            self.index = {}

    def _read_index(self) -> None:
        self._stream = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        head = os.read(self._stream, len(_MADE_BY) + 16)
        length, whole = int.from_bytes(head[-16:-8], "little"), int.from_bytes(head[-8:], "little")
        if head[:-16] == _MADE_BY and os.fstat(self._stream).st_size == whole:
            self.index = marshal.loads(os.read(self._stream, length))  # noqa: S302 - trusted as the .pyc files beside it
            self._start = len(head) + length

    def get(self, key: Key) -> Any:
        """What is kept of *key*, or None."""
        entry = self.index.get(key)
        if entry is None:
            return None
        self.used.add(key)
        return marshal.loads(self._bytes(entry))  # noqa: S302 - as above

    def _bytes(self, entry: tuple[int, int, Source | None]) -> bytes:
        return os.pread(self._stream, entry[1], self._start + entry[0])

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """The module *name* as it is kept; None where it is not, where it comes from elsewhere, or has changed."""
        entry = self.index.get(name)
        if entry is None or entry[2] is None or path is None:
            return None
        folder, file, _, _, is_package = entry[2]
        if folder not in path or not self._is_current(name, entry[2]):
            return None
        spec = ModuleSpec(name, _Loader(name, file, self), origin=file, is_package=is_package)
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(os.path.dirname(file))  # noqa: PTH120 - as above
        return spec

    def module(self, name: str) -> ModuleType | None:
        """The module *name* where it is kept, without locks and specifications, which take a third of the time."""
        parent, _, own = name.rpartition(".")
        package = sys.modules.get(parent)
        source = self.index.get(name, (0, 0, None))[2]
        if package is None or source is None or source[4] or name in sys.modules:
            return sys.modules.get(name)
        if source[0] not in package.__path__ or not self._is_current(name, source):
            return None
        module = sys.modules[name] = ModuleType(name)
        module.__dict__.update(__file__=source[1], __package__=parent)
        try:
            exec(self.get(name), module.__dict__)  # noqa: S102 - as the import system does
        except BaseException:
            del sys.modules[name]
            raise
        setattr(package, own, module)
        return module

    def _is_current(self, key: Key, source: Source) -> bool:
        """Whether a source is as it was; what was made of it before is forgotten otherwise."""
        if _time_and_size(source[1]) == source[2:4]:
            return True
        self.is_stale = True
        del self.index[key]
        return False

    def data(self, path: str, parse: Callable[[str], Any]) -> Any:
        """What *parse* makes of the file at *path*."""
        key = path, _DATA
        entry = self.index.get(key)
        if entry is not None and entry[2] is not None and self._is_current(key, entry[2]):
            return self.get(key)
        time, size = _time_and_size(path)
        found = parse(path)
        self.added[key] = marshal.dumps(found), ("", path, time, size, False)
        return found

    def save(self) -> None:
        """Writes what this run has added, if anything and if the folder can be written to; never complains."""
        if sys.dont_write_bytecode or not os.access(os.path.dirname(self.path), os.W_OK):  # noqa: PTH120 - as above
            return
        modules = dict(self._new_modules())
        if not modules and not self.added and not self.is_stale:
            return
        kept = {key: entry for key, entry in self.index.items() if not self.is_stale or key in self.used}
        contents = [(key, self._bytes(entry), entry[2]) for key, entry in kept.items()]
        contents += [(key, code, source) for key, (code, source) in self.added.items()]
        contents += [(name, code, source) for name, (code, source) in modules.items()]
        _write(self.path, contents)

    def _new_modules(self) -> Iterator[tuple[str, tuple[bytes, Source]]]:
        for name, module in list(sys.modules.items()):
            if name.startswith(_PACKAGES) and name not in self.index:
                compiled = getattr(module, "__cached__", None)
                found = _compiled(module.__file__, compiled, hasattr(module, "__path__")) if compiled else None
                if found is not None:
                    yield name, found


class _Loader(SourceFileLoader):
    """The standard loader, which takes the code from the store."""

    def __init__(self, name: str, file: str, store: Store) -> None:
        super().__init__(name, file)
        self._store = store

    def get_code(self, fullname: str) -> CodeType | None:
        return self._store.get(fullname) or super().get_code(fullname)


def _compiled(file: str | None, compiled: str, is_package: bool) -> tuple[bytes, Source] | None:
    """The code in a .pyc file, where it is that of the source as it is now."""
    try:
        with open(compiled, "rb") as stream:  # noqa: PTH123 - as above
            content = stream.read()
    except OSError:
        return None
    flags, time, size = (int.from_bytes(content[at : at + 4], "little") for at in (4, 8, 12))
    if content[:4] != MAGIC_NUMBER or flags or _time_and_size(file or "") != (time, size):
        return None
    folder = os.path.dirname(file or "")  # noqa: PTH120 - as above
    found_in = os.path.dirname(folder) if is_package else folder  # noqa: PTH120 - as above
    return content[_PYC_HEADER_BYTES:], (found_in, file or "", time, size, is_package)


def _time_and_size(path: str) -> tuple[int, int]:
    """The second in which the file was last changed, and its bytes, as .pyc files note them; zeros where it is gone."""
    try:
        status = os.stat(path)  # noqa: PTH116 - no pathlib on the way to it
    except OSError:
        return 0, 0
    return int(status.st_mtime), status.st_size


def _write(path: str, contents: Sequence[tuple[Key, bytes, Source | None]]) -> None:
    index, start = {}, 0
    for key, code, source in contents:
        index[key] = (start, len(code), source)
        start += len(code)
    head = marshal.dumps(index)
    whole = len(_MADE_BY) + 16 + len(head) + start
    lengths = len(head).to_bytes(8, "little") + whole.to_bytes(8, "little")
    new = f"{path}.{os.getpid()}"
    try:
        with open(new, "xb") as stream:  # noqa: PTH123 - as above
            stream.write(b"".join((_MADE_BY, lengths, head, *(code for _, code, _ in contents))))
        os.replace(new, path)  # noqa: PTH105 - as above
    except OSError:
        _remove(new)


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - as above
    except OSError:
        return


_stores: list[Store] = []
"""The one that this process has opened, if it has."""


def open_store(path: str = _FILE) -> None:
    """Lets this process take from the kept file: for programs that start for each commit, not for libraries."""
    store = Store(path)
    _stores.append(store)
    sys.meta_path.insert(0, cast("Any", store))
    _keep_constants()


def _keep_constants() -> None:
    """
    Has ``re`` itself take expressions from the store that stand as texts in the code that asks for them.

    What is put together at run time, or comes from a file that is linted, is compiled as ever.
    """
    from re import _compiler  # type: ignore[attr-defined] # noqa: PLC0415 - of CPython from 3.11 on

    compiled = _compiler.compile

    def compile_or_take(text: Any, flags: int = 0) -> re.Pattern[Any]:
        frame = sys._getframe(1)
        while frame.f_globals is vars(re) and frame.f_back is not None:
            frame = frame.f_back
        if text.__class__ is str and text in frame.f_code.co_consts and not flags & re.DEBUG:
            return expression(text, flags)
        found: re.Pattern[Any] = compiled(text, flags)
        return found

    _compiler.compile = compile_or_take


def save() -> None:
    """Keeps what was missing, for the next run."""
    for store in _stores:
        store.save()


def expression(text: str, flags: int) -> re.Pattern[str]:
    """The expression *text*, as ``re.compile`` makes it."""
    for store in _stores:
        key = (text, int(flags))
        arguments = store.get(key)
        if arguments is None:
            arguments = _arguments(text, int(flags))
            store.added[key] = marshal.dumps(arguments), None
        return cast("re.Pattern[str]", _sre.compile(*arguments))
    return re.compile(text, flags)


def _arguments(text: str, flags: int) -> tuple[Any, ...]:
    """What ``re.compile`` hands to the matcher once it has read *text*; a test compares the two."""
    from re import _compiler, _parser  # type: ignore[attr-defined] # noqa: PLC0415 - most runs compile nothing

    parsed = _parser.parse(text, flags)
    state, words = parsed.state, _compiler._code(parsed, flags)
    names: list[str | None] = [None] * state.groups
    for name, number in state.groupdict.items():
        names[number] = name
    return text, int(flags | state.flags), list(map(int, words)), state.groups - 1, state.groupdict, tuple(names)


def code(text: str) -> CodeType:
    """The statements in *text*, compiled."""
    for store in _stores:
        key = (text, _RECORD)
        found: CodeType | None = store.get(key)
        if found is None:
            found = compile(text, "<record>", "exec")
            store.added[key] = marshal.dumps(found), None
        return found
    return compile(text, "<record>", "exec")


def module(name: str) -> ModuleType:
    """The module *name*, as ``importlib.import_module`` gives it."""
    for store in _stores:
        if found := store.module(name):
            return found
    return importlib.import_module(name)


def data(path: str, parse: Callable[[str], Any]) -> Any:
    """What *parse* makes of a file of ours: maps, lists, texts and numbers."""
    for store in _stores:
        return store.data(path, parse)
    return parse(path)
