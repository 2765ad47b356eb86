"""Every regular expression of a configuration."""

from __future__ import annotations

from collections.abc import Iterator

from ...nginx import Directive, NginxConfig, location
from ...place import Place

Found = tuple[Place, str, bool]
"""Where an expression stands, its text, and whether it ignores case."""


def expressions(config: NginxConfig) -> Iterator[Found]:
    """The expressions of locations, rewrites, conditions, names of servers and maps."""
    known: list[Found] | None = config.memo.get("expressions")
    if known is None:
        known = config.memo["expressions"] = list(_found(config))
    return iter(known)


def _found(config: NginxConfig) -> Iterator[Found]:
    for directive in config.locations:
        head = location(directive)
        if head.is_regex:
            yield directive.arg_place(len(directive.args) - 1), head.pattern, head.modifier == "~*"
    for directive in config.find("rewrite", "fastcgi_split_path_info"):
        if directive.args:
            yield directive.arg_place(0), directive.value, False
    for directive in config.find("if"):
        if len(directive.args) > 2 and directive.args[1].lstrip("!") in ("~", "~*"):  # noqa: PLR2004 - value, test, pattern
            yield directive.arg_place(2), " ".join(directive.args[2:]), directive.args[1].endswith("*")
    for directive in config.find("server_name"):
        for index, name in enumerate(directive.args):
            if name.startswith("~"):
                yield directive.arg_place(index), name[1:], True
    for directive in config.find("map"):
        yield from _of_map(directive)


def _of_map(directive: Directive) -> Iterator[Found]:
    for entry in directive.children:
        if entry.name.startswith("~"):
            ignore_case = entry.name.startswith("~*")
            yield entry.place, entry.name[2 if ignore_case else 1 :], ignore_case
