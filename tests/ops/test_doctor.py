"""What the doctor concludes from what it sees."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fairlead.ops.doctor.check_containers import container_verdict
from fairlead.ops.doctor.check_data import differences, mysql_promises, redis_promises
from fairlead.ops.doctor.check_functional import read_events
from fairlead.ops.doctor.check_gunicorn import wanted_workers, workers
from fairlead.ops.doctor.check_machine import free_memory, inodes, space
from fairlead.ops.doctor.check_page import Assets, asset_fault
from fairlead.ops.doctor.examination import examine
from fairlead.ops.doctor.report import Lines, as_json
from fairlead.ops.doctor.seen import Seen, kinds_of
from fairlead.ops.doctor.verdict import Check, exit_code, ok, skipped, unseen, wrong
from fairlead.ops.doctor.web import Answer, WebError, fetch
from fairlead.ops.errors import FairleadError
from fairlead.schemas import errors

GIB = 1024**3
GOOD = Seen(
    service="web",
    name="shop-web-1",
    state="running",
    health="healthy",
    exit_code=0,
    error="",
    oom_killed=False,
    started_at="2026-11-22T10:00:00.123456789Z",
    restarts=0,
    image="shop/web:1",
    words=("gunicorn", "--workers", "3", "web:app"),
    environment={},
    published=(8090,),
    health_output="",
)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _refuse():
    raise FairleadError("docker top: no such container")


def _closed():
    raise PermissionError(13, "Permission denied", "/srv/secrets/key")


def _findings(*checks):
    return list(examine(checks))


def test_a_check_whose_need_is_wrong_is_skipped_and_never_ok():
    found = _findings(
        Check("engine.running", "running", lambda: wrong("it does not run", "start it")),
        Check("disk.space", "space", lambda: ok("much"), ("engine.running",)),
        Check("logs.web", "web", ok, ("disk.space",)),
        Check("page.html", "page", ok),
    )

    assert ["wrong", "skipped", "skipped", "ok"] == [finding.verdict.word for finding in found]
    assert '"engine: running" is wrong' == found[1].verdict.says
    assert '"disk: space" is unknown' == found[2].verdict.says


def test_what_cannot_be_looked_at_is_not_ok_and_makes_the_run_incomplete():
    found = _findings(Check("gunicorn.web", "web", _refuse), Check("secrets.files", "files", _closed))

    assert ["skipped", "skipped"] == [finding.verdict.word for finding in found]
    assert "docker top: no such container" == found[0].verdict.says
    assert "/srv/secrets/key: Permission denied" == found[1].verdict.says
    assert 7 == exit_code(found)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((ok(), skipped("not declared")), 0),
        ((ok(), wrong("a", "b")), 1),
        ((unseen("a"), wrong("a", "b")), 1),
        ((wrong("a", "b"), wrong("a", "b", exit_code=2)), 2),
        ((wrong("a", "b", exit_code=2), wrong("a", "b", exit_code=5)), 5),
    ],
)
def test_the_severest_verdict_is_the_exit_code(verdicts, code):
    checks = [Check(f"disk.n{number}", "n", lambda verdict=verdict: verdict) for number, verdict in enumerate(verdicts)]

    assert code == exit_code(_findings(*checks))


def test_a_report_names_each_group_once_and_says_what_to_do():
    lines = Lines(colour=False)
    found = _findings(
        Check("disk.space", "space", lambda: ok("70 GB free")),
        Check("disk.inodes", "inodes", lambda: wrong("none left", "make room", "df -i says so")),
    )

    assert (
        "disk\n"
        "  ok      space                70 GB free\n"
        "  WRONG   inodes               none left\n"
        "          | df -i says so\n"
        "          -> make room"
    ) == "\n".join(line for finding in found for line in lines.of(finding))
    assert "1 ok, 1 wrong (1.2 s)" == lines.end(found, 1.23)


def test_the_json_report_keeps_to_its_schema():
    found = _findings(
        Check("disk.space", "space", lambda: ok("70 GB free")), Check("page.html", "page", lambda: unseen("why"))
    )
    report = as_json("shop", found)

    assert [] == errors("doctor", report)
    assert {"ok": 1, "wrong": 0, "skipped": 1} == report["summary"]
    assert 7 == report["exit_code"]


def test_a_container_that_is_well_is_ok():
    assert ok("healthy") == container_verdict(GOOD, job=False)
    assert ok("running") == container_verdict(replace(GOOD, health=""), job=False)
    assert ok("done") == container_verdict(replace(GOOD, state="exited", health=""), job=True)


@pytest.mark.parametrize(
    ("changes", "says", "todo"),
    [
        ({"state": "exited"}, "web is not running: exited, exit 0", "inv up starts it"),
        ({"state": "exited", "exit_code": 127}, "exit 127 (its program was not found", "inv logs --service web"),
        ({"state": "exited", "exit_code": 137, "oom_killed": True}, "killed for want of memory", "memory limit"),
        ({"state": "restarting", "exit_code": 3, "restarts": 9}, "again and again (9 times), exit 3", "inv logs"),
        ({"health": "unhealthy", "health_output": "no\nbroken"}, "web runs and is unhealthy", "inv logs --service web"),
        ({"health": "starting"}, "web is still starting", "wait a moment"),
        ({"restarts": 2, "started_at": "2026-11-22T11:59:50.5Z"}, "restarted 2 times, last 10 s ago", "inv logs"),
    ],
)
def test_a_container_that_is_not_well_says_how_and_what_to_do(changes, says, todo):
    verdict = container_verdict(replace(GOOD, **changes), job=False, now=NOON)

    assert "wrong" == verdict.word
    assert says in verdict.says
    assert todo in verdict.todo


def test_restarts_of_long_ago_are_over():
    assert "ok" == container_verdict(replace(GOOD, restarts=4), job=False, now=NOON).word


def test_a_job_that_failed_is_wrong():
    assert "wrong" == container_verdict(replace(GOOD, state="exited", exit_code=1, health=""), job=True).word


@pytest.mark.parametrize(
    ("image", "words", "kinds"),
    [
        ("mysql:8.4", (), {"mysql"}),
        ("registry.example.com:5000/library/mariadb@sha256:ab", (), {"mysql"}),
        ("fairlead/redis:8.0.6", ("redis-server",), {"redis"}),
        ("valkey/valkey:8", (), {"redis"}),
        ("nginxinc/nginx-unprivileged:1.29", (), {"nginx"}),
        ("shop/page:1", ("/docker-entrypoint.sh", "nginx", "-g", "daemon off;"), {"nginx"}),
        ("shop/web:1", ("sh", "-c", "gunicorn web:app"), {"gunicorn"}),
        ("shop/mysql-backup:1", ("backup",), set()),
        ("nginx-proxy-manager:2", ("/init",), set()),
    ],
)
def test_what_runs_in_a_container_is_known_by_image_or_program(image, words, kinds):
    assert kinds == kinds_of(image, words)


TABLE = [
    "100 90 Ss /sbin/docker-init -- gunicorn web:app",
    "110 100 Ss /usr/bin/python3 /usr/local/bin/gunicorn web:app",
    "111 110 S /usr/bin/python3 /usr/local/bin/gunicorn web:app",
    "112 110 Sl /usr/bin/python3 /usr/local/bin/gunicorn web:app",
    "113 110 Z [gunicorn] <defunct>",
    "114 110 Z /usr/bin/python3 /usr/local/bin/gunicorn web:app",
    "120 111 S /usr/bin/python3 -c helper",
]


def test_live_workers_are_counted_and_nothing_else():
    assert 2 == workers(TABLE)
    assert 1 == workers(["7 1 Ss gunicorn: master [web]", "8 7 S gunicorn: worker [web]"])
    assert 0 == workers(TABLE[:2])
    assert workers(["100 90 Ss sh -c gunicorn web:app"]) is None


@pytest.mark.parametrize(
    ("words", "environment", "wanted"),
    [
        (("gunicorn", "--workers", "3", "a:b"), {"WEB_CONCURRENCY": "4"}, 3),
        (("gunicorn", "-w4", "a:b"), {}, 4),
        (("gunicorn", "--workers=2"), {}, 2),
        (("gunicorn", "a:b"), {"WEB_CONCURRENCY": "4"}, 4),
        (("gunicorn", "a:b"), {"GUNICORN_CMD_ARGS": "--workers=5"}, 5),
        (("gunicorn", "a:b"), {"WEB_CONCURRENCY": ""}, None),
        (("gunicorn", "--worker-class", "uvicorn", "a:b"), {}, None),
    ],
)
def test_the_wanted_workers_come_from_arguments_before_variables(words, environment, wanted):
    assert wanted == wanted_workers(replace(GOOD, words=words, environment=environment))


def _disk(free_bytes, files=1000, free_files=900):
    return lambda _: os.statvfs_result((4096, 4096, 10**9, 0, free_bytes // 4096, files, 0, free_files, 0, 255))


MACHINE = {"DockerRootDir": "/var/lib/docker"}


def test_a_full_disk_is_wrong_and_the_advice_says_how_to_make_room():
    verdict = space(MACHINE, _disk(2 * GIB))

    assert ("wrong", "2.0 GB free in /var/lib/docker, 4 GB wanted") == (verdict.word, verdict.says)
    assert "docker system df" in verdict.todo
    assert ok("70.0 GB free in /var/lib/docker") == space(MACHINE, _disk(70 * GIB))


def test_a_disk_without_inodes_is_wrong_and_one_that_counts_none_is_not():
    assert "1.0% of the inodes" in inodes(MACHINE, _disk(GIB, 1000, 10)).says
    assert "ok" == inodes(MACHINE, _disk(GIB, 0, 0)).word


def test_a_disk_of_another_machine_is_not_called_ok():
    def nowhere(_):
        raise FileNotFoundError(2, "No such file or directory")

    assert ("skipped", 7) == (space(MACHINE, nowhere).word, space(MACHINE, nowhere).exit_code)


def test_a_machine_without_memory_is_wrong(tmp_path):
    path = tmp_path / "meminfo"
    path.write_text("MemTotal:        4000000 kB\nMemFree:   1 kB\nMemAvailable:     100000 kB\n")

    assert ("wrong", "0.1 of 3.8 GB available") == (free_memory(path).word, free_memory(path).says)


def test_values_are_compared_as_the_server_means_them():
    promised = {"innodb_buffer_pool_size": "100M", "max_connections": "1000", "skip_x": "ON", "unknown": "1"}
    there = {"innodb_buffer_pool_size": str(128 * 1024**2), "max_connections": "1000", "skip_x": "1"}

    assert [] == differences(promised, there)
    assert ["max_connections is 151, not 1000"] == differences(promised, {**there, "max_connections": "151"})
    assert ["maxmemory is 1073741824, not 512mb"] == differences({"maxmemory": "512mb"}, {"maxmemory": str(GIB)})


def test_promises_are_read_from_a_command_and_no_password_is_among_them():
    assert {"max_connections": "9", "mysqlx": "OFF"} == mysql_promises(
        ("mysqld", "--max-connections=9", "--mysqlx=OFF", "--loose-x=1", "--skip-name-resolve")
    )
    assert {"appendonly": "yes", "maxmemory": "1gb"} == redis_promises(
        ("redis-server", "--appendonly", "yes", "--requirepass", "pw", "--maxmemory", "1gb", "--aclfile", "/a")
    )


PAGE = b"""<!doctype html><link rel=stylesheet href=/a.css><link rel="preconnect" href="https://x">
<script src=/b.js></script><img src="data:image/png;base64,AA"><a href="/elsewhere">x</a>"""


def test_only_what_a_browser_loads_counts_as_a_file_of_the_page():
    parser = Assets()
    parser.feed(PAGE.decode())

    assert ["/a.css", "/b.js"] == parser.found


@pytest.mark.parametrize(
    ("path", "status", "kind", "body", "fault"),
    [
        ("/a.js", 200, "text/javascript; charset=utf-8", b"x", ""),
        ("/a.css", 200, "text/css", b"x", ""),
        ("/a.svg", 200, "image/svg+xml", b"x", ""),
        ("/a.js", 404, "text/javascript", b"x", "/a.js answers 404"),
        ("/a.js", 200, "text/html; charset=utf-8", b"<p>", "/a.js is the page again, not the file"),
        ("/a.js", 200, "text/plain", b"x", "/a.js comes as text/plain, which browsers do not run"),
        ("/a.css", 200, "", b"x", "/a.css comes as no type at all, which browsers do not use"),
        ("/a.svg", 200, "image/svg+xml", b"", "/a.svg is empty"),
    ],
)
def test_a_file_that_a_browser_would_refuse_is_a_fault(path, status, kind, body, fault):
    answer = Answer(f"http://localhost:8090{path}", status, {"content-type": kind} if kind else {}, body)

    assert fault == asset_fault(answer)


def test_events_of_a_stream_are_read_with_their_names():
    lines = [b": hello\n", b"event: token\n", b'data: {"text": "a"}\n', b"\n", b"event: done\n", b'data: {"n": 1}\n']

    assert [("token", {"text": "a"}), ("done", {"n": 1})] == list(read_events(iter(lines)))


def test_an_address_where_nobody_answers_fails_in_one_line():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

    with pytest.raises(WebError, match=f"^http://127.0.0.1:{port}/: connection refused$"):
        fetch(f"http://127.0.0.1:{port}/")


def test_an_answer_that_is_no_json_has_none():
    assert Answer("http://x/", 200, {}, b"<html>").json() is None
    assert {"a": 1} == Answer("http://x/", 200, {}, json.dumps({"a": 1}).encode()).json()
