"""Which options database servers start with, and which version an image's tag can mean."""

from __future__ import annotations

import pytest

from fairlead.lint.compose import parse
from fairlead.lint.policy import Policy
from fairlead.lint.rules.compose.server_facts import CHANGES, NEWEST, newest
from fairlead.lint.rules.compose.server_memory import cache_above_memory_limit
from fairlead.lint.rules.compose.server_options import server_option_removed
from fairlead.lint.rules.compose.servers import Server, servers


def _server(body: str, **files: str) -> Server:
    texts = {
        "docker-compose.yml": f"services:\n  db:\n{body}",
        **files,
    }
    return next(servers(parse(texts)))


def _options(server: Server) -> list[tuple[str, object]]:
    return [(option.name, option.value) for option in server.options]


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("8", (8, 4, 999)),
        ("8.0", (8, 0, 999)),
        ("8.0.36-oracle", (8, 0, 36, 999)),
        ("latest", (9, 7, 999)),
        ("lts", (9, 7, 999)),
        ("9", (9, 7, 999)),
        ("5.7-debian", (5, 7, 999)),
        ("my-own", None),
        ("20260101", None),
    ],
)
def test_a_tag_means_the_newest_version_it_can(tag: str, version: tuple[int, ...] | None) -> None:
    assert version == newest("mysql", tag)


def test_the_newest_lines_come_first() -> None:
    assert all(list(lines) == sorted(lines, reverse=True) for lines in NEWEST.values())


def test_no_option_is_removed_before_it_is_deprecated() -> None:
    changes = [change for table in CHANGES.values() for change in table.values()]

    assert all(change.deprecated < change.removed for change in changes if change.deprecated and change.removed)


@pytest.mark.parametrize(
    "command",
    [
        "command: mysqld --max-connections=5 --sql_mode=ANSI",
        "command: [mysqld, --max_connections=5, '--sql-mode=ANSI']",
        "command: ['--max-connections', '5', --SQL-MODE=ANSI]",
        "command: >\n      --max-connections=5\n      --sql-mode=ANSI",
        "command: docker-entrypoint.sh mysqld --max-connections=5 --sql-mode=ANSI",
    ],
)
def test_options_are_read_from_every_form_of_a_command(command: str) -> None:
    server = _server(f"    image: mysql:8.4.6\n    {command}\n")

    assert [("max-connections", "5"), ("sql-mode", "ANSI")] == _options(server)
    assert server.is_known


def test_options_of_a_shell_are_not_known() -> None:
    server = _server('    image: mysql:8.4.6\n    command: [sh, -c, "exec mysqld --query-cache-size=0"]\n')

    assert (False, ()) == (server.is_known, server.options)


def test_a_variable_without_value_hides_the_value_and_not_the_option() -> None:
    server = _server("    image: mysql:8.4.6\n    command: ['--max-connections=${MOST}', '--port=${PORT:-3307}']\n")

    assert ["max-connections", "port"] == [option.name for option in server.options]
    assert "3307" == server.value("port")


def test_an_option_whose_value_is_a_variable_has_its_own_place() -> None:
    server = _server("    image: mysql:8.4.6\n    command: >\n      --port=1\n      --max-connections=${MOST:-5}\n")
    place = server.options[1].place

    assert [("port", "1"), ("max-connections", "5")] == _options(server)
    assert (6, 7, 35) == (place.line, place.column, place.end_column)


def test_options_of_the_server_and_of_no_client_are_read_from_a_mounted_file() -> None:
    lines = (
        "[client]",
        "port=1",
        "[mysqld]",
        "# a = b",
        "max_connections = 5 # few",
        "skip-name-resolve",
        "[mysqldump]",
    )
    text = "\r\n".join((*lines, "quick", ""))
    server = _server(
        "    image: mysql:8.4.6\n    volumes: ['./my.cnf:/etc/mysql/conf.d/my.cnf:ro']\n", **{"my.cnf": text}
    )

    assert [("max-connections", "5"), ("skip-name-resolve", None)] == _options(server)
    assert [(5, 1, 20), (6, 1, 18)] == [
        (each.place.line, each.place.column, each.place.end_column) for each in server.options
    ]


def test_every_file_of_a_mounted_folder_is_read() -> None:
    server = _server(
        "    image: mariadb:11.4\n    volumes: ['./conf:/etc/mysql/conf.d']\n",
        **{
            "conf/a.cnf": "[mysqld]\nport=1\n",
            "conf/b.cnf": "[mariadb-11.4]\nsocket=x\n",
            "conf/c.txt": "[mysqld]\nz=1\n",
        },
    )

    assert [("port", "1"), ("socket", "x")] == _options(server)


def test_a_command_wins_over_a_file() -> None:
    server = _server(
        "    image: redis:8\n    command: redis-server /r.conf --maxmemory 2mb\n    volumes: ['./r.conf:/r.conf']\n",
        **{"r.conf": "maxmemory 1mb\n"},
    )

    assert "2mb" == server.value("maxmemory")
    assert server.is_known


def test_a_file_that_is_not_there_leaves_the_options_unknown() -> None:
    assert not _server("    image: redis:8\n    command: redis-server /r.conf\n").is_known


def test_settings_of_postgres_are_read_in_both_forms() -> None:
    server = _server(
        "    image: postgres:17\n    command: postgres -c shared_buffers=1GB -cwork_mem=4MB --max-connections=9\n"
    )

    assert {"shared_buffers": "1GB", "work_mem": "4MB", "max_connections": "9"} == dict(_options(server))


@pytest.mark.parametrize(("size", "is_above"), [("1gb", True), ("1000m", False), ("1g", False), ("1048576kb", True)])
def test_redis_counts_1g_as_a_billion_bytes(size: str, *, is_above: bool) -> None:
    project = parse(
        f"services:\n  db:\n    image: redis:8\n    mem_limit: 1g\n    command: redis-server --maxmemory {size}\n"
    )

    assert is_above == bool(list(cache_above_memory_limit.findings(project, Policy())))


def test_each_service_of_an_anchor_is_judged_by_its_own_version() -> None:
    project = parse(
        "x-c: &c {command: [--query-cache-size=0]}\n"
        "services:\n  old: {<<: *c, image: 'mysql:5.7'}\n  new: {<<: *c, image: 'mysql:8.4'}\n"
    )

    assert 1 == len(list(server_option_removed.findings(project, Policy())))
