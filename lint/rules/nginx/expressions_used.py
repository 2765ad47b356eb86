"""Every regular expression of a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from ...nginx import Directive, NginxConfig, location
from ...place import Place
from ...record import dataclass


@dataclass(frozen=True)
class Expression:
    """
    One expression.

    Attributes:
        index: Which argument of *directive* it is; its name where that is -1.
    """

    directive: Directive
    index: int
    pattern: str
    ignore_case: bool

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.directive.place if self.index < 0 else self.directive.arg_place(self.index)


def expressions(config: NginxConfig) -> Iterator[Expression]:
    """The expressions of locations, rewrites, conditions, names of servers and maps."""
    known: list[Expression] | None = config.memo.get("expressions")
    if known is None:
        known = config.memo["expressions"] = list(_found(config))
    return iter(known)


def _found(config: NginxConfig) -> Iterator[Expression]:
    for directive in config.locations:
        head = location(directive)
        if head.is_regex:
            yield Expression(directive, len(directive.args) - 1, head.pattern, head.modifier == "~*")
    for directive in config.find("rewrite", "fastcgi_split_path_info"):
        if directive.args:
            yield Expression(directive, 0, directive.value, False)
    for directive in config.find("if"):
        if len(directive.args) > 2 and directive.args[1].lstrip("!") in ("~", "~*"):  # noqa: PLR2004 - value, test, pattern
            yield Expression(directive, 2, " ".join(directive.args[2:]), directive.args[1].endswith("*"))
    for directive in config.find("server_name"):
        for index, name in enumerate(directive.args):
            if name.startswith("~"):
                yield Expression(directive, index, name[1:], True)
    for directive in config.find("map"):
        yield from _of_map(directive)


def _of_map(directive: Directive) -> Iterator[Expression]:
    for entry in directive.children:
        if entry.name.startswith("~"):
            ignore_case = entry.name.startswith("~*")
            yield Expression(entry, -1, entry.name[2 if ignore_case else 1 :], ignore_case)
