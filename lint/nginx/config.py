"""A whole configuration: the main file with everything it includes, as one tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..cached import cached_property
from ..finding import Edit
from ..place import Place
from ..record import dataclass, field
from ..regex import regex
from .directive import Directive
from .file import NginxFile
from .table import NEWEST, Version

if TYPE_CHECKING:
    from .answer import Answer
    from .effective import Effective

_OTHER_MARKS = r"|\{\{|%\(\w+\)|%[A-Z][A-Z0-9_]*%|@[A-Z][A-Z0-9_]*@|__[A-Z][A-Z0-9_]*__"
_FILLED_IN = regex(r"\$\{[A-Z][A-Z0-9_]*\}" + _OTHER_MARKS)
_FILLED_IN_TEMPLATE = regex(r"\$\{?[A-Z][A-Z0-9_]*\b" + _OTHER_MARKS)
_FILLED_IN_TERRAFORM = regex(r"\$\{\w+\}" + _OTHER_MARKS)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something nginx would refuse or that cannot be understood; *edits* mend it."""

    rule: str
    place: Place
    message: str
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """
    An ``include`` whose files are not at hand, such as one of the distribution's.

    *names* are the directives it may hold, empty where it may hold anything.
    """

    include: Directive
    names: frozenset[str] = frozenset()


@dataclass(eq=False)
class NginxConfig:
    """
    A configuration as nginx would read it. Read-only by convention.

    Attributes:
        path: The main file, as findings name it.
        directives: The top level, includes expanded.
        sources: Every file that was read, the main one first.
        faults: What was found wrong while reading.
        unread: Includes that could not be followed and need not exist here.
        version: The nginx that will run it.
        context: crossplane's bits of the contexts that a fragment may belong to; those of the top level otherwise.
        is_fragment: Whether the file is a part of a configuration: a lone ``server``, ``location`` or less.
        memo: What rules have worked out about the whole and ask for often.
        is_template: Whether ``$NAME`` in capitals is filled in before nginx reads it.
        beside: Gives the text of a file that a directive names, such as that of ``ssl_dhparam``; None where it is not
            at hand.
    """

    path: str
    directives: list[Directive]
    sources: Sequence[NginxFile]
    faults: list[Fault] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    version: Version = NEWEST
    context: int = 0
    is_fragment: bool = False
    is_template: bool = False
    beside: Callable[[str], str | None] = lambda path: None
    memo: dict[str, Any] = field(default_factory=dict, repr=False)
    _effective: dict[int, Effective] = field(default_factory=dict, repr=False)

    @property
    def files(self) -> Mapping[str, str]:
        """The text of each file, by path."""
        return {source.path: source.text for source in self.sources}

    @property
    def problems(self) -> list[tuple[str, Place, str]]:
        """The faults as the engine takes them."""
        return [(fault.rule, fault.place, fault.message) for fault in self.faults]

    @property
    def comments(self) -> Iterator[tuple[Place, str]]:
        """Every comment of every file: its place and its text from the ``#`` on."""
        for source in self.sources:
            yield from source.comments()

    def find(self, *names: str) -> list[Directive]:
        """All directives of those names at any depth, in the order in which nginx reads them."""
        if len(names) == 1:
            return self._by_name.get(names[0], [])
        found = [directive for name in dict.fromkeys(names) for directive in self._by_name.get(name, ())]
        return sorted(found, key=lambda directive: directive.order)

    def has(self, *names: str) -> bool:
        """Whether a directive of one of those names stands anywhere."""
        index = self._by_name
        for name in names:  # noqa: SIM110 - any() of a generator takes four times as long, and each setting asks
            if name in index:
                return True
        return False

    def walk(self) -> Iterator[Directive]:
        """Every directive, in order, outer before inner."""
        return iter(self._all)

    @cached_property
    def http(self) -> Directive | None:
        """The ``http`` block; None in a fragment without one."""
        return next((directive for directive in self.directives if directive.name == "http"), None)

    @cached_property
    def servers(self) -> list[Directive]:
        """The ``server`` blocks of http, in order, those of a fragment included."""
        return [server for server in self.find("server") if server.block is not None and not _is_elsewhere(server)]

    @cached_property
    def locations(self) -> list[Directive]:
        """Every ``location`` at any depth, in order."""
        return [location for location in self.find("location") if location.block is not None]

    @cached_property
    def upstreams(self) -> dict[str, Directive]:
        """The ``upstream`` blocks of http by name."""
        return {
            upstream.value: upstream for upstream in reversed(self.find("upstream")) if not upstream.is_inside("stream")
        }

    def effective(self, block: Directive) -> Effective:
        """The settings that hold in *block* after inheritance; the same object each time it is asked for."""
        try:
            return self._effective[id(block)]
        except KeyError:
            from .effective import Effective  # noqa: PLC0415 - it builds on this module

            found = self._effective[id(block)] = Effective(self, block)
            return found

    def answer(self, url: str, **request: Any) -> Answer:
        """What is answered to a request for *url*, and why; see `answer.answer` for what else a request may say."""
        from .answer import answer  # noqa: PLC0415 - only questions about a URL need it

        return answer(self, url, **request)

    def may_hold(self, block: Directive | None, *names: str) -> bool:
        """
        Whether an include that was not read may set one of *names* directly in *block* or in a block around it.

        A rule about something missing stays silent then. None stands for the top level. In a fragment the blocks
        around it are unknown, so this is true for whatever they could hold; ask `is_fragment` where that matters.
        """
        if not self.unread:
            return False
        around = {id(block), *(id(outer) for outer in (block.ancestors if block else ()))}
        return any(
            (not unread.names or not unread.names.isdisjoint(names)) and id(unread.include.parent) in around
            for unread in self.unread
        )

    def may_hold_inside(self, block: Directive, *names: str) -> bool:
        """As `may_hold`, for *block* and the blocks inside it."""
        return any(
            (not unread.names or not unread.names.isdisjoint(names))
            and (unread.include.parent is block or block in unread.include.ancestors)
            for unread in self.unread
        )

    def is_unknown(self, value: str) -> bool:
        """
        Whether *value* holds something that is filled in before nginx reads it.

        Such as ``${NAME}``, ``{{ name }}``, and marks of scripts: ``@NAME@``, ``%NAME%``, ``__NAME__``, ``%(name)s``.
        """
        if "$" in value or "{{" in value or "%" in value or "@" in value or "__" in value:  # any() takes thrice as long
            return bool(self._marks.search(value))
        return False

    @cached_property
    def _marks(self) -> re.Pattern[str]:
        if self.path.endswith((".tpl", ".tftpl")):
            return _FILLED_IN_TERRAFORM
        return _FILLED_IN_TEMPLATE if self.is_template else _FILLED_IN

    @cached_property
    def _all(self) -> list[Directive]:
        found: list[Directive] = []
        for directive in self.directives:
            found.append(directive)
            found += directive.walk()
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Directive]]:
        index: dict[str, list[Directive]] = {}
        for directive in self._all:
            if directive.name in index:
                index[directive.name].append(directive)
            else:
                index[directive.name] = [directive]
        return index


def _is_elsewhere(server: Directive) -> bool:
    """Whether a ``server`` block is one of stream or mail, as its surroundings or its content tell."""
    if server.is_inside("stream", "mail", "upstream", "rtmp"):
        return True
    return server.parent is None and server.first("location") is None and server.first("proxy_pass", "pass") is not None
