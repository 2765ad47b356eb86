"""Edits: what the file says after them."""

from __future__ import annotations

import pytest

from fairlead.lint.compose import Value, parse
from fairlead.lint.compose.edits import added, removed, replaced
from fairlead.lint.finding import Edit


def applied(text: str, edit: Edit | None) -> str:
    """*text* after *edit*."""
    assert edit is not None
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:index]) for index in range(len(lines))] + [len(text)]
    start = starts[edit.place.line - 1] + edit.place.column - 1
    end = starts[edit.place.end_line - 1] + edit.place.end_column - 1
    return text[:start] + edit.text + text[end:]


def value(text: str, *path: str) -> Value:
    """The value at *path* of the service ``a``."""
    service = parse(text).services["a"]
    found = service.get(*path) if path else service.value
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "services:\n  a:\n    image: x # c\n  # next\n  b:\n    image: y\n",
            "services:\n  a:\n    image: x # c\n    init: true\n  # next\n  b:\n    image: y\n",
        ),
        (
            "services:\n  a:\n    labels:\n      k: v\n\n  b: {image: y}\n",
            "services:\n  a:\n    labels:\n      k: v\n    init: true\n\n  b: {image: y}\n",
        ),
        ("services:\n  a: { image: x }\n", "services:\n  a: { image: x, init: true }\n"),
        ("services:\n  a: {}\n", "services:\n  a: {init: true}\n"),
        ("services:\n  a: {image: x,}\n", "services:\n  a: {image: x, init: true}\n"),
        ("services:\n  a:\n    image: x", "services:\n  a:\n    image: x\n    init: true"),
        (
            "services:\n  a:\n    command: |\n      one\n      two\n  b: {image: y}\n",
            "services:\n  a:\n    command: |\n      one\n      two\n    init: true\n  b: {image: y}\n",
        ),
    ],
)
def test_a_key_is_added_at_the_end_of_its_map(before: str, after: str) -> None:
    assert after == applied(before, added(value(before), "init: true"))


def test_a_key_is_added_below_a_merge_key() -> None:
    before = "x: &x {image: y}\nservices:\n  a:\n    <<: *x\n"

    assert before + "    init: true\n" == applied(before, added(value(before), "init: true"))


@pytest.mark.parametrize("key", ["build: ./app", "depends_on: [b]", "networks: [n]"])
def test_nothing_is_added_to_what_is_written_short(key: str) -> None:
    text = f"services:\n  a:\n    image: x\n    {key}\n"

    assert None is added(value(text, key.partition(":")[0]), "init: true")


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        (
            "services:\n  a:\n    # why\n    user: b # c\n    image: x\n",
            "user",
            "services:\n  a:\n    # why\n    image: x\n",
        ),
        (
            "services:\n  a:\n    image: x\n    labels:\n      k: v\n      l: w\n",
            "labels",
            "services:\n  a:\n    image: x\n",
        ),
    ],
)
def test_a_key_is_removed_with_its_line(before: str, path: str, after: str) -> None:
    assert after == applied(before, removed(value(before, path)))


def test_an_entry_is_removed_with_its_line() -> None:
    before = "services:\n  a:\n    cap_add:\n      - A\n      - B\n"
    entry = next(value(before, "cap_add").entries())

    assert "services:\n  a:\n    cap_add:\n      - B\n" == applied(before, removed(entry))


@pytest.mark.parametrize("text", ["services: {a: {image: x, user: b}}\n", "services:\n  a: {image: x, user: b}\n"])
def test_nothing_is_removed_from_inside_of_brackets(text: str) -> None:
    assert None is removed(value(text, "user"))


def test_a_value_is_replaced_with_its_quotes() -> None:
    before = "services:\n  a:\n    image: 'x' # c\n"

    assert "services:\n  a:\n    image: y:1 # c\n" == applied(before, replaced(value(before, "image"), "y:1"))
