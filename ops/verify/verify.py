"""`inv verify`: from what a person asked to reports and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from . import baseline
from .options import Options, output, severity, wait_seconds
from .record import Record
from .session import Session, open_session


def verify(flags: dict[str, Any]) -> None:
    """`inv verify`; exits with what the findings mean: 0, 1, 5 or 7."""
    options = options_of(flags)
    today = datetime.now(UTC).date()
    known = baseline.read(options.baseline) if options.baseline else None
    record = looked(options)
    if options.baseline and known is None:
        count = baseline.write(options.baseline, record.findings, today)
        print(f"{options.baseline}: {count} known failures put off for {baseline.PUT_OFF_DAYS} days", file=sys.stderr)
        known = baseline.read(options.baseline)
    findings = tuple(baseline.applied(finding, known or {}, today) for finding in record.findings)
    record = replace(record, findings=findings)
    _report(record, options)
    sys.exit(record.exit_code)


def options_of(flags: dict[str, Any]) -> Options:
    """
    The flags of the task as options.

    Raises:
        SettingsError: one of them makes no sense.
    """
    if flags.get("url") and flags.get("host"):
        raise SettingsError("--url looks at a site from outside alone, --host at a host of fairlead.yaml; say one")
    return Options(
        url=flags.get("url") or "",
        hosts=tuple(flags.get("host") or ()),
        ca=flags.get("ca") or "",
        only=tuple(flags.get("only") or ()),
        everything=bool(flags.get("all")),
        fail_on=severity(flags.get("fail_on") or ""),
        wait_s=wait_seconds(flags.get("wait") or ""),
        as_json=bool(flags.get("json")),
        junit=output(flags.get("junit") or "", "--junit"),
        html=output(flags.get("html") or "", "--html"),
        baseline=output(flags.get("baseline") or "", "--baseline"),
        changing=not flags.get("dry"),
    )


def looked(options: Options) -> Record:
    """
    The run itself.

    Raises:
        FairleadError: there is nothing to look at, or no way there.
    """
    from .report.terminal import Bar  # noqa: PLC0415 - rich takes 100 ms

    if not options.hosts:
        session = open_session(options)
        with Bar(_count([session])) as bar:
            return session.run(options, bar.ended)
    from . import hosts  # noqa: PLC0415 - fabric takes 400 ms

    with hosts.looks_at(options.hosts, options) as looks, Bar(_count([look.session for look in looks])) as bar:
        return hosts.run(looks, options, bar.ended)


def _count(sessions: Sequence[Session]) -> int:
    return sum(len(session.jobs) + len(session.last) for session in sessions)


def _report(record: Record, options: Options) -> None:
    from .report import data, junit, terminal  # noqa: PLC0415 - rich takes 100 ms

    if options.as_json:
        print(data.report(record), end="")
    else:
        terminal.show(record, everything=options.everything)
    if options.junit:
        _write(options.junit, junit.report(record))
    if options.html:
        from .report import page  # noqa: PLC0415 - only where it is asked for

        _write(options.html, page.report(record))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {(error.strerror or 'cannot be written').lower()}") from None
