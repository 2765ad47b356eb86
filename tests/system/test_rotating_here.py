"""Secrets of the stack on this machine get new values while it runs; the old ones end when somebody says so."""

from __future__ import annotations

import subprocess

import pytest

from fairlead.lint.envfile import parse

from .people import person

LOGIN = {
    "mysql": (
        "bash",
        'mysql --defaults-extra-file=<(printf \'[client]\\npassword="%s"\\n\' "$(cat)") --host=127.0.0.1 '
        "--user=agentchat --batch --skip-column-names --execute='SELECT \"PONG\"' 2>&1 || true",
    ),
    "redis": ("sh", "REDISCLI_AUTH=$(cat) redis-cli --user agentchat --no-auth-warning ping"),
}


def _env(stack):
    path = stack.folder / "docker" / ".env"
    return parse(path.read_text(), str(path)).values({})


def _logs_in(stack, service, password):
    shell, script = LOGIN[service]
    words = (stack.client, "exec", "--interactive", stack.container(service), shell, "-c", script)
    done = subprocess.run(words, input=password, capture_output=True, text=True, check=True)
    return done.stdout.strip() == "PONG"


@pytest.mark.parametrize("service", ["mysql", "redis"])
def test_a_password_has_two_values_until_the_old_one_is_ended(stack, site, service):
    name = f"{service.upper()}_PASSWORD"
    old = _env(stack)[name]

    rotated = stack.inv("secrets.rotate", "--name", name)
    new = _env(stack)[name]
    twice = stack.inv("secrets.rotate", "--name", name)

    assert (0, 2) == (rotated.code, twice.code), rotated.out + rotated.err + twice.err
    assert f"localhost: {name} has two valid values; inv up uses the new one" in rotated.out
    assert old != new
    assert [True, True] == [_logs_in(stack, service, value) for value in (old, new)]
    assert not [value for value in (old, new) if value in rotated.out + rotated.err + twice.err]

    assert 0 == stack.inv("up").code
    ended = stack.inv("secrets.rotate", "--name", name, "--end")

    assert 0 == ended.code, ended.out + ended.err
    assert [False, True] == [_logs_in(stack, service, value) for value in (old, new)]
    assert (new, "") == (_env(stack)[name], _env(stack)[f"{name}_PREVIOUS"])
    with person(site) as client:
        assert 200 == client.get("/api/me").status_code
    again = stack.inv("secrets.rotate", "--name", name, "--end")
    assert (2, f"{name} has one valid value; without --end it gets a second one\n") == (again.code, again.err)


def test_a_name_that_is_not_known_is_said(stack):
    ended = stack.inv("secrets.rotate", "--name", "MYSQL_PASSWOD")

    assert 2 == ended.code
    assert ended.err.endswith("not among secrets.rotate of fairlead.yaml; did you mean MYSQL_PASSWORD?\n")
