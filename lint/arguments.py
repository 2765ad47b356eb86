"""The arguments of ``fairlead-lint``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from .errors import LintError
from .finding import Severity
from .recognition import FAMILIES
from .report import FORMATS
from .rule import PRESETS


class UsageError(LintError):
    """Wrong use of the command line; the message says what to do."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see fairlead-lint --help")


def parsed(argv: Sequence[str]) -> argparse.Namespace:
    """
    The arguments in *argv*.

    Raises:
        UsageError: for wrong use.
        SystemExit: after printing the help.
    """
    return _parser().parse_args(list(argv))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="fairlead-lint",
        description="Says what will go wrong in production with a stack of nginx and Docker Compose.",
        epilog="Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong use or unreadable input.",
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; without, the project's own")
    _add_output(parser)
    _add_rules(parser)
    _add_reading(parser)
    return parser


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=FORMATS, default="text")
    group.add_argument("--fix", action="store_true", help="apply safe mendings")
    group.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: also those to be looked at")
    group.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    group.add_argument("--fail-on", choices=[str(severity) for severity in reversed(Severity)], default=None)
    group.add_argument("--baseline", metavar="FILE", help="hide the findings in FILE; written when it does not exist")
    group.add_argument("--since", metavar="REV", help="beside PATH, report only what was not there at this revision")
    group.add_argument("--rule", metavar="ID", help="print the page of a rule")
    group.add_argument("--list-rules", action="store_true")
    group.add_argument("--why", metavar="URL", help="print which location answers, and what it sends")
    group.add_argument("--version", action="store_true")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("rules")
    group.add_argument("--preset", choices=PRESETS, default=None)
    group.add_argument("--select", action="append", default=[], metavar="IDS", help="these alone: ids, families, globs")
    group.add_argument("--ignore", action="append", default=[], metavar="IDS", help="not these")
    group.add_argument("--policy", metavar="FILE", help="changes to the production policy")


def _add_reading(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("reading")
    group.add_argument("--nginx-version", metavar="V", help="advice for this version; default: the image's, or newest")
    group.add_argument("--compose-file", action="append", default=[], metavar="F", help="merge these, in this order")
    group.add_argument("--as", dest="kind", choices=FAMILIES, help="what the files are, whatever their names")
    group.add_argument("--stdin-filename", metavar="NAME", help="read standard input as the content of NAME")
