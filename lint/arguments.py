"""The arguments of ``fairlead-lint``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from .errors import LintError
from .finding import Severity
from .recognition import FAMILIES
from .record import dataclass, field
from .report import FORMATS
from .rule import PRESETS

if TYPE_CHECKING:
    import argparse

_OF_ONE_WORD = frozenset(("--baseline", "--nginx-version", "--policy", "--since", "--stdin-filename"))


class UsageError(LintError):
    """Wrong use of the command line; the message says what to do."""


@dataclass
class Arguments:
    """What the command line says; each is a flag of that name, but *paths* and ``--as``, which is *kind*."""

    paths: list[str] = field(default_factory=list)
    format: str = "text"
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    fail_on: str | None = None
    baseline: str | None = None
    since: str | None = None
    rule: str | None = None
    list_rules: bool = False
    why: str | None = None
    version: bool = False
    preset: str | None = None
    select: list[str] = field(default_factory=list)
    ignore: list[str] = field(default_factory=list)
    policy: str | None = None
    nginx_version: str | None = None
    compose_file: list[str] = field(default_factory=list)
    kind: str | None = None
    stdin_filename: str | None = None


def parsed(argv: Sequence[str]) -> Arguments:
    """
    The arguments in *argv*.

    Raises:
        UsageError: for wrong use.
        SystemExit: after printing the help.
    """
    return _plain(argv) or _full(argv)


def _plain(argv: Sequence[str]) -> Arguments | None:
    """The arguments where they are paths and flags with a word of their own; argparse costs 6 ms of each start."""
    arguments, words = Arguments(), iter(argv)
    for word in words:
        if not word.startswith("-"):
            arguments.paths.append(word)
            continue
        value = next(words, "-") if word in _OF_ONE_WORD else "-"
        if value.startswith("-"):
            return None
        setattr(arguments, word[2:].replace("-", "_"), value)
    return arguments


def _full(argv: Sequence[str]) -> Arguments:
    import argparse  # noqa: PLC0415 - as above

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError(f"{message}; see fairlead-lint --help")

    parser = Parser(
        prog="fairlead-lint",
        description="Says what will go wrong in production with a stack of nginx and Docker Compose.",
        epilog="Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong use or unreadable input.",
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; without, the project's own")
    _add_output(parser)
    _add_rules(parser)
    _add_reading(parser)
    return parser.parse_args(list(argv), Arguments())


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=FORMATS)
    group.add_argument("--fix", action="store_true", help="apply safe mendings")
    group.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: also those to be looked at")
    group.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    group.add_argument("--fail-on", choices=[str(severity) for severity in reversed(Severity)])
    group.add_argument("--baseline", metavar="FILE", help="hide the findings in FILE; written when it does not exist")
    group.add_argument("--since", metavar="REV", help="beside PATH, report only what was not there at this revision")
    group.add_argument("--rule", metavar="ID", help="print the page of a rule")
    group.add_argument("--list-rules", action="store_true")
    group.add_argument("--why", metavar="URL", help="print which location answers, and what it sends")
    group.add_argument("--version", action="store_true")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules")
    group.add_argument("--preset", choices=PRESETS)
    group.add_argument("--select", action="append", metavar="IDS", help="these alone: ids, families, globs")
    group.add_argument("--ignore", action="append", metavar="IDS", help="not these")
    group.add_argument("--policy", metavar="FILE", help="changes to the production policy")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reading")
    group.add_argument("--nginx-version", metavar="V", help="advice for this version; default: the image's, or newest")
    group.add_argument("--compose-file", action="append", metavar="F", help="merge these, in this order")
    group.add_argument("--as", dest="kind", choices=FAMILIES, help="what the files are, whatever their names")
    group.add_argument("--stdin-filename", metavar="NAME", help="read standard input as the content of NAME")
