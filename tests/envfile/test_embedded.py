"""Secrets inside of texts of settings."""

from __future__ import annotations

import pytest

from fairlead.lint.envfile.embedded import literal_secrets
from fairlead.lint.policy import Policy


def found(text: str) -> list[str]:
    return [text[start:end] for start, end, _ in literal_secrets(text, Policy().is_secret_name)]


@pytest.mark.parametrize(
    "text",
    [
        "db:\n  password: kw8Zr2Vb91\n",
        '{"db": {"password": "kw8Zr2Vb91", "host": "db"}}',
        "smtp['password'] = 'kw8Zr2Vb91'",
        "password => 'kw8Zr2Vb91',",
        "-Xmx1g -Dspring.datasource.password=kw8Zr2Vb91 -Dfoo=bar",
        "appendonly yes\nrequirepass kw8Zr2Vb91\n",
        "ALTER USER app WITH PASSWORD 'kw8Zr2Vb91';",
        "CREATE USER app IDENTIFIED BY 'kw8Zr2Vb91';",
        "[auth]\r\napi_key = kw8Zr2Vb91\r\n",
    ],
)
def test_a_literal_secret_is_found_whatever_the_format(text: str) -> None:
    assert ["kw8Zr2Vb91"] == found(text)


@pytest.mark.parametrize(
    "text",
    [
        "# password: kw8Zr2Vb91",
        "password: ${PASSWORD:?}",
        'password = ENV["PASSWORD"]',
        "password = os.environ['PASSWORD']",
        "password: {{ password }}",
        "password_file: /run/secrets/password",
        "password: ",
        "password: true",
        "max_tokens: 4096",
        "def login(user: str, password: str) -> None:",
        "const password = getenv('X')",
        "token: $TOKEN",
        "a `password: <yours>` goes here",
    ],
)
def test_what_is_no_literal_secret_is_left_alone(text: str) -> None:
    assert [] == found(text)


def test_a_long_text_without_an_end_takes_no_long_time() -> None:
    assert [] == found("password: " + "{" * 100_000)
    assert [] == found("a" * 100_000)
