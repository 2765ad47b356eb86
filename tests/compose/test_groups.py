"""Which files are one project."""

from __future__ import annotations

import pytest

from fairlead.lint.compose.groups import load, project_files, role
from fairlead.lint.family import Options
from fairlead.lint.files import Files

WHOLE = "services: {a: {image: x}}\n"
PART = "services: {a: {user: y}}\n"
TWO = "services:\n  web:\n    build: ./app\n  db:\n    image: postgres:17.5\n"
AGAIN = f"{TWO}  edge:\n    image: nginx:1.30.6\n"
LESS = "services:\n  web:\n    build: ./app\n  edge:\n    image: postgres:17.5\n"
OTHER = AGAIN.replace("postgres:17.5", "postgres:17.6")


@pytest.mark.parametrize(
    ("texts", "groups"),
    [
        ({"compose.yaml": WHOLE}, [("compose.yaml",)]),
        (
            {"docker-compose.yml": WHOLE, "docker-compose.prod.yml": PART},
            [("docker-compose.yml", "docker-compose.prod.yml")],
        ),
        (
            {"docker-compose.yml": WHOLE, "docker-compose.override.yml": PART},
            [("docker-compose.yml", "docker-compose.override.yml")],
        ),
        (
            {"compose.yml": WHOLE, "compose.production.yaml": PART, "compose.override.yml": PART},
            [("compose.yml", "compose.production.yaml"), ("compose.yml", "compose.override.yml")],
        ),
        ({"compose.yml": TWO, "compose.prod.yml": AGAIN}, [("compose.yml",), ("compose.prod.yml",)]),
        ({"compose.yml": TWO, "compose.prod.yml": LESS}, [("compose.yml", "compose.prod.yml")]),
        ({"compose.yml": TWO, "compose.prod.yml": OTHER}, [("compose.yml", "compose.prod.yml")]),
        ({"compose.yml": WHOLE, "compose.test.yml": PART}, [("compose.yml", "compose.test.yml")]),
        ({"compose.yml": WHOLE, "compose.tools.yml": WHOLE}, [("compose.yml",), ("compose.tools.yml",)]),
        ({"a/compose.yml": WHOLE, "b/compose.yml": WHOLE}, [("a/compose.yml",), ("b/compose.yml",)]),
        ({"stack.yml": WHOLE}, [("stack.yml",)]),
        (
            {"compose.yml": WHOLE, "b.yml": PART, ".env": "COMPOSE_FILE=compose.yml:b.yml\n"},
            [("compose.yml", "b.yml")],
        ),
        ({"docker-compose.prod.yml": WHOLE}, [("docker-compose.prod.yml",)]),
    ],
)
def test_files_are_grouped_by_folder_and_name(texts: dict[str, str], groups: list[tuple[str, ...]]) -> None:
    names = [name for name in texts if name.endswith((".yml", ".yaml"))]

    assert groups == project_files(names, Files(texts, only_overlay=True))


def test_named_files_are_one_project_in_their_order() -> None:
    texts = {"x.yml": WHOLE, "y.yml": PART, "compose.yml": WHOLE}
    files = Files(texts, only_overlay=True)

    assert [("x.yml", "y.yml"), ("compose.yml",)] == project_files(texts, files, ["x.yml", "./y.yml"])


def test_the_base_of_a_named_override_is_read_too() -> None:
    texts = {"docker-compose.yml": WHOLE, "docker-compose.prod.yml": PART}
    projects = load(["docker-compose.prod.yml"], Files(texts, only_overlay=True), Options())

    assert [["docker-compose.yml", "docker-compose.prod.yml"]] == [list(each.files) for each in projects]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["docker-compose.yml", "docker-compose.prod.yml"], "production"),
        (["compose.yml", "a/compose.production.eu.yaml"], "production"),
        (["compose.yml", "compose.override.yml"], "development"),
        (["docker-compose.dev.yml"], "development"),
        (["docker-compose.yml"], ""),
        (["docker-compose.products.yml"], ""),
    ],
)
def test_names_say_what_a_project_is_for(paths: list[str], expected: str) -> None:
    assert expected == role(paths)
