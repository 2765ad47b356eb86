"""The compiled schema against jsonschema, on every written set and on mutations of them; and how faults are worded."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fairlead.lint.compose import parse
from fairlead.lint.compose.nodes import Mapping, Node, Source, raw
from fairlead.lint.compose.reader import read
from fairlead.lint.compose.schema import fits
from fairlead.lint.compose.schema_faults import faults

from .corpus import file_sets, merged_names

FILE = Path(__file__).parents[2] / "schemas" / "compose-spec.schema.json"
AUTHORITY = Draft202012Validator(json.loads(FILE.read_text(encoding="utf-8")))

ODD: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "text", "1", [], ["a", "a"], [1], [None], {}, {"a": 1}, {"x-a": []})


def trees() -> Iterator[Node]:
    """The merged model of each written set, and each of its files."""
    for _, files in file_sets():
        texts = {name.removeprefix("-"): text for name, text in files.items() if name in merged_names(files)}
        project = parse(texts, {"SET": "value", "EMPTY": ""})
        yield project.tree
        yield from (layer.tree for layer in project.layers)


def mutated(value: Any, chance: random.Random) -> Any:
    """*value* with one part of it made odd."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice(sorted(value))
        if chance.random() < 0.1:
            return {**value, chance.choice((key + "x", "x-new", "extra")): value[key]}
        if chance.random() < 0.1:
            return {name: each for name, each in value.items() if name != key}
        return {**value, key: mutated(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.7:
        index = chance.randrange(len(value))
        return [*value[:index], mutated(value[index], chance), *value[index + 1 :]]
    return chance.choice(ODD)


def tree_of(value: Any) -> Node:
    """The tree of plain data."""
    documents, _ = read(Source("compose.yaml", json.dumps(value)))
    return documents[0]


def disagreements(tree: Node) -> list[str]:
    """How jsonschema, the compiled check and the worded faults differ about *tree*."""
    verdicts = (AUTHORITY.is_valid(raw(tree)), fits(tree), not list(faults(tree)))
    return [] if len(set(verdicts)) == 1 else [f"{verdicts}: {json.dumps(raw(tree))}"]


def test_the_schema_is_the_one_that_was_taken() -> None:
    assert "d549057ebc2925f39f62799eab0db7b9e2c18b35b6c00595199116da3ed10e64" == (
        hashlib.sha256(FILE.read_bytes()).hexdigest()
    )


def test_all_three_agree_on_the_written_sets() -> None:
    assert [] == [
        line for tree in trees() if "\ufdd0" not in json.dumps(raw(tree), default=str) for line in disagreements(tree)
    ]


def test_all_three_agree_on_mutations() -> None:
    chance = random.Random(1)
    plain = [raw(tree) for tree in trees()]
    known = [value for value in plain if "\\ufdd0" not in json.dumps(value)]

    found = [line for _ in range(700) for line in disagreements(tree_of(mutated(chance.choice(known), chance)))]

    assert [] == found


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("restrat: always", 'c.yml:4:5: unknown key "restrat" in services.web; did you mean "restart"?'),
        (
            "nonsense: 1",
            'c.yml:4:5: unknown key "nonsense" in services.web; remove it, or write "x-nonsense" to keep it as a note',
        ),
        ("build: {contxt: .}", 'c.yml:4:13: unknown key "contxt" in services.web.build; did you mean "context"?'),
        ("ports: 80:80", "c.yml:4:12: services.web.ports is a text; write a list"),
        ("ports:", "c.yml:4:5: services.web.ports is empty; write a list, or remove it"),
        ("ports: {a: 1}", "c.yml:4:5: services.web.ports is a map; write a list"),
        ("hostname: 5", "c.yml:4:15: services.web.hostname is a whole number 5; write a text in quotes"),
        (
            "command: [sleep, 5]",
            "c.yml:4:22: services.web.command, entry 2, is a whole number 5; write a text in quotes",
        ),
        ("environment: [{A: 1}]", "c.yml:4:19: services.web.environment, entry 1, is a map; write a text"),
        ("group_add: [A, B, A]", 'c.yml:4:23: services.web.group_add has "A" twice; remove one'),
        ("extends: {file: a.yml}", 'c.yml:4:5: services.web.extends lacks the key "service"; add it'),
        (
            "depends_on: {db: {condition: healthy}}",
            'c.yml:4:34: services.web.depends_on.db.condition is "healthy"; it must be one of service_started, '
            'service_healthy, service_completed_successfully; did you mean "service_healthy"?',
        ),
        (
            "oom_score_adj: 2000",
            'c.yml:4:20: services.web.oom_score_adj is "2000"; it must be at least -1000 and at most 1000',
        ),
    ],
)
def test_a_fault_is_worded_at_its_own_place(service: str, expected: str) -> None:
    project = parse(f"services:\n  web:\n    image: x\n    {service}\n", path="c.yml")

    assert expected in [f"{place}: {message}" for _, place, message in project.problems]


def test_one_fault_hides_no_other() -> None:
    text = "services:\n  a:\n    image: 1\n    restrat: x\n    ports: 5\n  b c:\n    image: y\nvolume: {}\n"
    project = parse(text)

    assert [
        ("compose/wrong-value", 3),
        ("compose/unknown-key", 4),
        ("compose/wrong-value", 5),
        ("compose/wrong-value", 6),
        ("compose/unknown-key", 8),
    ] == [(rule, place.line) for rule, place, _ in project.problems]


def test_an_unknown_value_fits_everywhere() -> None:
    project = parse(
        "services: {a: {image: x, init: '$I', ports: '$P', deploy: '$D', restart: '$R', cap_add: ['$A', '$B']}}"
    )

    assert () == project.problems


def test_a_service_of_the_merged_model_is_a_map() -> None:
    project = parse("services: {a: , b: text, c: {image: x}}")

    assert ["c"] == list(project.services)
    assert 2 == len(project.problems)
    assert isinstance(project.tree, Mapping)
