"""The command line of the linter: arguments to a run, a run to a report and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from .arguments import UsageError, parsed
from .discovery import Catalogue, RuleError
from .engine import Outcome, Setup, lint
from .files import Files, ReadError, shown
from .finding import Finding, Severity
from .policy import Policy, PolicyError, policy_from
from .report import Results, report
from .report.results import Style
from .scope import Scope, scope_of
from .selection import Selection, SelectionError, unknown_rule
from .settings import Settings, SettingsError, settings_for

CLEAN, FOUND, WRONG = 0, 1, 2
"""The exit codes: nothing at or above ``--fail-on``; findings; wrong use or unreadable input."""


@dataclass(frozen=True)
class Streams:
    """Where a run reads and writes."""

    stdin: TextIO
    out: TextIO
    err: TextIO


@dataclass(frozen=True)
class Run:
    """One run over files: what was asked, and what it is asked of."""

    arguments: argparse.Namespace
    settings: Settings
    setup: Setup
    files: Files
    scope: Scope
    streams: Streams


def main(argv: Sequence[str], streams: Streams | None = None) -> int:
    """
    Lints as *argv* says and prints the report.

    Returns:
        The exit code: 0 clean, 1 findings at or above ``--fail-on``, 2 wrong use or unreadable input.
    """
    streams = streams or Streams(sys.stdin, sys.stdout, sys.stderr)
    try:
        return _run(parsed(argv), streams)
    except (UsageError, SettingsError, SelectionError, PolicyError, RuleError, ReadError) as error:
        _complain(str(error), streams)
        return WRONG
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else WRONG


def _run(arguments: argparse.Namespace, streams: Streams) -> int:
    settings = settings_for(_start(arguments))
    setup = _setup(arguments, settings)
    if arguments.version:
        return _print(f"fairlead {_version()}\n", streams)
    if arguments.rule is not None:
        return _print(_page(arguments.rule, setup.catalogue), streams)
    if arguments.list_rules:
        return _print(_listed(arguments, setup), streams)
    files = Files(_stdin(arguments, streams))
    scope = scope_of(_paths(arguments), settings, files, arguments.kind)
    if arguments.why is not None:
        return _print(_explanation(arguments.why, scope, files, setup), streams)
    return _lint(Run(arguments, settings, setup, files, scope, streams))


def _start(arguments: argparse.Namespace) -> str:
    first = next(iter(_paths(arguments)), ".")
    return first if os.path.isdir(first) else os.path.dirname(first) or "."  # noqa: PTH112, PTH120 - names, not files


def _paths(arguments: argparse.Namespace) -> list[str]:
    named = [*arguments.paths, *arguments.compose_file]
    return [arguments.stdin_filename, *named] if arguments.stdin_filename else named


def _setup(arguments: argparse.Namespace, settings: Settings) -> Setup:
    catalogue = Catalogue(settings.rule_folders)
    selection = Selection(
        arguments.preset or settings.lint.get("preset", "recommended"),
        _names(arguments.select) or settings.names("select"),
        (*_names(arguments.ignore), *settings.names("ignore")),
    )
    selection.check(catalogue)
    options = settings.options
    if arguments.nginx_version:
        options = replace(options, nginx_version=arguments.nginx_version)
    if arguments.compose_file:
        options = replace(options, compose_files=tuple(shown(name) for name in arguments.compose_file))
    return Setup(catalogue, selection, options, _policy(arguments, settings))


def _names(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _policy(arguments: argparse.Namespace, settings: Settings) -> Policy:
    overrides = []
    if settings.policy:
        overrides.append(policy_from(settings.policy, str(settings.path)))
    if arguments.policy:
        from .data import DataError, load_yaml  # noqa: PLC0415 - only a policy of one's own needs it

        try:
            data = load_yaml(Files().read(arguments.policy), arguments.policy)
        except DataError as error:
            raise PolicyError(str(error)) from None
        overrides.append(policy_from(data, arguments.policy))
    return Policy(*overrides)


def _stdin(arguments: argparse.Namespace, streams: Streams) -> dict[str, str]:
    if arguments.stdin_filename is None:
        return {}
    if arguments.stdin_filename == "":
        raise UsageError("--stdin-filename is empty; name the file that standard input stands for")
    buffer = getattr(streams.stdin, "buffer", None)
    text = buffer.read().decode("utf-8", "replace") if buffer else streams.stdin.read()
    return {shown(arguments.stdin_filename): text}


def _lint(run: Run) -> int:
    outcome = lint(run.scope.paths, run.files, run.setup)
    results = _results(run, outcome)
    _print(report(run.arguments.format)(results), run.streams)
    failures = [*run.scope.failures, *outcome.failures]
    for line in dict.fromkeys(failures):
        _complain(line, run.streams)
    return WRONG if failures else _verdict(results.findings, _threshold(run.arguments, run.settings))


def _results(run: Run, outcome: Outcome) -> Results:
    wanted = _wanted(outcome, run.scope)
    findings = [finding for finding in outcome.findings if wanted is None or finding.place.path in wanted]
    texts = {path: text for path, text in outcome.texts.items() if wanted is None or path in wanted}
    found = {name: run.setup.catalogue.find(name) for name in {finding.rule for finding in findings}}
    rules = {name: rule for name, rule in found.items() if rule is not None}
    return Results(findings, texts, rules, version=_version(), style=_style(run.streams.out))


def _wanted(outcome: Outcome, scope: Scope) -> set[str] | None:
    """The files to report: those that PATH names, and what an nginx configuration among them includes."""
    if scope.targets is None:
        return None
    included = {path for root in outcome.roots if root and root[0] in scope.targets for path in root}
    return scope.targets | {path for path in included if not scope.knows(path)}


def _verdict(findings: Sequence[Finding], threshold: Severity) -> int:
    return FOUND if any(finding.severity >= threshold for finding in findings) else CLEAN


def _threshold(arguments: argparse.Namespace, settings: Settings) -> Severity:
    name = arguments.fail_on or settings.lint.get("fail_on", "warning")
    try:
        return Severity[str(name).upper()]
    except KeyError:
        raise SettingsError(f'{settings.path}: lint.fail_on is "{name}"; write error, warning or info') from None


def _listed(arguments: argparse.Namespace, setup: Setup) -> str:
    rules = setup.catalogue.all()
    if arguments.preset or arguments.select or arguments.ignore:
        rules = setup.selection.chosen(rules)
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


def _explanation(url: str, scope: Scope, files: Files, setup: Setup) -> str:
    raise UsageError("--why is not available")


def _style(out: TextIO) -> Style:
    is_forced = os.environ.get("FORCE_COLOR", "0") not in ("", "0")
    is_terminal = out.isatty() and os.environ.get("TERM") != "dumb"
    colour = not os.environ.get("NO_COLOR") and (is_forced or is_terminal)
    return Style(colour, _width(out))


def _width(out: TextIO) -> int:
    try:
        columns = int(os.environ.get("COLUMNS", "0")) or (os.get_terminal_size(out.fileno()).columns)
    except (ValueError, OSError):
        return 120
    return max(40, min(columns, 160))


def _version() -> str:
    from .. import __version__  # noqa: PLC0415 - cheap, and only here

    return __version__


def _print(text: str, streams: Streams) -> int:
    encoding = getattr(streams.out, "encoding", None) or "utf-8"
    streams.out.write(text.encode(encoding, "replace").decode(encoding))
    return CLEAN


def _complain(line: str, streams: Streams) -> None:
    from .report.masking import printable  # noqa: PLC0415 - only when something is wrong

    encoding = getattr(streams.err, "encoding", None) or "utf-8"
    streams.err.write(f"fairlead-lint: {printable(line)}\n".encode(encoding, "replace").decode(encoding))
