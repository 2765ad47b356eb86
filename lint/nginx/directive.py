"""One statement of a configuration, in the context in which it takes effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..place import Place
from .file import NginxFile


class Directive:
    """
    A statement with its name, arguments and, where it has one, its block. Read-only by convention.

    A file that is included twice gives two directives for each of its statements, one in each context.

    Attributes:
        name: As written; the entries of ``map``, ``types`` and the like are directives too.
        args: Unquoted and unescaped; those of ``if`` without the parentheses. Lua code is the last argument.
        parent: The block that holds it, across includes; None at the top level.
        block: What the braces hold, with included statements behind their ``include``; None without braces.
        file: The file it stands in.
        via: The ``include`` that brought its file in; None in the main file.
        order: Grows in the order in which nginx reads the statements.
        token: The index of the name among the tokens of its file.
        memo: What was worked out about it once and is asked for often, such as the head of a location.
        context: crossplane's bits of the contexts it may stand in (see `table`); 0 inside data and foreign blocks.
    """

    __slots__ = ("_by_name", "args", "block", "context", "file", "memo", "name", "order", "parent", "token", "via")

    def __init__(
        self,
        name: str,
        args: tuple[str, ...],
        file: NginxFile,
        token: int,
        *,
        parent: Directive | None = None,
        via: Directive | None = None,
    ) -> None:
        self.name = name
        self.args = args
        self.file = file
        self.parent = parent
        self.via = via
        self.block: list[Directive] | None = None
        self.order = 0
        self.context = 0
        self.token = token
        self._by_name: dict[str, list[Directive]] | None = None
        self.memo: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<{' '.join((self.name, *self.args))} at {self.place}>"

    @property
    def value(self) -> str:
        """The first argument, or nothing."""
        return self.args[0] if self.args else ""

    @property
    def children(self) -> list[Directive]:
        """What the block holds; empty without one."""
        return self.block or []

    @property
    def place(self) -> Place:
        """The place of the name."""
        return self.file.token_place(self.token)

    @property
    def arg_places(self) -> tuple[Place, ...]:
        """The place of each argument, quotes included."""
        return tuple(self.file.place(start, end) for start, end in self._arg_ranges())

    def arg_place(self, index: int) -> Place:
        """The place of one argument; of the name where there is no such argument."""
        ranges = self._arg_ranges()
        return self.file.place(*ranges[index]) if -len(ranges) <= index < len(ranges) else self.place

    def arg_text(self, index: int) -> str:
        """One argument as it stands in the file, with its quotes and escapes."""
        start, end = self._arg_ranges()[index]
        return self.file.text[start:end]

    @property
    def args_place(self) -> Place:
        """From the first argument to the last; behind the name where there is none."""
        ranges = self._arg_ranges()
        name_end = self.file.ends[self.token]
        return self.file.place(ranges[0][0], ranges[-1][1]) if ranges else self.file.place(name_end, name_end)

    @property
    def end_place(self) -> Place:
        """The ``;`` that ends it, or the ``}`` that closes its block."""
        return self.file.token_place(self._end_token())

    @property
    def open_place(self) -> Place:
        """The ``{`` of its block, or the ``;``."""
        return self.file.token_place(self.file.terminator(self.token))

    @property
    def whole_place(self) -> Place:
        """From the name to the ``;`` or ``}``."""
        return self.file.place(self.file.starts[self.token], self.file.ends[self._end_token()])

    @property
    def ancestors(self) -> Iterator[Directive]:
        """The blocks around it, the nearest first."""
        outer = self.parent
        while outer is not None:
            yield outer
            outer = outer.parent

    @property
    def include_chain(self) -> tuple[Directive, ...]:
        """The ``include`` directives that lead here from the main file, the outermost first."""
        chain: list[Directive] = []
        via = self.via
        while via is not None:
            chain.append(via)
            via = via.via
        return tuple(reversed(chain))

    def enclosing(self, *names: str) -> Directive | None:
        """The nearest block around it that has one of *names*."""
        outer = self.parent
        while outer is not None and outer.name not in names:
            outer = outer.parent
        return outer

    def find(self, *names: str) -> Iterator[Directive]:
        """The directives of those names directly in its block, in order."""
        named = self._by_name or self._named()
        if len(names) == 1:
            return iter(named.get(names[0], ()))
        found = [child for name in dict.fromkeys(names) if name in named for child in named[name]]
        return iter(sorted(found, key=_order) if len(found) > 1 else found)

    def first(self, *names: str) -> Directive | None:
        """The first directive of those names directly in its block."""
        named = self._by_name or self._named()
        if len(names) == 1:
            found = named.get(names[0])
            return found[0] if found else None
        return min((named[name][0] for name in names if name in named), key=_order, default=None)

    def last(self, *names: str) -> Directive | None:
        """The last directive of those names directly in its block."""
        named = self._by_name or self._named()
        if len(names) == 1:
            found = named.get(names[0])
            return found[-1] if found else None
        return max((named[name][-1] for name in names if name in named), key=_order, default=None)

    def last_among(self, names: frozenset[str]) -> Directive | None:
        """As `last`, for names that are many."""
        named = self._by_name or self._named()
        found = names.intersection(named)
        return max((named[name][-1] for name in found), key=_order) if found else None

    def _named(self) -> dict[str, list[Directive]]:
        """The children by name, made once: rules ask each block for dozens of names."""
        named: dict[str, list[Directive]] = {}
        for child in self.block or ():
            if child.name in named:
                named[child.name].append(child)
            else:
                named[child.name] = [child]
        self._by_name = named
        return named

    def walk(self) -> Iterator[Directive]:
        """Everything inside its block, in order, outer before inner."""
        found: list[Directive] | None = self.memo.get("walk")
        if found is None:
            found = self.memo["walk"] = []
            _collect(self.block or (), found)
        return iter(found)

    def is_inside(self, *names: str) -> bool:
        """Whether a block of one of those names is around it."""
        return self.enclosing(*names) is not None

    def _arg_ranges(self) -> list[tuple[int, int]]:
        file = self.file
        ranges = [(file.starts[index], file.ends[index]) for index in file.arguments(self.token)]
        return _without_parentheses(ranges, file.text) if self.name == "if" and ranges else ranges

    def _end_token(self) -> int:
        terminator = self.file.terminator(self.token)
        return self.file.closing.get(terminator, terminator)


def _collect(block: Sequence[Directive], found: list[Directive]) -> None:
    for child in block:
        found.append(child)
        if child.block:
            _collect(child.block, found)


def _order(directive: Directive) -> int:
    return directive.order


def _without_parentheses(ranges: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    (start, end), last = ranges[0], ranges[-1]
    if text[start] != "(" or text[last[1] - 1] != ")":
        return ranges
    ranges[0] = (start + 1, end)
    ranges[-1] = (ranges[-1][0], last[1] - 1)
    return [(start, end) for start, end in ranges if start < end]
