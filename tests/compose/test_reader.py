"""Reading: places, syntax errors, anchors, and files made to hurt."""

from __future__ import annotations

import pytest

from fairlead.lint.compose import parse
from fairlead.lint.compose.nodes import Mapping, Source, raw, scalars
from fairlead.lint.compose.reader import read

from .corpus import file_sets


def problems(text: str) -> list[str]:
    """What is wrong with *text*, as a user sees it."""
    return [f"{place.line}:{place.column}: {message} [{rule}]" for rule, place, message in parse(text).problems]


def tree(text: str) -> object:
    """The plain data of the first document."""
    documents, _ = read(Source("compose.yaml", text))
    return raw(documents[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 0440", 0o440),
        ("a: 0o17", 0o17),
        ("a: 0x1F", 31),
        ("a: 0b11", 3),
        ("a: 08", 8.0),
        ("a: 1_000", 1000),
        ("a: yes", "yes"),
        ("a: On", "On"),
        ("a: True", True),
        ("a: 22:22", "22:22"),
        ("a: 1e3", 1000.0),
        ("a: .5", 0.5),
        ("a: ~", None),
        ("a:", None),
        ("a: ''", ""),
        ("a: '1'", "1"),
        ("a: !!str 1", "1"),
        ("a: !!int '1'", 1),
        ("a: !other 1", "1"),
        ("a: 2024-02-03", "2024-02-03 00:00:00 +0000 UTC"),
        ("a: 99999999999999999999", 1e20),
        ("a: [80:80, http://x]", ["80:80", "http://x"]),
        ("a: {b: http://x}", {"b": "http://x"}),
        ("a: |\n  x\n  y", "x\ny\n"),
        ("a: >-\n  x\n  y", "x y"),
    ],
)
def test_scalars_mean_what_they_mean_to_compose(text: str, expected: object) -> None:
    assert {"a": expected} == tree(text + "\n")


def test_a_place_is_exact_whatever_the_style() -> None:
    project = parse("services:\n  a:\n    image: 'x:1'\n    command: [run, \"it\"]\n    user: &u root # c\n")
    service = project.services["a"]

    image, command, user = service.get("image"), service.get("command"), service.get("user")

    assert image is not None
    assert command is not None
    assert user is not None
    assert "docker-compose.yml:3:12" == str(image.place)
    assert (3, 17) == (image.place.end_line, image.place.end_column)
    assert [(4, 15), (4, 20)] == [(each.place.line, each.place.column) for each in command.entries()]
    assert (5, 14) == (user.place.line, user.place.column)
    assert (5, 5) == (user.key_place.line, user.key_place.column)
    assert (2, 3) == (service.place.line, service.place.column)


def test_a_byte_order_mark_and_windows_lines_move_no_place() -> None:
    project = parse("\ufeffservices:\r\n  a:\r\n    image: x\r\n")
    image = project.services["a"].get("image")

    assert image is not None
    assert "x" == image.data
    assert (3, 12) == (image.place.line, image.place.column)
    assert () == project.problems


def test_a_merged_key_has_the_place_below_its_anchor() -> None:
    project = parse("x-a: &a\n  user: root\nservices:\n  a:\n    <<: *a\n    image: x\n")
    user = project.services["a"].get("user")

    assert user is not None
    assert (2, 9) == (user.place.line, user.place.column)


def test_own_keys_win_over_merged_ones_and_earlier_merges_over_later() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3\n"

    assert {"c": 3, "a": 1, "b": 1} == tree(text)["z"]  # type: ignore[index]


def test_anchors_and_aliases_are_known_with_their_places() -> None:
    source = Source("compose.yaml", "a: &one 1\nb: *one\nc: &two 2\n")
    read(source)

    assert [("one", 1, 4), ("two", 3, 4)] == [(name, at.line, at.column) for name, at in source.anchors]
    assert [("one", 2, 4)] == [(name, at.line, at.column) for name, at in source.aliases]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services:\n\ta: 1\n", "2:1: a tab where YAML wants spaces; indent with spaces [compose/yaml-syntax]"),
        (
            "services:\n  a:\n    image: x\n    hostname: ${H:?err: must}\n",
            '4:23: ": " where no key can stand; put the whole ${...} in quotes [compose/yaml-syntax]',
        ),
        (
            "services:\n  a:\n    image: x\n    hostname: a: b\n",
            '4:16: ": " where no key can stand; put the value in quotes or mend the indentation [compose/yaml-syntax]',
        ),
        (
            "services:\n  a:\n    image: @x\n",
            '3:12: a value cannot start with "@"; put it in quotes [compose/yaml-syntax]',
        ),
        (
            "services:\n  a:\n    image: 'x\n",
            "3:12: the quote ' that opens here is never closed [compose/yaml-syntax]",
        ),
        (
            "services:\n  a:\n    image: x\n    ports: [${P}, 1:1]\n",
            "4:12: the [ that opens here is not closed, or what is inside is not a list or map; "
            "put ${...} inside of it in quotes [compose/yaml-syntax]",
        ),
        (
            "services:\n  a:\n    image: x\n    image: y\n",
            '4:5: key "image" is already set in line 3; keep one of the two [compose/duplicate-key]',
        ),
        (
            "x: &x {a: 1}\nservices:\n  a:\n    <<: *x\n    <<: *x\n    image: i\n",
            '5:5: key "<<" is already set in line 4; write one "<<: [*a, *b]" [compose/duplicate-key]',
        ),
        (
            "services:\n  a:\n    image: *no\n",
            '3:12: "*no" has no anchor "&no" before it [compose/invalid-alias]',
        ),
        (
            "services: &s\n  a:\n    image: x\n    labels: *s\n",
            '4:13: "*s" stands inside of what it repeats [compose/invalid-alias]',
        ),
        (
            "services:\n  a:\n    image: x\n    labels: {1: b}\n",
            "4:14: key 1 is not text; put it in quotes [compose/key-not-text]",
        ),
        (
            "services:\n  a:\n    image: \x07\n",
            "3:12: character U+0007 is not allowed in YAML; remove it [compose/yaml-syntax]",
        ),
        ("- a\n", '1:1: a compose file is a map with keys such as "services"; this is none [compose/not-compose]'),
    ],
)
def test_each_fault_is_one_line_at_its_place(text: str, expected: str) -> None:
    assert expected in problems(text)


def test_what_stands_after_a_syntax_error_is_still_read() -> None:
    project = parse("services:\n  a:\n    image: @x\n    restrat: no\n  b:\n    image: y\n")

    assert ["a", "b"] == list(project.services)
    assert ["compose/yaml-syntax", "compose/unknown-key"] == [rule for rule, _, _ in project.problems]
    assert not project.complete


def test_what_a_syntax_error_may_have_caused_is_not_reported() -> None:
    project = parse("services:\n  a:\n    image: x\n  b: @\n    image: y\n    ports: 5\n")

    assert ["compose/yaml-syntax"] == [rule for rule, _, _ in project.problems]


def test_a_template_is_told_to_be_one() -> None:
    found = problems("services:\n  {% if x %}\n  a:\n    image: {{ image }}\n  {% endif %}\n")

    assert [
        "2:4: not YAML, and it looks like a template; lint the file that is made of it [compose/yaml-syntax]"
    ] == found


def test_of_a_duplicate_key_both_lines_are_named_and_the_rest_is_read() -> None:
    project = parse("services:\n  a:\n    image: x\n    user: a\n    user: b\n")

    assert "b" == project.services["a"].data("user")
    assert project.complete


def test_comments_are_found_and_texts_with_a_number_sign_are_none() -> None:
    text = '# one\na: "# no" # two\nb: x#y\nc: |\n  # no\nd: > # three\n  # no\n# four\ne: a\n  b # five\n'
    source = Source("compose.yaml", text)
    read(source)

    assert ["# one", "# two", "# three", "# four", "# five"] == [comment for _, comment in source.comments]
    assert [(1, 1), (2, 11), (6, 6), (8, 1), (10, 5)] == [(place.line, place.column) for place, _ in source.comments]


def test_an_alias_bomb_is_refused_once_and_quickly() -> None:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 12)]
    found = [rule for rule, _, _ in parse("\n".join(lines) + "\n").problems if rule == "compose/invalid-alias"]

    assert ["compose/invalid-alias"] == found


def test_ten_thousand_levels_are_a_problem_and_no_crash() -> None:
    for text in ("a: " + "[" * 10_000 + "]" * 10_000, "\n".join(f"{' ' * n}a:" for n in range(400))):
        assert "compose/invalid-alias" in [rule for rule, _, _ in parse(text + "\n").problems]


def test_aliases_cannot_nest_deeper_than_text() -> None:
    lines = ["x0: &x0 " + "[" * 200 + "]" * 200]
    lines += [f"x{n}: &x{n} " + "[" * 200 + f"*x{n - 1}" + "]" * 200 for n in range(1, 20)]

    assert "compose/invalid-alias" in [rule for rule, _, _ in parse("\n".join(lines) + "\n").problems]


def test_a_thousand_services_that_extend_each_other_are_no_crash() -> None:
    text = "services:\n" + "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(1000)) + "  s1000: {image: x}\n"

    assert "compose/extends-unresolved" in [rule for rule, _, _ in parse(text).problems]


def test_ten_thousand_services_are_read() -> None:
    text = "services:\n" + "".join(f"  s{n}:\n    image: x:{n}\n    ports: ['{n}:80']\n" for n in range(10_000))
    project = parse(text)

    assert 10_000 == len(project.services)
    assert () == project.problems


def test_several_documents_are_laid_over_each_other() -> None:
    project = parse("services: {a: {image: x, user: u}}\n---\nservices: {a: {user: v}}\n")

    assert "v" == project.services["a"].data("user")
    assert 2 == len(project.layers)


def test_an_empty_file_is_a_project_without_services() -> None:
    for text in ("", "# only a comment\n", "---\n"):
        assert {} == dict(parse(text).services)


def test_trees_share_nothing_that_a_merge_would_change() -> None:
    project = parse(
        {
            "a.yaml": "x-c: &c {A: '1'}\nservices: {a: {image: x, labels: *c}, b: {image: y, labels: *c}}\n",
            "b.yaml": "services: {a: {labels: {A: '2'}}}\n",
        }
    )
    labels = project.services["b"].node.children["labels"]

    assert isinstance(labels, Mapping)
    assert {"A": "1"} == raw(labels)


def test_every_scalar_of_every_set_stands_where_its_place_says() -> None:
    for _, files in file_sets():
        for text in files.values():
            source = Source("compose.yaml", text)
            for scalar in (each for document in read(source)[0] for each in scalars(document)):
                written = source.body[scalar.start : scalar.end]
                if scalar.style in ("'", '"'):
                    assert written[0] == written[-1] == scalar.style
                elif not scalar.style and "\n" not in written:
                    assert scalar.text == written


def test_characters_beyond_the_first_plane_count_as_one() -> None:
    project = parse("services: {a: {labels: {'😀': é, b: '😀$X'}, image: x}}\n")

    assert [38] == [use.place.column for use in project.uses]
    assert ["x"] == [service.data("image") for service in project.services.values()]
