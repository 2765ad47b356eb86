from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from agentchat.migrate import MigrationError, connect, main, status, upgrade
from agentchat.tables import Base


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'chat.db'}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def refusing(number: int, reason: str, times: int) -> Engine:
    """An engine whose server refuses so many times."""
    engine = create_engine("sqlite://", poolclass=NullPool)
    left = iter(range(times))

    @event.listens_for(engine, "do_connect")
    def refuse(
        dialect: Dialect, record: ConnectionPoolEntry, arguments: list[object], named: dict[str, object]
    ) -> None:
        if next(left, None) is not None:
            raise dialect.dbapi.OperationalError(number, reason)  # type: ignore[union-attr]

    return engine


def test_the_migrations_make_the_tables_that_the_program_uses(connection: Connection) -> None:
    upgrade(connection, print)

    assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_second_run_does_nothing_and_says_so(connection: Connection) -> None:
    said: list[str] = []
    upgrade(connection, said.append)
    upgrade(connection, said.append)

    assert said == [
        "tables are at revision none, to run: 0001",
        "tables are at revision 0001",
        "tables are at revision 0001, nothing to do",
    ]


def test_status_tells_what_is_pending_and_changes_nothing(connection: Connection) -> None:
    before = status(connection)

    assert before == status(connection) == {"current": None, "head": "0001", "pending": ["0001"]}


def test_tables_of_a_newer_release_are_left_alone(connection: Connection) -> None:
    upgrade(connection, print)
    connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    connection.commit()
    said: list[str] = []

    upgrade(connection, said.append)

    assert said == ["tables are at revision 9999, nothing to do"]


def test_a_server_that_is_not_up_yet_is_waited_for() -> None:
    pauses: list[float] = []

    connect(refusing(2003, "refused", 3), 60, print, pauses.append).close()

    assert pauses == [2, 2, 2]


def test_a_server_that_stays_away_is_given_up() -> None:
    pauses: list[float] = []

    with pytest.raises(MigrationError, match="cannot be reached for 6 s"):
        connect(refusing(2003, "refused", 99), 6, print, pauses.append)

    assert len(pauses) == 4


def test_a_server_that_refuses_the_user_is_not_asked_again() -> None:
    pauses: list[float] = []

    with pytest.raises(MigrationError, match="refuses: Access denied"):
        connect(refusing(1045, "Access denied", 99), 60, print, pauses.append)

    assert pauses == []


def test_a_missing_password_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MYSQL_MIGRATION_PASSWORD", raising=False)
    monkeypatch.delenv("MYSQL_MIGRATION_PASSWORD_FILE", raising=False)

    with pytest.raises(SystemExit) as stopped:
        main([])

    assert stopped.value.code == 2
    assert capsys.readouterr().err == (
        "agentchat: MYSQL_MIGRATION_PASSWORD is not set; "
        "set it, or MYSQL_MIGRATION_PASSWORD_FILE to a file that holds it\n"
    )
