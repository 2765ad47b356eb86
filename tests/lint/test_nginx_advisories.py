"""The table of nginx's holes, and the rule that reads it."""

from __future__ import annotations

import datetime

import pytest

from fairlead.lint.nginx.table import NEWEST, version
from fairlead.lint.rules.nginx.advisories import FIXED_IN_STABLE, READ_ON, Advisory, advisories
from fairlead.lint.rules.nginx.known_holes import _USES

REWRITE = "rewrite ^/a/(.*)$ /b?c=1; set $path $1;"


def _hole(number: str) -> Advisory:
    return next(advisory for advisory in advisories() if advisory.number == number)


@pytest.mark.parametrize(
    ("number", "running", "is_hit"),
    [
        ("CVE-2026-27654", "1.28.2", True),
        ("CVE-2026-27654", "1.28.3", False),
        ("CVE-2026-27654", "1.29.6", True),
        ("CVE-2026-27654", "1.30.0", False),
        ("CVE-2026-42945", "1.28.3", True),
        ("CVE-2026-42945", "1.30.1", False),
        ("CVE-2024-24989", "1.25.2", False),
        ("CVE-2024-24989", "1.25.3", True),
        ("CVE-2022-41741", "1.0.8", True),
        ("CVE-2022-41741", "1.1.0", False),
        ("CVE-2021-23017", "1.20.1", False),
    ],
)
def test_a_fix_in_a_stable_branch_is_an_exception_to_the_range(number: str, running: str, is_hit: bool) -> None:
    assert is_hit == _hole(number).hits(version(running))


def test_the_stable_version_that_is_advised_has_none_of_the_holes() -> None:
    assert [] == [advisory.number for advisory in advisories() if advisory.hits(version(FIXED_IN_STABLE))]


@pytest.mark.parametrize("advisory", advisories(), ids=lambda advisory: advisory.number)
def test_an_advisory_agrees_with_itself(advisory: Advisory) -> None:
    firsts, lasts = zip(*advisory.ranges, strict=True)

    assert all(first <= last and advisory.hits(first) for first, last in advisory.ranges)
    assert not any(advisory.hits(sound) for sound in advisory.fixed)
    assert advisory.fixed[0] > max(lasts), "the first of the sound versions is the one that ends the newest range"
    assert all(min(firsts) < sound for sound in advisory.fixed)
    assert list(advisory.fixed) == sorted(advisory.fixed, reverse=True)


def test_the_table_holds_each_hole_once_and_the_newest_years_first() -> None:
    numbers = [advisory.number for advisory in advisories()]
    years = [int(number.split("-")[1]) for number in numbers]

    assert len(set(numbers)) == len(numbers)
    assert years == sorted(years, reverse=True)
    assert READ_ON.year >= years[0]


def test_the_nginx_that_is_assumed_has_none_of_the_holes() -> None:
    assert [] == [advisory.number for advisory in advisories() if advisory.hits(NEWEST)]
    assert NEWEST >= version(FIXED_IN_STABLE)


def test_every_use_in_the_table_can_be_looked_for() -> None:
    assert set(_USES) == {advisory.use for advisory in advisories()}


def test_known_holes_fall_silent_when_the_table_is_old(folder, lint, monkeypatch) -> None:
    (folder / "nginx.conf").write_text(f"location / {{ {REWRITE} }}\n")

    assert "[nginx/known-hole]" in lint("nginx.conf", "--nginx-version", "1.28.3").out

    later = datetime.datetime.combine(READ_ON, datetime.time(), datetime.UTC) + datetime.timedelta(days=366)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(later.timestamp())))

    assert "[nginx/known-hole]" not in lint("nginx.conf", "--nginx-version", "1.28.3").out


def test_a_hole_is_reported_once_however_often_it_is_used(folder, lint) -> None:
    (folder / "nginx.conf").write_text("".join(f"location /{name} {{ {REWRITE} }}\n" for name in "abc"))

    assert 1 == lint("nginx.conf", "--nginx-version", "1.28.3").out.count("[nginx/known-hole]")


@pytest.mark.parametrize(
    ("rewrite", "is_hit"),
    [
        (r"rewrite ^/((.*))$ /x?a=$1&b=$2;", True),
        (r"rewrite ^/((?:a|(?<b>c)).*)$ $scheme://a.example/$1$2;", True),
        (r"rewrite ^/([(]x)(.*)$ /x?a=$1&b=$2;", False),
        (r"rewrite ^/((.*))$ /x/$1?b=$2 last;", False),
        (r"rewrite ^/((.*))$ /x/$1$2? last;", False),
        (r"rewrite ^/((.*))$ /x?a=$1&b=$2&c=$host;", False),
        (r"rewrite ^/((a)(b))$ /x?a=$2&b=$3;", False),
    ],
)
def test_only_captures_inside_each_other_open_the_hole_of_rewrite(rewrite: str, is_hit: bool, folder, lint) -> None:
    (folder / "nginx.conf").write_text(f"location / {{ {rewrite} }}\n")

    assert is_hit == ("CVE-2026-9256" in lint("nginx.conf", "--nginx-version", "1.30.1").out)
