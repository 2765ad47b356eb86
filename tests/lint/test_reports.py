"""The reports over one run with everything in it; ``pytest --update`` writes the golden files anew."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from fairlead.lint.discovery import Catalogue
from fairlead.lint.finding import Edit, Finding, Severity
from fairlead.lint.place import Place
from fairlead.lint.report import FORMATS, Results, report
from fairlead.lint.report.results import Style
from fairlead.schemas import errors

from .conftest import Linted

HERE = Path(__file__).parent
NGINX = """\
http {
    server_tokens on;
    add_heade X-A "größe 😀"; server_tokens on;
\tproxy_set_header Authorization "Bearer abc.def.ghi";
}
"""
COMPOSE = "services:\n  db:\n    environment:\n      MYSQL_PASSWORD: hunter2-hunter2\n"
LONG = "add_header X-Long " + "a" * 300 + " always; server_tokens on;\n"


def place(path: str, line: int, start: int, end: int, end_line: int = 0) -> Place:
    return Place(path, line, start, end_line or line, end)


FINDINGS = [
    Finding(
        "compose/odd, rule", Severity.INFO, place("a, b%/compose.yml", 4, 7, 21), "100% odd:\nin two lines\x1b[31m"
    ),
    Finding("nginx/unknown-directive", Severity.ERROR, place("nginx.conf", 3, 5, 14), 'unknown directive "add_heade"'),
    Finding("nginx/block", Severity.WARNING, place("nginx.conf", 1, 1, 2, 5), "<http> & more"),
    Finding(
        "nginx/server-tokens-on",
        Severity.WARNING,
        place("nginx.conf", 3, 43, 45),
        "tells the version",
        (Edit(place("nginx.conf", 3, 43, 45), "off"),),
    ),
    Finding("nginx/empty", Severity.WARNING, place("/etc/nginx/empty.conf", 1, 1, 1), "the file is empty"),
    Finding("nginx/long", Severity.WARNING, place("long.conf", 1, 342, 344), "far to the right"),
]
TEXTS = {
    "nginx.conf": NGINX,
    "a, b%/compose.yml": COMPOSE,
    "/etc/nginx/empty.conf": "",
    "long.conf": LONG,
    "clean.conf": "",
}


def results(findings: list[Finding] = FINDINGS, **more: object) -> Results:
    found = {name: Catalogue().find(name) for name in {finding.rule for finding in findings}}
    rules = {name: rule for name, rule in found.items() if rule is not None}
    return Results(findings, TEXTS, rules, version="0.0.0", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_is_as_it_was_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    golden = HERE / "golden" / f"{name}.txt"
    made = report(name)(results(hidden=2, stale=1))
    if request.config.getoption("--update"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(made, encoding="utf-8")

    assert golden.read_text(encoding="utf-8") == made


def test_sarif_is_valid_by_the_standards_own_schema() -> None:
    schema = json.loads((HERE / "standards" / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))

    log = json.loads(report("sarif")(results()))

    assert [] == [f"{list(error.path)}: {error.message}" for error in Draft4Validator(schema).iter_errors(log)]


def test_json_is_valid_by_its_schema() -> None:
    findings = [finding for finding in FINDINGS if "odd" not in finding.rule]

    assert [] == errors("report", json.loads(report("json")(results(findings))))


def test_junit_is_xml_and_counts_what_it_holds() -> None:
    root = ElementTree.fromstring(report("junit")(results()))

    assert len(FINDINGS) == len(root.findall(".//failure")) == int(root.attrib["failures"])
    assert len(root.findall(".//testcase")) == int(root.attrib["tests"]) == len(FINDINGS) + 1


def test_five_hundred_findings_stay_readable() -> None:
    many = [
        Finding(rule, Severity.WARNING, place("nginx.conf", 2, 19, 21), f"number {number}")
        for rule in ("nginx/server-tokens-on", "nginx/other")
        for number in range(250)
    ]

    made = report("text")(results(many))

    assert made.count("\n") < 60
    assert "  and 238 more of nginx/other in 1 file: --format json lists all" in made
    assert made.endswith("5 files: 0 errors, 500 warnings, 0 infos\n")


def test_no_line_is_wider_than_the_terminal_by_its_source() -> None:
    findings = [finding for finding in FINDINGS if finding.rule == "nginx/long"]

    lines = report("text")(results(findings, style=Style(width=60))).splitlines()

    assert max(map(len, lines)) <= 60 + len("long.conf:1:341: warning: ")
    assert lines[2].index("^") == lines[1].index("on;")


def test_colours_change_no_text() -> None:
    import re

    plain = report("text")(results())
    coloured = report("text")(results(style=Style(colour=True)))

    assert "\x1b[31merror\x1b[0m" in coloured
    assert plain == re.sub(r"\x1b\[\d+m", "", coloured)


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_shows_a_secret_or_obeys_a_control_character(name: str) -> None:
    made = report(name)(results())

    assert "hunter2" not in made
    assert "abc.def.ghi" not in made
    assert "\x1b" not in made


def test_a_secret_of_one_file_hides_nothing_in_another(folder: Path, lint: Linted) -> None:
    (folder / "docker-compose.yml").write_text("services:\n  db:\n    environment: {DB_PASSWORD: hunter2hunter2}\n")
    (folder / "nginx.conf").write_text("http {\n    gzip on;\n    server_tokens    on;   # shown whole, all of it\n}\n")

    out = lint("--select", "compose/literal-secret,nginx/server-tokens-on").out

    assert "hunter2" not in out
    assert "server_tokens    on;   # shown whole, all of it" in out
