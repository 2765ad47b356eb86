"""Rules of a user's own: from a folder, from an installed package, and in their own tests."""

from __future__ import annotations

import sys

import pytest

from fairlead.lint.discovery import Catalogue, RuleError
from fairlead.lint.examples import faults_of
from fairlead.lint.record import replace

OWN = '''
"""A rule of this project."""

from fairlead.lint.finding import Severity
from fairlead.lint.rule import rule


@rule(
    "nginx/pid-set",
    Severity.INFO,
    bad="pid /run/nginx.pid; # <-",
    good="worker_processes auto;",
    source="our wiki",
)
def pid_set(config):
    """The pid file is ours to choose."""
    for directive in config.find("pid"):
        yield directive.place, "the image sets the pid; remove it"
'''


def test_a_folder_of_rules_is_used_like_ours(folder, lint) -> None:
    (folder / "house").mkdir()
    (folder / "house" / "pid.py").write_text(OWN)
    (folder / "fairlead.yaml").write_text("lint: {rules: [house]}\n")
    (folder / "nginx.conf").write_text("pid /run/nginx.pid;\n")

    assert "[nginx/pid-set]" in lint("nginx.conf").out
    assert "nginx/pid-set" in lint("--list-rules").out
    assert "# nginx/pid-set" in lint("--rule", "nginx/pid-set").out


def test_its_examples_are_run_by_one_call(folder) -> None:
    (folder / "pid.py").write_text(OWN)
    rule = Catalogue((str(folder),)).find("nginx/pid-set")

    assert rule is not None
    assert [] == faults_of(rule, (rule,))
    (fault,) = faults_of(replace(rule, examples=(("pid a;",), ("pid b; # <-",), None)), (rule,))[:1]
    assert "nginx/pid-set: bad example 1: reports [('nginx.conf', 1)], marked are []" == fault


def test_an_installed_package_brings_rules_by_entry_point(folder, lint, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "site" / "house_rules-1.dist-info").mkdir(parents=True)
    (folder / "site" / "house_rules.py").write_text(OWN.replace("pid-set", "pid-chosen"))
    (folder / "site" / "house_rules-1.dist-info" / "entry_points.txt").write_text(
        "[console_scripts]\nx = y:z\n\n[fairlead.rules]\nhouse = house_rules\n\n[other]\na = b\n"
    )
    (folder / "nginx.conf").write_text("pid /run/nginx.pid;\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder / "site")])

    assert "[nginx/pid-chosen]" in lint("nginx.conf").out


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import nothing_of_that_name\n", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("def\n", "SyntaxError: "),
        (OWN.replace("pid-set", "server-tokens-on"), "rule nginx/server-tokens-on: two rules have this id"),
    ],
)
def test_a_rule_that_cannot_be_loaded_is_named(folder, text: str, complaint: str) -> None:
    (folder / "pid.py").write_text(text)

    with pytest.raises(RuleError) as caught:
        Catalogue((str(folder),)).family("nginx")

    assert complaint in str(caught.value)
