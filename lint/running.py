"""A run from files to a report: lints, mends where asked, hides what the baseline knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .engine import Outcome, lint
from .errors import LintError
from .files import Files
from .finding import Finding
from .place import Place
from .report import Results, report
from .scope import Scope
from .session import Session

if TYPE_CHECKING:
    from .fix import Mending

CLEAN, FOUND, WRONG = 0, 1, 2
"""The exit codes: nothing at or above ``--fail-on``; findings; wrong use or unreadable input."""


def run(session: Session) -> int:
    """Lints and prints what was asked for; the exit code."""
    files = session.files()
    scope = session.scope(files)
    failures = list(scope.failures)
    outcome = lint(scope.paths, files, session.setup)
    if session.arguments.fix or session.arguments.diff:
        mending = _mending(session, scope, files, outcome)
        if session.arguments.diff:
            session.streams.write(_difference(session, outcome, mending))
            return _exit_code(session, _reported(outcome, scope), [*failures, *outcome.failures])
        if session.arguments.stdin_filename:
            return _print_mended(session, files, scope, outcome, mending)
        failures += _written(session, mending)
        files = Files()
        outcome = lint(scope.paths, files, session.setup)
    return _report(session, scope, outcome, failures)


def _report(session: Session, scope: Scope, outcome: Outcome, failures: list[str]) -> int:
    failures = [*failures, *outcome.failures]
    results = _results(session, scope, outcome, is_whole=not failures)
    session.streams.write(report(session.arguments.format)(results))
    return _exit_code(session, results.findings, failures)


def _exit_code(session: Session, findings: Sequence[Finding], failures: Sequence[str]) -> int:
    for line in dict.fromkeys(failures):
        session.streams.complain(line)
    if failures:
        return WRONG
    return FOUND if any(finding.severity >= session.threshold for finding in findings) else CLEAN


def _results(session: Session, scope: Scope, outcome: Outcome, *, is_whole: bool) -> Results:
    from .. import __version__  # noqa: PLC0415 - the package's root, only for reports

    since = session.arguments.since
    reported = _reported(outcome, scope) if since is None else _broken_since(session, scope, outcome, since)
    shown = _wanted(outcome, scope)
    if shown is not None:
        shown |= {finding.place.path for finding in reported}
    texts = {path: text for path, text in outcome.texts.items() if shown is None or path in shown}
    findings, hidden, stale, notes = _without_known(session, reported, outcome, is_whole=is_whole)
    found = {name: session.setup.catalogue.find(name) for name in {finding.rule for finding in findings}}
    rules = {name: rule for name, rule in found.items() if rule is not None}
    style, secrets = session.streams.style, outcome.secret_places
    return Results(findings, texts, rules, hidden, stale, notes, __version__, is_whole, style, secrets)


def _without_known(
    session: Session, findings: list[Finding], outcome: Outcome, *, is_whole: bool
) -> tuple[list[Finding], int, int, tuple[str, ...]]:
    """The findings that the baseline does not know, how many it hides, its idle entries, and what was done to it."""
    path = session.arguments.baseline or session.settings.baseline
    if not path:
        return findings, 0, 0, ()
    from .baseline import read_baseline, unknown  # noqa: PLC0415 - with its imports 5 ms that most runs do not need

    baseline = read_baseline(path)
    if baseline is None:
        _freeze(session, path, findings, outcome, is_whole=is_whole)
        return [], len(findings), 0, (f"wrote the baseline {path}: from now on only new findings count",)
    left, stale = unknown(baseline, findings, outcome.texts)
    return left, len(findings) - len(left), stale, ()


def _freeze(session: Session, path: str, findings: list[Finding], outcome: Outcome, *, is_whole: bool) -> None:
    if not session.arguments.baseline:
        raise LintError(f"{path}: no such baseline; --baseline {path} writes it")
    if not is_whole:
        raise LintError(f"{path}: not written, since not everything could be read")
    from .baseline import write_baseline  # noqa: PLC0415 - as above

    write_baseline(path, findings, outcome.texts)


def _reported(outcome: Outcome, scope: Scope) -> list[Finding]:
    wanted = _wanted(outcome, scope)
    return [finding for finding in outcome.findings if wanted is None or finding.place.path in wanted]


def _broken_since(session: Session, scope: Scope, outcome: Outcome, since: str) -> list[Finding]:
    """The findings in what PATH names, and those elsewhere that an earlier revision did not have."""
    from .fingerprint import fingerprints  # noqa: PLC0415 - only for comparisons
    from .revision import known_at  # noqa: PLC0415 - as above

    wanted = scope.targets or set()
    if all(finding.place.path in wanted for finding in outcome.findings):
        return outcome.findings
    known = known_at(since, scope.paths, session.setup)
    marked = zip(outcome.findings, fingerprints(outcome.findings, outcome.texts), strict=True)
    return [finding for finding, mark in marked if finding.place.path in wanted or mark not in known]


def _wanted(outcome: Outcome, scope: Scope) -> set[str] | None:
    """The files to report: those that PATH names, and what an nginx configuration among them includes."""
    if scope.targets is None:
        return None
    return scope.targets.union(*(files for files in outcome.inclusions if files[0] in scope.targets))


def _mending(session: Session, scope: Scope, files: Files, outcome: Outcome) -> Mending:
    from .fix import Mender  # noqa: PLC0415 - only a run that mends needs it

    wanted = _wanted(outcome, scope)
    mender = Mender(
        scope.paths,
        files,
        session.setup,
        None if wanted is None else frozenset(wanted),
        session.arguments.unsafe_fixes,
    )
    return mender.mend(outcome)


def _difference(session: Session, outcome: Outcome, mending: Mending) -> str:
    from .fix import difference  # noqa: PLC0415 - as above

    return difference(mending, _secrets(outcome))


def _written(session: Session, mending: Mending) -> list[str]:
    from .replacing import ReplaceError, create_text, replace_text  # noqa: PLC0415 - as above

    failures = []
    for path, text in mending.after.items():
        try:
            if path in mending.before:
                replace_text(path, mending.before[path], text)
            else:
                create_text(path, text)
        except ReplaceError as error:
            failures.append(str(error))
    _tell(session, mending, failures)
    return failures


def _tell(session: Session, mending: Mending, failures: Sequence[str]) -> None:
    for finding, reason in mending.refused:
        session.streams.complain(f"{finding.place}: not mended: {reason} [{finding.rule}]")
    if mending.mended and not failures:
        faults, files = len(mending.mended), len(mending.after)
        session.streams.complain(f"mended {faults} fault{'s' * (faults > 1)} in {files} file{'s' * (files > 1)}")


def _print_mended(session: Session, files: Files, scope: Scope, outcome: Outcome, mending: Mending) -> int:
    """With standard input, the mended text goes to standard output in place of a report."""
    (path,) = files.overlay
    session.streams.write(mending.after.get(path, files.overlay[path]))
    left = lint(scope.paths, Files({path: mending.after.get(path, files.overlay[path])}), session.setup)
    return _exit_code(session, _reported(left, scope), [*scope.failures, *left.failures])


def _secrets(outcome: Outcome) -> set[str]:
    """The texts at places that hold secrets."""
    lines = {path: text.split("\n") for path, text in outcome.texts.items()}
    return {piece for place in outcome.secret_places for piece in _pieces(lines.get(place.path, ()), place)} - {""}


def _pieces(lines: Sequence[str], place: Place) -> Iterator[str]:
    """The text at *place*, line by line, without quotes around it and without the sign of a block."""
    for number in range(place.line, min(place.end_line, len(lines)) + 1):
        start = place.column - 1 if number == place.line else 0
        end = place.end_column - 1 if number == place.end_line else None
        piece = lines[number - 1][start:end].strip().strip("\"'")
        if place.line == place.end_line or len(piece) > len("|-"):
            yield piece
