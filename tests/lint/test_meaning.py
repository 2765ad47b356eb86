"""Edits that change more than they say are seen by the rest of the file."""

from __future__ import annotations

import pytest

from fairlead.lint.family import EXAMPLE_NAMES, Options, load
from fairlead.lint.files import Files
from fairlead.lint.finding import Edit
from fairlead.lint.fix import edited
from fairlead.lint.meaning import keeps_rest
from fairlead.lint.place import Place
from fairlead.lint.recognition import FAMILIES

SERVER = "server {\n    listen 80; # here\n    return 204;\n}\n"
COMPOSE = "services:\n  web:\n    image: nginx:1.30.6\n    ports: ['80:80']\n"
DOCKERFILE = 'FROM python:3.13\nUSER app\nCMD ["run"]\n'
ENV = "A=1\nB='two'\n"


def is_kept(family: str, text: str, *edits: tuple[int, int, int, str]) -> bool:
    """Whether edits of (line, column, end column, text) leave the rest as it was."""
    path = EXAMPLE_NAMES[family]
    made = [Edit(Place(path, line, column, line, end), new) for line, column, end, new in edits]
    sides = (Files({path: each}, only_overlay=True) for each in (text, edited(text, made)))
    before, after = (load(family, [path], files, Options()) for files in sides)
    return keeps_rest(family, before, after, made)


@pytest.mark.parametrize(
    ("family", "text", "edit"),
    [
        ("nginx", SERVER, (2, 12, 14, "8080")),
        ("nginx", SERVER, (2, 14, 14, " default_server")),
        ("nginx", SERVER, (3, 1, 1, "    gzip on;\n")),
        ("nginx", SERVER.replace("\n", "\r\n"), (3, 1, 1, "    gzip on;\n")),
        ("compose", COMPOSE, (3, 12, 24, "nginx:1.31.0")),
        ("compose", COMPOSE, (4, 1, 1, "    restart: unless-stopped\n")),
        ("dockerfile", DOCKERFILE, (2, 6, 9, "nobody")),
        ("env", ENV, (1, 3, 4, "2")),
    ],
)
def test_an_edit_of_one_thing_keeps_the_rest(family: str, text: str, edit: tuple[int, int, int, str]) -> None:
    assert is_kept(family, text, edit)


@pytest.mark.parametrize(
    ("family", "text", "edit"),
    [
        ("nginx", SERVER, (2, 12, 14, '"80')),
        ("nginx", SERVER, (2, 12, 14, "80 #")),
        ("nginx", SERVER, (2, 14, 14, "default_server")),
        ("compose", COMPOSE, (2, 6, 6, " {}\n  other:")),
        ("compose", COMPOSE, (3, 12, 24, '"nginx')),
        ("compose", COMPOSE, (3, 12, 12, "my")),
        ("dockerfile", DOCKERFILE, (2, 6, 9, "app \\")),
        ("env", ENV, (1, 3, 4, "'2")),
    ],
)
def test_an_edit_that_reaches_further_is_seen(family: str, text: str, edit: tuple[int, int, int, str]) -> None:
    assert family in FAMILIES
    assert not is_kept(family, text, edit)
