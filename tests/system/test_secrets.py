"""No secret shows where it must not."""

from __future__ import annotations

import pytest

SECRETS = ("mysql_root_password", "mysql_password", "mysql_migration_password", "redis_password", "jwt_secret_key")
SERVICES = ("nginx", "frontend", "backend", "mysql", "redis")


@pytest.fixture(scope="module")
def values(stack):
    found = [stack.secret(name) for name in SECRETS]
    assert all(len(value) >= 40 for value in found)
    assert len(set(found)) == len(found)
    return found


@pytest.mark.parametrize("service", [*SERVICES, "migrate"])
def test_no_secret_is_in_inspect_or_logs(stack, values, service):
    name = stack.container(service)
    shown = stack.docker("inspect", name) + stack.inv("logs", "--service", service).out

    assert not [value for value in values if value in shown]


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_is_in_a_process_or_an_image(stack, values, service):
    shown = stack.docker("top", stack.container(service), "-eo", "pid,args")
    shown += stack.docker("history", "--no-trunc", stack.inspect(service)["Image"])

    assert not [value for value in values if value in shown]


def test_no_secret_is_in_what_the_tool_shows(stack, values):
    for arguments in (("config",), ("config", "--json"), ("status", "--json"), ("--dry", "up"), ("env",)):
        ended = stack.inv(*arguments)

        assert 0 == ended.code, ended.err
        assert not [value for value in values if value in ended.out + ended.err]


def test_secrets_are_guarded_on_this_machine(stack):
    folder = stack.folder / ".fairlead" / "secrets"
    modes = {path.stat().st_mode & 0o777 for path in folder.iterdir()}

    assert (0o700, {0o444}) == (folder.stat().st_mode & 0o777, modes)
    assert 0o600 == (stack.folder / "docker" / ".env").stat().st_mode & 0o777


def test_each_service_gets_only_the_secrets_that_it_reads(stack):
    assert ["mysql_migration_password", "mysql_password", "mysql_root_password"] == stack.inside(
        "mysql", "ls", "/run/secrets"
    ).split()
    assert ["redis_acl", "redis_keeper_password", "redis_password"] == stack.inside(
        "redis", "ls", "/run/secrets"
    ).split()
    assert "mysql_root_password" not in stack.inside("backend", "ls", "/run/secrets")
