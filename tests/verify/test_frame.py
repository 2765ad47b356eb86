"""The frame of `inv verify`: what verdicts mean, budgets, the runner, baselines, selection, reports."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fairlead.lint.discovery import Catalogue
from fairlead.ops.errors import SettingsError
from fairlead.ops.verify import baseline
from fairlead.ops.verify.budget import Budget
from fairlead.ops.verify.errors import BudgetSpentError, NoAnswerError
from fairlead.ops.verify.inside import checks as inside
from fairlead.ops.verify.options import output, severity, wait_seconds
from fairlead.ops.verify.outcome import exit_code
from fairlead.ops.verify.outside import checks as outside
from fairlead.ops.verify.outside.site import counterpart, is_loopback, normal_url
from fairlead.ops.verify.record import Record
from fairlead.ops.verify.report import data, junit, page, terminal
from fairlead.ops.verify.runner import Job, run
from fairlead.ops.verify.selection import selected
from fairlead.ops.verify.verdict import Check, Finding, Severity, Verdict, Word, check, failed, passed, skipped, warned
from fairlead.schemas import errors

CHECKS = (*outside.CHECKS, *inside.CHECKS, *inside.ALONE)


def finding(word: Word, severity: Severity = "error", identity: str = "HD1", target: str = "/") -> Finding:
    """A finding of a check that looks at nothing."""
    made: Check[object] = Check(identity, "headers", severity, "a title", lambda _: ())
    return Finding(made, Verdict(word, "promised", "observed", target))


def looked(*verdicts: Verdict, severity: Severity = "error") -> list[Finding]:
    """What a check that gives *verdicts* comes to."""

    @check("XX1", "group", severity, "a title")
    def gives(_: object) -> Iterator[Verdict]:
        yield from verdicts

    return run([Job(gives, None)], seconds=10).findings


@pytest.mark.parametrize(
    ("findings", "fail_on", "code"),
    [
        ((finding("PASS"),), "warning", 0),
        ((finding("PASS"), finding("SKIP")), "warning", 0),
        ((finding("PASS"), finding("WARN")), "warning", 0),
        ((finding("PASS"), finding("WARN")), "info", 1),
        ((finding("PASS"), finding("FAIL")), "warning", 1),
        ((finding("FAIL", "warning"),), "error", 0),
        ((finding("FAIL", "warning"),), "warning", 1),
        ((finding("PASS"), finding("ERROR")), "warning", 7),
        ((finding("PASS"), finding("ERROR", "info")), "warning", 0),
        ((finding("FAIL"), finding("ERROR")), "warning", 1),
        ((), "warning", 7),
    ],
)
def test_a_run_passes_only_where_all_that_is_required_was_seen_to_hold(
    findings: tuple[Finding, ...], fail_on: Severity, code: int
) -> None:
    assert code == exit_code(findings, fail_on)


def test_a_site_that_was_not_reached_is_neither_proved_nor_broken() -> None:
    assert 5 == exit_code((finding("ERROR"),), reached=False)


def test_what_is_only_worth_knowing_warns_instead_of_failing() -> None:
    (found,) = looked(failed("this", "that", "/", "mend it"), severity="info")

    assert "WARN" == found.verdict.word


def test_a_check_that_breaks_off_keeps_what_it_saw_and_is_an_error() -> None:
    @check("XX1", "group", "error", "a title")
    def breaks(_: object) -> Iterator[Verdict]:
        yield passed("one", "one", "first")
        raise NoAnswerError("http://a.test/: no answer within 8 s")

    found = run([Job(breaks, None)], seconds=10).findings

    assert ["PASS", "ERROR"] == [each.verdict.word for each in found]
    assert "not checked: http://a.test/: no answer within 8 s" == found[1].verdict.observed


@pytest.mark.parametrize("fault", [ValueError("odd"), OSError(5, "broken"), KeyError("x")])
def test_whatever_a_check_raises_is_an_error_and_never_a_pass(fault: Exception) -> None:
    @check("XX1", "group", "error", "a title")
    def breaks(_: object) -> Iterator[Verdict]:
        raise fault
        yield

    found = run([Job(breaks, None)], seconds=10).findings

    assert ["ERROR"] == [each.verdict.word for each in found]


def test_a_check_without_a_verdict_is_an_error() -> None:
    assert ["ERROR"] == [each.verdict.word for each in looked()]


def test_a_check_that_never_ends_is_left_behind() -> None:
    never = threading.Event()

    @check("XX1", "group", "error", "a title")
    def waits(_: object) -> Iterator[Verdict]:
        yield passed("one", "one", "first")
        never.wait(60)
        yield passed("two", "two", "second")

    begun = time.monotonic()
    found = run([Job(waits, None)], seconds=0.3).findings
    never.set()

    assert time.monotonic() - begun < 10
    assert [("PASS", "first"), ("ERROR", "")] == [(each.verdict.word, each.verdict.target) for each in found]
    assert "not checked: the time of this run is over" == found[1].verdict.observed


def test_ctrl_c_gives_what_was_seen_and_error_for_the_rest() -> None:
    def interrupt(_: list[Finding]) -> None:
        raise KeyboardInterrupt

    never = threading.Event()

    @check("XX1", "group", "error", "a title")
    def ends(_: object) -> Iterator[Verdict]:
        yield passed("one", "one")

    @check("XX2", "group", "error", "a title")
    def waits(_: object) -> Iterator[Verdict]:
        never.wait(60)
        yield passed("two", "two")

    outcome = run([Job(ends, None), Job(waits, None)], seconds=60, ended=interrupt)
    never.set()

    assert outcome.interrupted
    assert ["PASS", "ERROR"] == [each.verdict.word for each in outcome.findings]
    assert "not checked: interrupted" == outcome.findings[1].verdict.observed


def test_requests_are_spread_over_time_and_counted() -> None:
    waited: list[float] = []
    budget = Budget(5.0, requests=3, clock=lambda: 100.0, wait=waited.append)

    for _ in range(3):
        budget.take()

    assert [0.2, 0.4] == [round(each, 6) for each in waited]
    with pytest.raises(BudgetSpentError, match="all 3 requests"):
        budget.take()


def test_no_request_is_made_after_the_end_of_a_run() -> None:
    now = [100.0]
    budget = Budget(50.0, seconds=10.0, clock=lambda: now[0], wait=lambda _: None)
    now[0] = 111.0

    with pytest.raises(BudgetSpentError, match="time of this run"):
        budget.take()
    assert (0, 0.0) == (budget.spent, budget.left_s)


def test_a_budget_begins_anew_when_a_site_was_waited_for() -> None:
    now = [0.0]
    budget = Budget(50.0, requests=1, seconds=10.0, clock=lambda: now[0], wait=lambda _: None)
    budget.take()
    now[0] = 60.0

    budget.grant(20.0)
    budget.take()

    assert (1, 20.0) == (budget.spent, budget.left_s)


def test_a_baseline_puts_failures_off_until_a_day(tmp_path: Path) -> None:
    path, today = tmp_path / "known.json", date(2026, 11, 23)
    assert baseline.read(path) is None
    count = baseline.write(path, [finding("FAIL"), finding("FAIL"), finding("PASS", identity="HD2")], today)
    known = baseline.read(path) or {}

    applied = baseline.applied(finding("FAIL"), known, today)

    assert (1, "WARN", "2027-02-21") == (count, applied.verdict.word, applied.known_until)
    assert 0 == exit_code((applied, finding("PASS")))
    assert "FAIL" == baseline.applied(finding("FAIL"), known, date(2027, 2, 22)).verdict.word
    assert "FAIL" == baseline.applied(finding("FAIL", target="/other"), known, today).verdict.word


def test_names_made_for_one_run_are_known_again_in_the_next(tmp_path: Path) -> None:
    path, today = tmp_path / "known.json", date(2026, 11, 23)
    baseline.write(path, [finding("FAIL", target="https://a.test/fairlead-0123456789.js")], today)
    again = finding("FAIL", target="https://a.test/fairlead-abcdef0123.js")

    assert "WARN" == baseline.applied(again, baseline.read(path) or {}, today).verdict.word


@pytest.mark.parametrize(
    "text", ["", "[]", '{"known": [{"id": 1}]}', '{"known": [{"id": "A", "target": "", "until": "x"}]}']
)
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(text)

    with pytest.raises(SettingsError, match="no baseline of inv verify"):
        baseline.read(path)


def test_checks_are_chosen_by_id_and_group() -> None:
    assert ["HD1"] == [each.id for each in selected(CHECKS, ["hd1"], everything=False)]
    assert {"tls"} == {each.group for each in selected(CHECKS, ["tls"], everything=False)}
    assert {"HD1", "RE1"} == {each.id for each in selected(CHECKS, ["HD1, RE1"], everything=False)}
    assert not any(not each.quick for each in selected(CHECKS, [], everything=False))
    assert len(CHECKS) == len(selected(CHECKS, [], everything=True))


def test_a_check_that_is_not_there_is_named_with_what_is() -> None:
    with pytest.raises(
        SettingsError, match="--only XX9: no such check here; there are ids such as HD1 and the groups reach"
    ):
        selected(CHECKS, ["XX9"], everything=False)


def test_ids_are_unique_and_titles_are_sentences() -> None:
    ids = [each.id for each in CHECKS]

    assert sorted(set(ids)) == sorted(ids)
    assert [] == [each.id for each in CHECKS if each.title.endswith(".") or len(each.title) < 12]


def test_every_rule_that_a_check_names_is_one_of_the_linter() -> None:
    known = {rule.id for rule in Catalogue().all()}

    assert set() == {rule for each in CHECKS for rule in each.rules} - known


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("example.com", "https://example.com/"),
        ("http://example.com", "http://example.com/"),
        ("https://example.com:8443/a?b=c#d", "https://example.com:8443/a?b=c"),
        ("https://[::1]:8443", "https://[::1]:8443/"),
    ],
)
def test_an_address_gets_a_scheme_and_a_path(text: str, url: str) -> None:
    assert url == normal_url(text)


@pytest.mark.parametrize(
    "text", ["", "ftp://a.test", "https://", "https://a.test:99999", "https://a b.test", "https://me:pw@a.test"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="--url"):
        normal_url(text)


def test_the_plain_address_is_known_for_usual_ports_alone() -> None:
    assert "http://example.com/" == counterpart("https://example.com/a")
    assert "http://example.com/" == counterpart("https://example.com:443/")
    assert "" == counterpart("https://example.com:8443/")


def test_this_machine_is_known_by_its_addresses() -> None:
    assert [True, True, True, False, False] == [
        is_loopback(each) for each in ("localhost", "127.0.0.2", "::1", "10.0.0.1", "example.com")
    ]


def test_wrong_options_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--fail-on takes error, warning, info"):
        severity("high")
    with pytest.raises(SettingsError, match="--wait takes seconds"):
        wait_seconds("soon")
    with pytest.raises(SettingsError, match="--html"):
        output(str(tmp_path / "none" / "report.html"), "--html")
    assert ("warning", 10.0, None) == (severity(""), wait_seconds(""), output("", "--html"))


EVIL = '<script>alert(1)</script>"&\x00'


def record(*findings: Finding) -> Record:
    """A run with *findings*."""
    begun = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    return Record("shop", "abc123", "stack", begun, 1.5, findings, requests=3)


def evil_record() -> Record:
    """A run over a site that answers with markup."""
    bad = replace(finding("FAIL"), verdict=failed(EVIL, EVIL, EVIL, EVIL, EVIL))
    return record(bad, finding("PASS"), finding("ERROR"), replace(finding("WARN"), flaky=True), finding("SKIP"))


def test_the_json_report_is_as_its_schema_says() -> None:
    told = json.loads(data.report(evil_record()))

    assert [] == errors("verify", told)
    assert (1, {"fail": 1, "error": 1, "warn": 1, "pass": 1, "skip": 1}) == (told["exit_code"], told["summary"])


def test_the_junit_report_can_be_read_whatever_a_site_answers() -> None:
    suites = ElementTree.fromstring(junit.report(evil_record()))
    (suite,) = suites

    assert {"tests": "5", "failures": "1", "errors": "1", "skipped": "1"} == {
        key: suite.attrib[key] for key in ("tests", "failures", "errors", "skipped")
    }
    assert ["failure", "error", "system-out", "skipped"] == [
        child.tag for case in sorted(suite, key=lambda case: [*"FEW"].index("F")) for child in case
    ]


def test_the_page_shows_markup_of_a_site_as_text_and_asks_nobody_else() -> None:
    text = page.report(evil_record())

    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert [] == [part for part in ("http://", "https://", "//cdn", "@import", "url(") if part in text]


def test_a_terminal_gets_failures_first_with_promised_beside_observed() -> None:
    shared = Check("HD2", "headers", "error", "browsers do not guess types", lambda _: (), rules=("nginx/no-nosniff",))
    seen = (failed("nosniff", "missing from 200", "/", "set it"), failed("nosniff", "missing from 404", "/x", "set it"))
    bad = [Finding(shared, replace(each, rules=shared.rules)) for each in seen]
    out = StringIO()

    terminal.show(record(finding("PASS"), *bad, finding("SKIP", identity="HD3")), out)

    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    assert [
        "FAIL  HD2 browsers do not guess types  [nginx/no-nosniff]",
        "      promised  nosniff",
        "      observed  missing from 200  /",
        "      observed  missing from 404  /x",
        "      -> set it",
        "",
        "headers  ████████████████████████  2 FAIL, 1 PASS, 1 SKIP",
        "",
        "promises are broken: 2 FAIL, 1 PASS, 1 SKIP (1.5 s, 3 requests, run abc123)",
    ] == lines


def test_all_words_of_verdicts_can_be_made() -> None:
    made = (passed("a", "b"), failed("a", "b", "c", "d"), warned("a", "b", "c", "d"), skipped("why"))

    assert ["PASS", "FAIL", "WARN", "SKIP"] == [each.word for each in made]
