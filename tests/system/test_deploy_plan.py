"""The plan of a deploy, migrations with their dump, and changes of edge and data, on a real host over SSH."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from fairlead.schemas import errors

from .deployed import ROOT, STACK, copy_of

MIGRATION = '''"""A note on a person."""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("users", sa.Column("note_{name}", sa.String(10), nullable=True))
'''
VERSIONS = Path("app", "backend", "agentchat", "migrations", "versions")


@pytest.fixture(scope="module")
def host(first_deploy, tmp_path_factory):
    """The stack, deployed for the first time."""
    with copy_of(first_deploy, tmp_path_factory.mktemp("plan")) as made:
        yield made


def _seen(host):
    """What a plan must not change on a host."""
    return host.machine.root(
        "sh", "-c", f"find {ROOT} -newer {ROOT}/current | sort; docker images --quiet; docker ps -q"
    )


def _migrate(host, name, before):
    (host.checkout.folder / VERSIONS / f"{name}_note.py").write_text(MIGRATION.format(name=name, before=before))


def _inv(host, *arguments):
    return host.inv("deploy", "--host", "prod", "--allow-local-bases", *arguments)


def test_a_plan_is_applied_exactly_or_not_at_all(host, tmp_path):
    plan, before = tmp_path / "plan.json", _seen(host)
    host.change("# planned")
    undo = host.edit("docker-compose.yml", ("LOG_LEVEL: ${LOG_LEVEL-}", "LOG_LEVEL: debug-for-the-plan"))

    shown = _inv(host, "--plan-out", str(plan))

    assert 0 == shown.code, shown.out + shown.err
    assert before == _seen(host)
    data = json.loads(plan.read_text())
    assert [] == errors("plan", data)
    assert ("r1", "r2", ["LOG_LEVEL"]) == (
        data["before"],
        data["release"],
        data["changes"]["variables"]["backend"]["changed"],
    )
    backend = next(image for image in data["images"] if image["reference"] == f"{STACK}/backend:r2")
    assert (1, True) == (backend["layers"] - backend["there"], 0 < backend["bytes"] < 200_000)
    folder = host.checkout.folder / ".fairlead" / "secrets"
    values = [path.read_text().strip() for path in folder.iterdir()]
    assert [] == [value for value in (*values, "debug-for-the-plan") if len(value) > 8 and value in plan.read_text()]

    host.change("# after the plan")
    stale = host.inv("deploy", "--apply", str(plan), "--allow-local-bases")
    assert (2, True) == (stale.code, "the repository, its images or its secrets have changed" in stale.err)
    assert before == _seen(host)

    undo()
    assert 0 == _inv(host, "--plan-out", str(plan)).code
    applied = host.inv("deploy", "--apply", str(plan), "--allow-local-bases")
    assert (0, "r2") == (applied.code, host.serving()), applied.out + applied.err
    again = host.inv("deploy", "--apply", str(plan), "--allow-local-bases")
    assert (2, True) == (again.code, "r1 served then, r2 serves now" in again.err)


def test_a_host_without_room_is_refused_before_anything_is_sent(host):
    small = "#!/bin/sh\necho 'Filesystem Avail Mounted'; echo '/dev/small 1000000 /'\n"
    host.machine.root("sh", "-c", "cat >/usr/local/bin/df && chmod +x /usr/local/bin/df", stdin=small)
    before = _seen(host)
    try:
        refused = _inv(host)
    finally:
        host.machine.root("rm", "/usr/local/bin/df")

    assert (1, 1) == (refused.code, len(refused.err.splitlines()))
    assert "1 MB there; nothing was sent" in refused.err
    assert before == _seen(host)


def test_the_database_is_dumped_before_migrations_and_a_rollback_over_them_asks(host):
    _migrate(host, "0002", "0001")
    before = host.state["current"]
    asked = _inv(host)
    assert (2, True) == (asked.code, "the migrations 0002 change the tables" in asked.err)

    done = _inv(host, "--yes")

    assert 0 == done.code, done.out + done.err
    (place,) = host.machine.root("sh", "-c", f"ls {ROOT}/shared/backups/*.sql.gz").split()
    assert place in done.out
    assert place in host.machine.root("cat", f"{ROOT}/state/journal/{host.state['current']}.jsonl")
    assert "600 deploy" == host.machine.root("stat", "--format", "%a %U", place).strip()
    assert ["0001", ""] == _restored(host, place)
    refused = host.inv("rollback", "--host", "prod")
    assert (2, True) == (refused.code, f"the migrations 0002, which {before} does not know" in refused.err)
    with host.load().running() as load:
        assert 0 == host.inv("rollback", "--host", "prod", "--yes").code
        forward = host.inv("rollback", "--host", "prod", "--to", f"r{int(before[1:]) + 1}")
    assert (0, []) == (forward.code, load.lost)
    assert 0 == host.secrets_seen()


def _restored(host, dump):
    """The revision in a dump that was brought back into a database of its own, and the new column there."""
    script = (
        'printf "[client]\\nuser=root\\npassword=\\"%s\\"\\n" "$(cat /run/secrets/mysql_root_password)" >/tmp/c; '
        "q='mysql --defaults-extra-file=/tmp/c -BN'; $q -e 'CREATE DATABASE again'; $q again; "
        "$q -e 'SELECT version_num FROM again.alembic_version'; "
        "$q -e \"SHOW COLUMNS FROM again.users LIKE 'note_%'\"; $q -e 'DROP DATABASE again'; rm /tmp/c"
    )
    client = f"docker exec --interactive {STACK}-base-mysql-1 sh -c"
    return host.machine.root("sh", "-c", f'gunzip -c {dump} | {client} "$1"', "sh", script).split("\n")


def test_the_edge_changes_only_when_told_and_with_the_gap_that_was_named(host):
    undo = host.edit("docker-compose.yml", ("stop_grace_period: 70s", "stop_grace_period: 65s"))
    nginx, release = _container(host, "nginx"), host.state["current"]

    shown = _inv(host, "--tier", "edge", "--plan")
    left = _inv(host, "--plan")
    done = _inv(host, "--tier", "edge")

    assert "nobody is answered from the moment nginx stops until it runs anew" in shown.out
    assert "services: nginx: stop_grace_period 1m5s, before 1m10s" in shown.out
    assert "nginx differs from what runs; inv deploy --host prod --tier edge changes it" in left.out
    assert (0, True) == (done.code, "the edge tier was away for at most" in done.out), done.out + done.err
    assert (True, release) == (nginx != _container(host, "nginx"), host.serving())
    assert "the edge tier is as the stack says; nothing to do" in _inv(host, "--tier", "edge").out
    undo()


def test_an_edge_that_does_not_get_well_is_taken_back(host):
    text = host.machine.root("cat", f"{ROOT}/base/compose.yaml")
    undo = host.edit("docker-compose.yml", ("http://127.0.0.1:8081/healthz", "http://127.0.0.1:8081/none"))
    try:
        failed = _inv(host, "--tier", "edge")
    finally:
        undo()

    assert (1, True) == (failed.code, "nginx" in failed.err), failed.out + failed.err
    assert host.state["current"] == host.serving()
    assert text == host.machine.root("cat", f"{ROOT}/base/compose.yaml")
    assert "" == host.machine.root("sh", "-c", f"ls -d {ROOT}/base.* {ROOT}/state/tier 2>/dev/null || true")


GRACE = (("stop_grace_period: 60s", "stop_grace_period: 50s"), ("stop_grace_period: 30s", "stop_grace_period: 25s"))
"""Of MySQL and of Redis: what differs, so that both are replaced."""


def test_the_data_are_copied_before_and_a_change_that_was_cut_off_is_taken_back_or_gone_on_with(host):
    undo = host.edit("docker-compose.yml", *GRACE)
    kept, mysql, before = _write(host), _container(host, "mysql"), _copies(host)
    asked = _inv(host, "--tier", "data")
    assert (2, True) == (asked.code, "a copy of what mysql, redis has is made before" in asked.err), asked.err

    assert 3 == _cut_off(host, KILLED)
    refused, down = _inv(host), _runs(host, "mysql")
    aborted = _inv(host, "--abort")
    assert (1, True) == (refused.code, "has begun and not ended" in refused.err), refused.err
    assert (False, 0, "") == (down, aborted.code, aborted.err)
    assert ['"1m0s"', '"30s"'] == _graces(host)
    assert kept == _read(host)

    assert 3 == _cut_off(host, KILLED)
    down = _runs(host, "mysql")
    resumed = _inv(host, "--resume")
    undo()

    assert (False, 0) == (down, resumed.code), resumed.out + resumed.err
    assert (True, host.state["current"]) == (mysql != _container(host, "mysql"), host.serving())
    assert (['"50s"', '"25s"'], kept) == (_graces(host), _read(host))
    new = _copies(host)[len(before) :]
    assert ["redis.tar.gz", "redis.tar.gz", "sql.gz", "sql.gz"] == sorted(name.split(".", 1)[1] for name in new)
    modes = host.machine.root("sh", "-c", f"stat --format '%a %U' {ROOT}/shared/backups/*").split("\n")
    assert {"600 deploy", ""} == set(modes)
    assert all(name in host.machine.root("cat", f"{ROOT}/state/journal/base-data.jsonl") for name in new)
    assert 0 == host.secrets_seen()
    assert "" == host.machine.root("sh", "-c", f"ls -d {ROOT}/base.* {ROOT}/state/tier 2>/dev/null || true")


def test_the_data_of_redis_come_back_from_their_copy(host):
    (copy,) = host.machine.root("sh", "-c", f"ls -t {ROOT}/shared/backups/*.redis.tar.gz | head -n 1").split()
    _redis(host, "flushed", "set", "agentchat:kept", "lost")
    name = f"{STACK}-base-redis-1"
    host.machine.root("docker", "stop", name)
    script = (
        f'docker run --rm --interactive --user 0 --volumes-from {name} --entrypoint sh "$(docker inspect --format '
        f"'{{{{.Image}}}}' {name})\" -c 'cd /data && rm -rf appendonlydir dump.rdb && tar -xz' <{copy}"
    )
    host.machine.root("sh", "-c", script)
    host.machine.root("docker", "start", name)
    host.machine.root("sh", "-c", f"until docker exec {name} redis-cli ping 2>&1 | grep -q NOAUTH; do sleep 0.1; done")

    assert "yes" == _redis(host, "read", "get", "agentchat:kept")


def test_data_that_do_not_run_change_without_a_copy_and_only_when_that_is_said(host):
    undo = host.edit("docker-compose.yml", ("stop_grace_period: 30s", "stop_grace_period: 20s"))
    kept, before = _write(host), _copies(host)
    host.machine.root("docker", "stop", f"{STACK}-base-redis-1")

    refused = _inv(host, "--tier", "data", "--yes")
    asked = _inv(host, "--tier", "data", "--no-backup")
    down = _runs(host, "redis")
    done = _inv(host, "--tier", "data", "--no-backup", "--yes")
    undo()

    said = "redis does not run, so nothing of it can be copied before the data tier changes"
    assert (1, True) == (refused.code, said in refused.err), refused.err
    assert (2, True) == (asked.code, "nothing of it is copied before" in asked.err), asked.err
    assert (False, 0, True, before) == (down, done.code, _runs(host, "redis"), _copies(host)), done.err
    assert kept == _read(host)


def test_an_agent_that_dies_by_itself_begins_again_and_ends_the_gap(host):
    undo = host.edit("docker-compose.yml", ("stop_grace_period: 60s", "stop_grace_period: 45s"))
    kept = _write(host)

    code = _cut_off(host, DIED)
    undo()

    assert (0, host.state["current"], kept) == (code, host.serving(), _read(host))
    assert '"45s"' in _graces(host)
    assert "prod: free" in host.inv("lock", "--host", "prod").out


def test_a_change_of_the_data_goes_on_by_itself_after_a_boot(host):
    undo = host.edit("docker-compose.yml", ("stop_grace_period: 60s", "stop_grace_period: 40s"))
    kept = _write(host)

    code = _cut_off(host, boot=True)
    host.machine.root("timeout", "240", "sh", "-c", f"while [ -e {ROOT}/state/tier ]; do sleep 0.2; done")
    undo()
    again = _inv(host, "--resume")

    assert (6, 0) == (code, again.code), again.out + again.err
    assert (host.state["current"], kept) == (host.serving(), _read(host))
    assert '"40s"' in _graces(host)


def _write(host):
    """Writes a row and a key that have to be there afterwards; gives what `_read` has to give."""
    _sql(host, "CREATE TABLE IF NOT EXISTS kept (text VARCHAR(9)); DELETE FROM kept; INSERT INTO kept VALUES ('yes')")
    _redis(host, "written", "set", "agentchat:kept", "yes")
    return _read(host)


def _read(host):
    return _sql(host, "SELECT text FROM kept"), _redis(host, "read", "get", "agentchat:kept")


def _sql(host, statement):
    script = (
        'printf "[client]\\nuser=root\\npassword=\\"%s\\"\\n" "$(cat /run/secrets/mysql_root_password)" | '
        'mysql --defaults-extra-file=/dev/stdin -BN agentchat --execute "$1"'
    )
    return host.machine.root("docker", "exec", f"{STACK}-base-mysql-1", "sh", "-c", script, "sh", statement).strip()


def _redis(host, what, *words):
    script = 'REDISCLI_AUTH=$(cat /run/secrets/redis_password) redis-cli --user agentchat --no-auth-warning "$@"'
    return host.machine.root("docker", "exec", f"{STACK}-base-redis-1", "sh", "-c", script, what, *words).strip()


def _runs(host, service):
    form = "{{.State.Running}}"
    return "true" in host.machine.root("docker", "inspect", "--format", form, f"{STACK}-base-{service}-1")


def _graces(host):
    """How long MySQL and Redis may take to end, as the base's model has it."""
    services = json.loads(host.machine.root("cat", f"{ROOT}/base/compose.yaml"))["services"]
    return [json.dumps(services[name]["stop_grace_period"]) for name in ("mysql", "redis")]


def _copies(host):
    """The dumps and copies there, the oldest first."""
    return host.machine.root("sh", "-c", f"ls -tr {ROOT}/shared/backups 2>/dev/null || true").split()


def _container(host, service):
    return host.machine.root("docker", "inspect", "--format", "{{.Id}}", f"{STACK}-base-{service}-1").strip()


STOPPING = """
since=$(date +%s)
until docker logs {agent} 2>/dev/null | grep -q '"start", "step": "replace the containers"'; do :; done
pid=$(docker inspect --format '{{{{.State.Pid}}}}' {mysql})
kill -STOP $pid
until docker events --since $since --until $(date +%s) --filter event=kill --filter container={mysql} | grep -q .
do :; done
{fault}
"""
"""MySQL has been told to end and cannot, so that it certainly ends without the agent: the middle of the gap."""

KILLED = "docker kill {agent}; kill -CONT $pid; docker wait {mysql}"
DIED = "kill -KILL $(docker inspect --format '{{{{.State.Pid}}}}' {agent}); kill -CONT $pid"


def _cut_off(host, fault="", *, boot=False):
    """The exit code of a change of the data in whose gap *fault* happens, or the host loses power."""
    process = host.start("deploy", "--host", "prod", "--allow-local-bases", "--tier", "data", "--yes")
    names = {"agent": f"{STACK}-agent", "mysql": f"{STACK}-base-mysql-1"}
    script = STOPPING.format(fault=fault.format(**names), **names)
    words = (host.machine.client, "exec", host.machine.name, "timeout", "180", "sh", "-c", script)
    subprocess.run(words, check=True, capture_output=True)
    if boot:
        host.machine.reboot()
    process.communicate()
    return process.returncode
