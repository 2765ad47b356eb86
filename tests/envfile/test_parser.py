"""Env files: what is set, where it stands, and what Compose refuses."""

from __future__ import annotations

import pytest

from fairlead.lint.envfile import EnvFile, parse
from fairlead.lint.place import Place


def read(text: str) -> EnvFile:
    return parse(text, ".env")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1", {"A": "1"}),
        ("A = 1 \n", {"A": "1"}),
        ("export A=1\n", {"A": "1"}),
        ("exported=1\n", {"exported": "1"}),
        ("A: 1\n", {"A": "1"}),
        ("A=1 # x\n", {"A": "1"}),
        ("A=1#x\n", {"A": "1#x"}),
        ("A= # x\n", {"A": "# x"}),
        ("A='1' # x\n", {"A": "1"}),
        ("A='$B'\n", {"A": "$B"}),
        ('A="a\\nb"\n', {"A": "a\nb"}),
        ("A='a\\nb'\n", {"A": "a\\nb"}),
        ('A="x\\$y"\n', {"A": "x$y"}),
        ("A=x$$y\n", {"A": "x$y"}),
        ("A=1\nB=${A}2\nA=3\n", {"A": "3", "B": "12"}),
        ("B=$A\nA=1\n", {"B": "", "A": "1"}),
        ("A=${X:-d}${Y-e}\n", {"A": "de"}),
        ("A=${X:+d}\n", {"A": ""}),
        ('A="two\nlines"\nB=1\n', {"A": "two\nlines", "B": "1"}),
        ('A="1"B=2\n', {"A": "1", "B": "2"}),
        ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1\n", {"A": "1"}),
        ("OUTSIDE\nNOWHERE\n", {"OUTSIDE": "o"}),
        ("A=$OUTSIDE\n", {"A": "o"}),
        ("OUTSIDE=1\nA=$OUTSIDE\n", {"OUTSIDE": "1", "A": "o"}),
        ("A", {"": "A"}),
    ],
)
def test_values_are_those_of_compose(text: str, values: dict[str, str]) -> None:
    assert values == read(text).values({"OUTSIDE": "o"})


def test_each_part_of_a_setting_has_its_place() -> None:
    (entry,) = read("# x\nexport NAME='va lue' # y\n").entries

    assert Place(".env", 2, 1, 2, 21) == entry.place
    assert Place(".env", 2, 8, 2, 12) == entry.name_place
    assert Place(".env", 2, 14, 2, 20) == entry.value_place


def test_a_variable_behind_escapes_has_its_place_in_the_file() -> None:
    (entry,) = read('A="\\"\\n$B ${C:-$D}"\n').entries
    places = [entry.place_of(variable) for variable in entry.cut.variables()]

    assert [(place.column, place.end_column) for place in places] == [(8, 10), (11, 19), (16, 18)]


def test_comments_are_kept_with_their_places() -> None:
    comments = read("# one\nA=1 # two\nB='x'# three\nC=#no\n").comments

    assert [(Place(".env", 1, 1, 1, 6), "# one"), (Place(".env", 2, 5, 2, 10), "# two")] == list(comments[:2])
    assert [text for _, text in comments] == ["# one", "# two", "# three"]


@pytest.mark.parametrize(
    ("text", "rule", "column"),
    [
        ("A B=1\n", "env/invalid-line", 1),
        ("A@B=1\n", "env/invalid-line", 2),
        ('A="1\n', "env/unterminated-quote", 3),
        ("A=x${\n", "env/invalid-variable", 4),
        ("A=${B!}\n", "env/invalid-variable", 3),
        ("export ", "env/invalid-line", 1),
    ],
)
def test_what_compose_refuses_is_a_problem(text: str, rule: str, column: int) -> None:
    ((found, place, _),) = read(text).problems

    assert (found, place.line, place.column) == (rule, 1, column)


def test_a_bad_line_hides_none_of_the_others() -> None:
    env = read("A=1\nB C\nD=${\nE=2\n")

    assert [place.line for _, place, _ in env.problems] == [2, 3]
    assert env.values() == {"A": "1", "E": "2"}


def test_values_that_double_each_other_stop_growing() -> None:
    text = "A=xxxxxxxxxx\n" + "A=$A$A\n" * 60

    assert len(read(text).values()["A"]) <= 1_000_000


def test_defaults_within_defaults_end_somewhere() -> None:
    env = read("A=" + "${B:-" * 5000 + "}" * 5000 + "\n")

    assert [rule for rule, _, _ in env.problems] == ["env/invalid-variable"]


def test_a_value_without_a_name_is_reported_on_a_last_line_without_end() -> None:
    from fairlead.lint.rules.env.syntax import value_without_name

    (finding,) = value_without_name.findings(read("A=1\nMYSQL_PASSWORD"), None)

    assert (finding.place.line, finding.message) == (2, "Compose takes this for a value without a name; end the line")
