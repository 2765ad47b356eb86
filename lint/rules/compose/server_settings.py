"""Options of database servers that contradict each other, or the container they run in."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .server_files import Option
from .server_values import value_replaced
from .servers import Server, servers

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_OFF = ("0", "off", "false", "no")
_ENCODING = regex(r"(?:^|\s)(?:-E|--encoding)[= ]\s*([\w-]+)")


def _is_on(option: Option | None) -> bool:
    """Whether a switch is given and on; without a value it is."""
    if option is None:
        return False
    return option.value is None or (isinstance(option.value, str) and option.value.lower() not in _OFF)


def _text(server: Server, name: str) -> str:
    value = server.value(name)
    return value.lower() if isinstance(value, str) else ""


@rule(
    "compose/collation-of-other-charset",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            command: [--character-set-server=latin1, --collation-server=utf8mb4_general_ci]  # <-
          maria:
            image: mariadb:11.4.2
            command: --character-set-server=utf8mb4 --collation_server=utf8_unicode_ci  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            command: [--character-set-server=utf8mb4, --collation-server=utf8mb4_0900_ai_ci]
          old:
            image: mysql:5.7.44
            command: [--character-set-server=binary, --collation-server=binary]
          half:
            image: mariadb:11.4.2
            command: [--collation-server=utf8mb4_unicode_ci]
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/charset-server.html",
)
def collation_of_other_charset(project: Project) -> Iterator[Report]:
    """
    A collation that belongs to another character set than the one beside it.

    The server says that it is not valid for that character set, and does not start.
    """
    for server in servers(project, "mysql", "mariadb"):
        charset, option = _text(server, "character-set-server"), server.option("collation-server")
        collation = _text(server, "collation-server")
        if not charset or option is None or not collation or collation == charset:
            continue
        names = {charset} | ({"utf8", "utf8mb3"} if charset in ("utf8", "utf8mb3") else set())
        if not collation.startswith("uca1400") and collation.partition("_")[0] not in names:
            message = f'collation "{collation}" is not of character set "{charset}"; write one that begins "{charset}_"'
            yield option.place, message


@rule(
    "compose/outdated-charset",
    Severity.WARNING,
    bad=(
        """
        services:
          db:
            image: mysql:8.4.6
            command: [--character-set-server=utf8]  # <-
          maria:
            image: mariadb:11.4.2
            command: --character-set-server=latin1  # <-
        """,
        """
        services:
          pg:
            image: postgres:17.5
            environment:
              POSTGRES_INITDB_ARGS: --encoding=LATIN1  # <-
        """,
    ),
    fixed="""
        services:
          db:
            image: mysql:8.4.6
            command: [--character-set-server=utf8mb4]
          maria:
            image: mariadb:11.4.2
            command: --character-set-server=utf8mb4
    """,
    unsafe=True,
    good="""
        services:
          db:
            image: mysql:8.4.6
            command: [--character-set-server=utf8mb4]
          maria:
            image: mariadb:11.4.2
            command: ["--character-set-server=${CHARSET}"]
          pg:
            image: postgres:17.5
            environment: {POSTGRES_INITDB_ARGS: "--encoding=UTF8 --locale=C"}
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/charset-unicode-utf8mb3.html",
)
def outdated_charset(project: Project) -> Iterator[Report]:
    """
    A character set that cannot hold every character.

    MySQL's `utf8` takes three bytes: an emoji or a rare Chinese name is refused or cut off. MySQL 9.7 does not even
    start with it.
    """
    for server in servers(project, "mysql", "mariadb"):
        option, charset = server.option("character-set-server"), _text(server, "character-set-server")
        if option is not None and charset in ("utf8", "utf8mb3", "latin1", "ascii", "ucs2"):
            edits = (
                value_replaced(project, option, "utf8mb4", safe=False)
                if server.option("collation-server") is None
                else ()
            )
            yield option.place, f'character set "{charset}" cannot hold every character; write "utf8mb4"', edits
    for service in project.services.values():
        variable = service.own_environment.get("POSTGRES_INITDB_ARGS")
        match = _ENCODING.search(str(variable.value)) if variable is not None else None
        if variable is not None and match and match[1].upper().replace("-", "") not in ("UTF8", "UNICODE"):
            yield variable.value_place, f'encoding "{match[1]}" cannot hold every character; write "UTF8"'


@rule(
    "compose/database-on-loopback",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            command: [--bind-address=127.0.0.1]  # <-
          cache:
            image: redis:8.0.6
            command: redis-server --bind 127.0.0.1 --maxmemory 64mb  # <-
          pg:
            image: postgres:17.5
            command: postgres -c listen_addresses=localhost  # <-
          socket:
            image: mariadb:11.4.2
            command: [--skip-networking]  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            command: [--bind-address=0.0.0.0, --skip-name-resolve]
          cache:
            image: redis:8.0.6
            command: redis-server --bind 127.0.0.1 db
          pg:
            image: postgres:17.5
            command: postgres -c listen_addresses=*
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_bind_address",
)
def database_on_loopback(project: Project) -> Iterator[Report]:
    """
    A server that listens on its container's own loopback address.

    No other container reaches it, and no published port does. To keep the world out, publish nothing or put
    `127.0.0.1:` before the published port; inside of the container the server listens on all addresses.
    """
    joined = [str(service.data("network_mode", default="")) for service in project.services.values()]
    for server in servers(project):
        service = server.service
        is_shared = any(mode.startswith(("service:", "container:")) for mode in joined) or service.get("network_mode")
        is_asked = len(project.services) > 1 or service.ports
        option = _loopback(server)
        if option is not None and is_asked and not is_shared:
            message = f'service "{service.name}" listens to its own container alone; write "0.0.0.0" or leave it out'
            yield option.place, message


def _loopback(server: Server) -> Option | None:
    if server.kind in ("mysql", "mariadb"):
        option, name = server.option("bind-address"), "bind-address"
        skipped = server.option("skip-networking")
        if _is_on(skipped):
            return skipped
    else:
        name = "listen_addresses" if server.kind == "postgres" else "bind"
        option = server.option(name)
    value = server.value(name)
    addresses = value.replace(",", " ").split() if isinstance(value, str) else []
    is_loopback = bool(addresses) and all(address.lstrip("-") in _LOOPBACK for address in addresses)
    return option if is_loopback and not _binds_more(server, option) else None


def _binds_more(server: Server, option: Option | None) -> bool:
    """Whether Redis is told more than one address: in a command each is a word of its own."""
    command = server.service.command
    if command is None or option is None or server.kind not in ("redis", "valkey"):
        return False
    words = [word if isinstance(word, str) else "?" for word in command.words]
    at = words.index("--bind") + 2 if "--bind" in words else len(words)
    return at < len(words) and not words[at].startswith("--") and words[at] not in _LOOPBACK


@rule(
    "compose/grant-tables-skipped",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            command: [--skip-grant-tables]  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            command: [--skip-grant-tables=OFF, --skip-name-resolve]
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/server-options.html#option_mysqld_skip-grant-tables",
)
def grant_tables_skipped(project: Project) -> Iterator[Report]:
    """
    A server that asks nobody for a password and lets everybody do everything.

    It is meant for the minute in which a lost password is set anew.
    """
    for server in servers(project, "mysql", "mariadb"):
        option = server.option("skip-grant-tables")
        if option is not None and _is_on(option):
            yield option.place, f'service "{server.service.name}" lets everybody do everything; remove "{option.text}"'


@rule(
    "compose/database-reads-files",
    Severity.WARNING,
    bad="""
        services:
          db:
            image: mysql:9.7.4
            command:
              - --local-infile=1  # <-
              - --secure-file-priv=  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.7.4
            command: [--local-infile=0, --secure-file-priv=/var/lib/mysql-files]
          maria:
            image: mariadb:11.4.2
            command: [--skip-local-infile]
    """,
    source="https://dev.mysql.com/doc/refman/8.4/en/load-data-local-security.html",
)
def database_reads_files(project: Project) -> Iterator[Report]:
    """
    A server that lets SQL read and write files.

    With `local-infile` a client sends whatever of its files the server asks for; with an empty `secure-file-priv`
    an injected statement reads or writes each file that the server's user may.
    """
    for server in servers(project, "mysql", "mariadb"):
        local, folder = server.option("local-infile"), server.option("secure-file-priv")
        if local is not None and _is_on(local):
            yield local.place, f'"{local.text}" lets the server ask clients for their files; remove it'
        if folder is not None and folder.value in ("", "/"):
            yield folder.place, f'"{folder.text}" lets SQL write files anywhere; name one folder, or write "NULL"'
