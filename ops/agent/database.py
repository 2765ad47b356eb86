"""
The database of a stack, asked inside its own container: which migrations it has, and how big it is.

The password is read from its file in the container and goes to the client on standard input, so no process list and no
log has it, there or on the host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..command import Command
from ..errors import FairleadError
from ..host import Host
from ..migrations import Lineage, as_data, lineage_of

NAME = re.compile(r"[A-Za-z0-9_$][A-Za-z0-9_$-]*")
LABEL = "com.docker.compose"
ASK_S = 60.0
SIZE = (
    "SET SESSION information_schema_stats_expiry = 0; "
    "SELECT COALESCE(SUM(data_length), 0), COALESCE(SUM(table_name = 'alembic_version'), 0) "
    "FROM information_schema.tables WHERE table_schema = 'DATABASE'"
)
REVISIONS = "SELECT version_num FROM `DATABASE`.alembic_version ORDER BY version_num"
LOGIN = r"""
password=$(sed 's/[\\"]/\\&/g' "$2") || exit 2
printf '[client]\nuser="%s"\npassword="%s"\n' "$1" "$password" | { shift 2; exec "$@"; }
"""
"""The client's settings on its standard input: as a file's content, since an argument would be for all to read."""


class DatabaseError(FairleadError):
    """The database does not answer, or not as it should."""


@dataclass(frozen=True)
class Migrations:
    """
    What a release says about its database.

    Attributes:
        service: The service of the tier data that runs it.
        database: Its name there.
        user: Who may read all of it.
        password_file: That user's password, a file in the service's container.
        dump: Whether it is dumped before migrations run.
    """

    lineage: Lineage = field(default_factory=Lineage)
    service: str = ""
    database: str = ""
    user: str = ""
    password_file: str = ""
    dump: bool = True


def migrations_of(manifest: Mapping[str, Any]) -> Migrations | None:
    """What the manifest of a release says; None where it says nothing of migrations."""
    data = manifest.get("migrations")
    if not data:
        return None
    named = {key: data[key] for key in ("service", "database", "user", "password_file", "dump")}
    return Migrations(lineage_of(data), **named)


def migrations_data(migrations: Migrations | None) -> dict[str, Any] | None:
    """*migrations* for a manifest."""
    if migrations is None:
        return None
    named = {key: value for key, value in asdict(migrations).items() if key != "lineage"}
    return named | as_data(migrations.lineage)


@dataclass(frozen=True)
class Found:
    """
    A database as it is.

    Attributes:
        applied: The revisions that it is at; none where no migration ever ran.
        size_bytes: The size of its tables.
    """

    applied: tuple[str, ...] = ()
    size_bytes: int = 0


@dataclass(frozen=True)
class Database:
    """
    A database that runs.

    Attributes:
        client: The docker client of *host*.
        container: The id of its container.
    """

    host: Host
    client: str
    container: str
    migrations: Migrations

    def words(self, program: str, *options: str) -> tuple[str, ...]:
        """The command that runs *program*, one of MySQL's clients, as the user in the container."""
        login = ("sh", "-c", LOGIN, "sh", self.migrations.user, self.migrations.password_file)
        return (self.client, "exec", self.container, *login, program, "--defaults-extra-file=/dev/stdin", *options)

    def look(self) -> Found:
        """
        The database as it is.

        Raises:
            DatabaseError: with the client's own words.
        """
        size, tables = self._rows(SIZE)[0]
        rows = self._rows(REVISIONS) if tables != "0" else []
        return Found(tuple(row[0] for row in rows), int(size))

    def _rows(self, query: str) -> list[tuple[str, ...]]:
        statement = query.replace("DATABASE", self.migrations.database)  # NAME allows nothing that could end the text
        words = self.words("mysql", "--batch", "--skip-column-names", "--connect-timeout=10", f"--execute={statement}")
        result = self.host.run(Command(words), timeout_s=ASK_S)
        if not result.ok:
            raise DatabaseError(f"{self.host.name}: the database does not answer: {result.reason}")
        return [tuple(line.split("\t")) for line in result.out.splitlines() if line]


def running_database(host: Host, client: str, project: str, migrations: Migrations) -> Database | None:
    """The database of *migrations* in the compose project *project*; None where its service does not run."""
    labels = (f"label={LABEL}.project={project}", f"label={LABEL}.service={migrations.service}")
    filters = (word for label in labels for word in ("--filter", label))
    found = host.run(Command((client, "ps", "--quiet", "--no-trunc", *filters)), timeout_s=ASK_S).out.split()
    return Database(host, client, found[0], migrations) if found else None
