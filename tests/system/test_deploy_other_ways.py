"""Releases that are built on the host or refused for their kind, and secrets that are changed, on a real host."""

from __future__ import annotations

import secrets

import httpx
import pytest

from fairlead.lint.envfile import parse
from fairlead.ops.agent.record import chain_break

from .deployed import ROOT, STACK, copy_of

ROTATED = ("MYSQL_PASSWORD", "REDIS_PASSWORD", "JWT_SECRET_KEY")


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed for the first time."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("deploy")) as made:
        yield made


def _env(host):
    path = host.checkout.folder / "docker" / ".env"
    return parse(path.read_text(), str(path)).values({})


def _ask(host, method, path, **more):
    """An answer of the site, by TLS."""
    site = f"https://{host.machine.address}:{host.checkout.environment['HTTPS_PORT']}"
    headers = {"Host": "localhost", "Origin": "https://localhost", **more.pop("headers", {})}
    with httpx.Client(base_url=site, verify=False, timeout=30) as client:
        return client.request(method, path, headers=headers, extensions={"sni_hostname": "localhost"}, **more)


def _session(host):
    """The cookie of somebody who has just registered: MySQL and Redis were both asked."""
    person = {"username": f"grace-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(16)}
    answer = _ask(host, "POST", "/api/register", json=person)
    assert 201 == answer.status_code, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


def _known(host, *sessions):
    """The answers to those who come with *sessions*."""
    return [_ask(host, "GET", "/api/me", headers={"Cookie": each}).status_code for each in sessions]


def _logs_in(host, service, password):
    """Whether the application's user logs in with *password*."""
    commands = {
        "mysql": (
            "bash",
            'mysql --defaults-extra-file=<(printf \'[client]\\npassword="%s"\\n\' "$(cat)") --host=127.0.0.1 '
            "--user=agentchat --batch --skip-column-names --execute='SELECT \"PONG\"' 2>&1 || true",
        ),
        "redis": ("sh", "REDISCLI_AUTH=$(cat) redis-cli --user agentchat --no-auth-warning ping"),
    }
    shell, script = commands[service]
    container = f"{STACK}-base-{service}-1"
    told = host.machine.root("docker", "exec", "--interactive", container, shell, "-c", script, stdin=password)
    return told.strip() == "PONG"


def _logins(host, values):
    return [_logs_in(host, name, values[f"{name.upper()}_PASSWORD"]) for name in ("mysql", "redis")]


def _rotate(host, name):
    return host.inv("secrets.rotate", "--name", name, "--host", "prod")


def test_secrets_have_two_values_until_the_last_release_that_knows_the_old_ones_is_gone(host):
    old, before = _env(host), _session(host)
    for name in ROTATED:
        ended = _rotate(host, name)
        assert 0 == ended.code, ended.out + ended.err
        assert f"prod: {name} has two valid values; inv deploy --host prod uses the new one" in ended.out
    assert "prod: as r1 says\n" == host.inv("drift", "--host", "prod").out
    new = _env(host)
    assert [(old[name], True) for name in ROTATED] == [
        (new[f"{name}_PREVIOUS"], new[name] != old[name] and len(new[name]) > 40) for name in ROTATED
    ]
    assert 0 == _rotate(host, "MYSQL_PASSWORD").code  # goes on, and changes nothing
    assert (new, [True, True], [True, True]) == (_env(host), _logins(host, old), _logins(host, new))
    assert 200 == _known(host, before)[0]

    host.deploy()
    after = _session(host)
    assert ("r2", [200, 200]) == (host.serving(), _known(host, before, after))

    assert 0 == host.inv("rollback", "--host", "prod").code
    assert ("r1", [200, 200]) == (host.serving(), _known(host, before, after))
    _session(host)

    assert 0 == host.inv("rollback", "--host", "prod", "--to", "r2").code
    collected = host.inv("gc", "--yes", "--host", "prod", "--keep", "1")
    assert 0 == collected.code, collected.out + collected.err
    assert all(f"the old value of {name} is no longer valid" in collected.out for name in ROTATED)
    assert ([False, False], [True, True]) == (_logins(host, old), _logins(host, new))
    assert "prod: as r2 says\n" == host.inv("drift", "--host", "prod").out
    assert ["", "", ""] == [_env(host)[f"{name}_PREVIOUS"] for name in ROTATED]

    host.deploy()
    assert ("r3", [401, 200]) == (host.serving(), _known(host, before, after))
    audit = host.machine.root("cat", f"{ROOT}/state/audit.jsonl")
    assert (0, 0) == (chain_break(audit), host.secrets_seen())
    assert all(audit.count(name) == 2 for name in ROTATED)
    assert sorted((each, name) for each, name in host.running() if "base" in each) == [
        (f"{STACK}-base", name) for name in ("mysql", "nginx", "redis")
    ]


def test_an_image_for_another_kind_of_machine_is_refused_before_anything_is_built(host):
    settings = host.checkout.folder / "fairlead.yaml"
    before, releases = settings.read_text(), host.inv("releases", "--host", "prod").out
    settings.write_text(before.replace("prod: {address", "prod: {platform: linux/s390x, address"))

    ended = host.inv("deploy", "--host", "prod", "--allow-local-bases")

    settings.write_text(before)
    assert 1 == ended.code
    assert ended.err.startswith("prod: runs linux/s390x, and this machine builds for linux/amd64 alone; --build-on")
    assert releases == host.inv("releases", "--host", "prod").out


def test_a_release_is_built_on_the_host_and_nothing_of_it_is_here(host):
    host.change("# built there")
    left = "find /tmp /home/deploy /dev/shm -mindepth 1 -not -path '*/.ssh*' -not -name '.*'"

    ended = host.deploy("--build-on", "host")

    now = host.state["current"]
    assert now == host.serving()
    assert "fairlead/node:" in ended.out
    assert "  0 images, 0.00 MB\n" in ended.out
    identity = host.machine.root("docker", "image", "inspect", "--format", "{{.Id}}", f"agentchat/backend:{now}")
    assert identity.strip() not in host.checkout.docker("images", "--quiet", "--no-trunc").split()
    assert "" == host.machine.root("sh", "-c", left)
