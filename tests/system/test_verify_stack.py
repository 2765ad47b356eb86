"""`inv verify` on the real stack: a good one is never red, a broken one in the right place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.schemas import errors
from fairlead.tests.verify.broken_stacks import BROKEN, Breaker, Broken

from .conftest import Checkout

SAMPLE = (
    "a header lost its always",
    "a location has headers of its own",
    "changed and not reloaded",
    "streams are held back",
    "another buffer pool",
    "Redis answers everybody",
    "a stopped replica",
    "the edge is stopped",
    "a published database port",
    "a secret in the environment",
    "another release is promised",
    "the certificate was swapped without a reload",
)
"""Of each kind one; the campaign `verify_kills` breaks the stack in every way."""

FAULTS = [fault for fault in BROKEN if fault.name in SAMPLE]


@pytest.fixture(autouse=True, scope="module")
def as_built(stack: Checkout) -> None:
    """Another checkout of the same stack may have built images under the same names."""
    assert stack.inv("up").code == 0


def proved(stack: Checkout, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of a run."""
    ended = stack.inv("verify", "--json", *arguments, **environment)
    assert ended.out, ended.err
    return ended.code, json.loads(ended.out)


def words(report: dict[str, Any], *wanted: str) -> list[str]:
    """The findings with one of the words *wanted*."""
    found = [each for each in report["findings"] if each["verdict"] in wanted]
    return [f"{each['verdict']} {each['id']} {each['target']}: {each['observed']}" for each in found]


def test_a_good_stack_is_never_red(stack: Checkout, tmp_path: Path) -> None:
    page, junit = tmp_path / "report.html", tmp_path / "report.xml"
    code, report = proved(stack, "--all", "--html", str(page), "--junit", str(junit))

    assert [] == words(report, "FAIL", "ERROR")
    assert (0, []) == (code, errors("verify", report))
    assert report["summary"]["pass"] > 200
    assert "Locations by headers" in page.read_text()
    assert "<testsuites" in junit.read_text()


def test_no_secret_is_in_any_report(stack: Checkout, tmp_path: Path) -> None:
    page, junit = tmp_path / "report.html", tmp_path / "report.xml"
    ended = stack.inv("verify", "--all", "--json", "--html", str(page), "--junit", str(junit))

    folder = stack.folder / ".fairlead" / "secrets"
    secrets = [text for path in folder.iterdir() if len(text := path.read_text().strip()) > 5]
    texts = (ended.out, ended.err, page.read_text(), junit.read_text())
    assert [] == [path for path, text in enumerate(texts) if any(secret in text for secret in secrets)]


def test_a_dry_run_leaves_out_what_leaves_something_behind(stack: Checkout) -> None:
    ended = stack.inv("--dry", "verify", "--json", "--only", "ST1b,RN5")

    found = {each["id"]: each["verdict"] for each in json.loads(ended.out)["findings"]}
    assert (0, {"ST1b": "SKIP", "RN5": "SKIP"}) == (ended.code, found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_broken_stack_turns_the_right_check_red(stack: Checkout, fault: Broken) -> None:
    with Breaker(stack).broken(fault):
        code, report = proved(stack, "--only", ",".join(fault.red), **fault.environment)

    red = {each["id"] for each in report["findings"] if each["verdict"] == "FAIL"}
    assert (1, set(fault.red)) == (code, red), words(report, "FAIL", "ERROR", "WARN", "SKIP")
