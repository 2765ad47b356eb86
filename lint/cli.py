"""The command line of the linter: arguments to a run, a run to a report and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .arguments import UsageError, parsed
from .console import Streams
from .discovery import Catalogue
from .errors import LintError
from .running import CLEAN, WRONG, run
from .selection import unknown_rule
from .session import Session, session


def main(argv: Sequence[str], streams: Streams | None = None) -> int:
    """
    Lints as *argv* says and prints the report.

    Returns:
        The exit code: 0 clean, 1 findings at or above ``--fail-on``, 2 wrong use or unreadable input.
    """
    streams = streams or Streams(sys.stdin, sys.stdout, sys.stderr)
    try:
        return _answered(session(parsed(argv), streams))
    except LintError as error:
        streams.complain(str(error))
        return WRONG
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else WRONG


def _answered(asked: Session) -> int:
    arguments = asked.arguments
    if arguments.version:
        return _printed(f"fairlead {_version()}\n", asked)
    if arguments.rule is not None:
        return _printed(_page(arguments.rule, asked.setup.catalogue), asked)
    if arguments.list_rules:
        return _printed(_list(asked), asked)
    if arguments.why is not None:
        return _printed(_explanation(asked, arguments.why), asked)
    return run(asked)


def _printed(text: str, asked: Session) -> int:
    asked.streams.write(text)
    return CLEAN


def _list(asked: Session) -> str:
    arguments, rules = asked.arguments, asked.setup.catalogue.all()
    if arguments.preset or arguments.select or arguments.ignore:
        rules = asked.setup.selection.chosen(rules)
    if arguments.format == "json":
        from .report.json import rule_list  # noqa: PLC0415 - the report's module, only when asked for

        return rule_list(rules)
    if arguments.format != "text":
        raise UsageError("--list-rules has --format text and json")
    return "".join(f"{rule.id:<44} {rule.severity!s:<8} {rule.preset:<12} {rule.title}\n" for rule in rules)


def _page(name: str, catalogue: Catalogue) -> str:
    rule = catalogue.find(name)
    if rule is None:
        raise UsageError(unknown_rule(name, [rule.id for rule in catalogue.all()]))
    from .documentation import page  # noqa: PLC0415 - needed by nobody else

    return page(rule)


def _explanation(asked: Session, url: str) -> str:
    from .nginx import explain, load  # noqa: PLC0415 - the model, only when asked for

    files = asked.files()
    scope = asked.scope(files)
    for line in scope.failures:
        raise UsageError(line)
    if not scope.paths["nginx"]:
        raise UsageError("--why: no nginx files here; name the one that serves the site")
    configs = load(scope.paths["nginx"], files, asked.setup.options)
    try:
        return explain(configs, url).rstrip("\n") + "\n"
    except ValueError as error:
        raise UsageError(f"--why: {error}") from None


def _version() -> str:
    from .. import __version__  # noqa: PLC0415 - cheap, and only here

    return __version__
