"""What is told from one run to the next, and the file for Prometheus."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fairlead.ops.errors import UnreachableError
from fairlead.ops.verify import metrics, watching
from fairlead.ops.verify.record import Record
from fairlead.ops.verify.verdict import Check, Finding, Severity, Verdict, Word
from fairlead.ops.verify.watching import Watched

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
METRIC = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*"(,(?=[a-zA-Z_])|(?=\})))*\})? -?[0-9.]+'
)
"""A sample in the exposition format, version 0.0.4."""


def finding(name: str, word: Word, severity: Severity = "error") -> Finding:
    return Finding(Check(name, "tls", severity, "a promise is kept", lambda _: ()), Verdict(word))


def record(*findings: Finding, expires: datetime | None = None) -> Record:
    facts = {"certificate": {"not_after": expires.isoformat()}} if expires else {}
    return Record("shop", "0123abcd", "host", NOW, 2.5, findings, facts=facts)


def test_a_run_is_remembered_by_the_worst_word_of_each_check() -> None:
    put_off = replace(finding("TL3", "FAIL"), known_until="2027-01-01")
    found = watching.of_record(record(finding("TL1", "PASS"), finding("TL1", "FAIL"), put_off), "prod")

    assert {"TL1": "FAIL", "TL3": "WARN"} == found.words
    assert ("fail", 1) == (found.verdict, found.exit_code)


def test_a_first_run_is_news_only_where_it_is_not_well() -> None:
    good, bad = (watching.of_record(record(finding("TL1", word)), "") for word in ("PASS", "FAIL"))

    assert not watching.is_news(None, good)
    assert watching.is_news(None, bad)


def test_another_verdict_or_other_failing_checks_are_news_and_the_same_again_is_none() -> None:
    one = watching.of_record(record(finding("TL1", "FAIL"), finding("TL2", "PASS")), "")
    other = watching.of_record(record(finding("TL1", "PASS"), finding("TL2", "FAIL")), "")
    warned = watching.of_record(record(finding("TL1", "FAIL"), finding("TL2", "WARN")), "")

    assert not watching.is_news(one, one)
    assert not watching.is_news(one, warned)
    assert watching.is_news(one, other)
    assert [
        {"check": "TL1", "was": "fail", "is": "pass"},
        {"check": "TL2", "was": "pass", "is": "fail"},
    ] == watching.changes(one, other)


def test_what_could_not_be_told_is_told_with_the_next_run() -> None:
    now = watching.of_record(record(finding("TL1", "FAIL")), "")

    assert watching.is_news(replace(now, told=False), now)


def test_a_host_that_is_not_reached_is_news_once_and_forgets_no_check() -> None:
    before = watching.of_record(record(finding("TL1", "PASS")), "prod")
    gone = watching.of_error(UnreachableError("prod: no route to host"), "shop", "prod")

    assert watching.is_news(before, gone)
    assert not watching.is_news(gone, gone)
    event = watching.event_of(before, gone)
    assert ("unreachable", "pass", 5, [], "prod: no route to host") == (
        event["outcome"],
        event["before"],
        event["exit"],
        event["changed"],
        event["text"],
    )


def test_an_event_is_small_json_with_site_verdict_changes_and_run() -> None:
    many = [finding(f"XX{number}", "FAIL") for number in range(40)]
    now = watching.of_record(record(*many), "prod")
    event = watching.event_of(None, now)

    assert ("verify", "prod", "fail", "0123abcd", 20) == (
        event["event"],
        event["host"],
        event["outcome"],
        event["run"],
        event["more"],
    )
    assert 20 == len(event["changed"])
    assert len(json.dumps(event)) < 4096


def test_what_is_remembered_is_read_again_and_a_broken_file_is_no_run(tmp_path: Path) -> None:
    path = tmp_path / "verify" / "last.json"
    now = watching.of_record(record(finding("TL1", "FAIL")), "prod")
    watching.write(path, now)

    assert now == watching.read(path)
    path.write_text("{")
    assert watching.read(path) is None
    assert watching.read(tmp_path / "none") is None


def test_metrics_are_prometheus_text_that_everybody_may_read(tmp_path: Path) -> None:
    seen = record(
        finding("TL1", "FAIL"),
        finding("TL1", "FAIL"),
        finding("TL9", "WARN", "info"),
        finding("HD1", "PASS"),
        expires=NOW + timedelta(days=30),
    )
    watched = replace(watching.of_record(seen, "prod"), site='a "site"\\\n')
    path = tmp_path / "textfile" / "fairlead.prom"
    metrics.write(path, metrics.text_of(watched, seen, NOW))
    lines = path.read_text().splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    label = 'site="a \\"site\\"\\\\\\n",host="prod"'

    assert 0o644 == stat.S_IMODE(path.stat().st_mode)
    assert path.read_text().endswith("\n")
    assert [] == [line for line in samples if not METRIC.fullmatch(line)]
    assert f"fairlead_certificate_days_left{{{label}}} 30" in lines
    assert f"fairlead_verify_exit_code{{{label}}} 1" in lines
    assert f"fairlead_verify_failed_checks{{{label}}} 1" in lines
    assert f'fairlead_verify_findings{{{label},word="fail"}} 2' in lines
    assert f"fairlead_verify_last_run_timestamp_seconds{{{label}}} {NOW.timestamp():.0f}" in lines
    names = [line.split("{")[0] for line in samples]
    assert sorted({*names}) == sorted({line.split()[2] for line in lines if line.startswith("# TYPE")})


def test_a_run_that_saw_nothing_leaves_its_code_and_no_stale_numbers() -> None:
    text = metrics.text_of(Watched("shop", "prod", "", 5), None, NOW)

    assert 'fairlead_verify_exit_code{site="shop",host="prod"} 5\n' in text
    assert "certificate" not in text
