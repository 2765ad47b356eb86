"""
The migrate job: `python -m agentchat.migrate` brings the tables up to this release, once, whoever else tries.

`--status` prints {"current", "head", "pending"} as JSON and changes nothing.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from .settings import MigrationSettings, load_or_exit

LOCK = "agentchat.migrate"
LOCK_WAIT_S = 60
PAUSE_S = 2
SAID_EVERY_S = 10
CONNECT_TIMEOUT_S = 5
# MySQL's client errors (no connection, lost connection) and "too many connections": worth waiting for.
WORTH_WAITING = frozenset({1040, 1053, 2002, 2003, 2006, 2013})


class MigrationError(Exception):
    """The tables are not at this release's revision; the text says why."""


def mysql_engine(settings: MigrationSettings) -> Engine:
    url = URL.create(
        "mysql+pymysql",
        settings.mysql_migration_user,
        settings.mysql_migration_password,
        settings.mysql_host,
        settings.mysql_port,
        settings.mysql_database,
        {"charset": "utf8mb4"},
    )
    return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_TIMEOUT_S})


def connect(engine: Engine, wait_s: int, say: Callable[[str], None], pause: Callable[[float], None]) -> Connection:
    """
    A connection, waiting up to *wait_s* seconds for a server that is not up yet.

    Raises:
        MigrationError: when it stays away, or at once when it refuses the user or the database.
    """
    for waited in range(0, wait_s + 1, PAUSE_S):
        try:
            return engine.connect()
        except DBAPIError as error:
            number, reason = server_error(error)
            if number not in WORTH_WAITING:
                raise MigrationError(f"MySQL at {place(engine)} refuses: {reason}") from None
            if waited % SAID_EVERY_S == 0:
                say(f"waiting for MySQL at {place(engine)}, {waited} of {wait_s} s: {reason}")
            pause(PAUSE_S)
    raise MigrationError(f"MySQL at {place(engine)} cannot be reached for {wait_s} s; see whether it runs")


def server_error(error: DBAPIError) -> tuple[int, str]:
    arguments: tuple[object, ...] = getattr(error.orig, "args", ())
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    return number, str(arguments[1] if len(arguments) > 1 else error.orig)


def place(engine: Engine) -> str:
    return f"{engine.url.host}:{engine.url.port}"


@contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """Holds MySQL's named lock; it goes with the connection, so nothing of it outlives a killed job."""
    if connection.dialect.name != "mysql":
        yield
        return
    got = connection.execute(text("SELECT GET_LOCK(:name, :wait)"), {"name": LOCK, "wait": LOCK_WAIT_S}).scalar()
    connection.commit()
    if got != 1:
        raise MigrationError(f"another migration has been running for more than {LOCK_WAIT_S} s")
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": LOCK})
        connection.commit()


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config


def status(connection: Connection) -> dict[str, Any]:
    """Where the tables are, where this release wants them, and the revisions between, in order."""
    scripts = ScriptDirectory.from_config(alembic_config(connection))
    current = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    head = scripts.get_current_head()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        return {"current": current, "head": head, "pending": []}
    pending = [script.revision for script in scripts.iterate_revisions(head, current)]
    return {"current": current, "head": head, "pending": pending[::-1]}


def upgrade(connection: Connection, say: Callable[[str], None]) -> None:
    """
    Runs what is pending.

    Tables of a newer release are left alone: its migrations were written so that this release still works.
    """
    before = status(connection)
    if not before["pending"]:
        say(f"tables are at revision {before['current']}, nothing to do")
        return
    say(f"tables are at revision {before['current'] or 'none'}, to run: {', '.join(before['pending'])}")
    command.upgrade(alembic_config(connection), "head")
    connection.commit()
    say(f"tables are at revision {before['head']}")


def run(arguments: list[str], settings: MigrationSettings) -> None:
    with connect(mysql_engine(settings), settings.mysql_wait_s, say_progress, time.sleep) as connection:
        if arguments == ["--status"]:
            sys.stdout.write(json.dumps(status(connection)) + "\n")
            return
        with locked(connection):
            upgrade(connection, say_progress)


def say_progress(line: str) -> None:
    sys.stderr.write(f"migrate: {line}\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--status"]):
        say_progress("usage: python -m agentchat.migrate [--status]")
        return 2
    settings = load_or_exit(MigrationSettings)
    try:
        run(arguments, settings)
    except (MigrationError, CommandError) as error:
        say_progress(str(error))
        return 1
    except DBAPIError as error:
        say_progress(f"stopped half-way, look at the tables before the next try: {server_error(error)[1]}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
