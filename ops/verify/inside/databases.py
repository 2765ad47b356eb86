"""MySQL and Redis: the settings that their commands promise, what the application may do, what strangers may not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps

from ...command import Result
from ...doctor.check_data import MYSQL, REDIS, differences, mysql_promises, redis_promises
from ...doctor.seen import Seen
from ...doctor_settings import LoginSettings
from ...errors import FairleadError
from ..verdict import Check, Look, Verdict, check, failed, passed, skipped, unseen, warned
from .installation import Installation

DURABLE = {"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1"}
CHARSET = {"character_set_server": "utf8mb4"}
STRICT = "STRICT_TRANS_TABLES"
TOO_MUCH = re.compile(r"\b(ALL PRIVILEGES|SUPER|FILE|GRANT OPTION|CREATE USER|SHUTDOWN|PROCESS)\b|ON \*\.\* (?!TO)")
MEND = "somebody changed it while it ran: docker restart, and ask again"
DENIED = ("NOAUTH", "NOPERM", "WRONGPASS", "AUTH")
ADMIN = ("acl", "list")
"""A question that only an administrator's user gets an answer to, and that changes nothing."""

WRITES = ("rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status")
LookAtOne = Callable[[Installation, Seen], Iterator[Verdict]]


class NotToldError(FairleadError):
    """The server does not answer the application's user."""

    def __init__(self) -> None:
        super().__init__("the server does not tell the application's user")


def _login(settings: LoginSettings | None) -> tuple[str, str]:
    return (settings.user, settings.password_file) if settings else ("", "")


def mysql(stack: Installation, container: Seen, statement: str) -> Result:
    """How *statement* ended, as the application's user."""
    login = _login(stack.patient.doctor.mysql)
    return stack.inside(container, "sh", "-c", MYSQL, "mysql", *login, statement)


def _redis(stack: Installation, container: Seen, *arguments: str) -> Result:
    login = _login(stack.patient.doctor.redis)
    return stack.inside(container, "sh", "-c", REDIS, "redis", *login, *arguments)


def running_of(stack: Installation, kind: str) -> list[Seen]:
    """The running containers of every service of that kind."""
    return [each for service in stack.patient.kind(kind) for each in stack.patient.of(service) if each.running]


def each(kind: str) -> Callable[[LookAtOne], Look[Installation]]:
    """Makes a look at every running container of *kind* of a look at one; what a server does not tell is an ERROR."""

    def made(look: LookAtOne) -> Look[Installation]:
        @wraps(look)
        def looked(stack: Installation) -> Iterator[Verdict]:
            found = running_of(stack, kind)
            if not found:
                yield skipped(f"no service runs {kind}")
            for container in found:
                try:
                    yield from look(stack, container)
                except NotToldError as error:
                    yield unseen(str(error), container.name, mend="inv doctor says why")

        return looked

    return made


def _variables(stack: Installation, container: Seen) -> dict[str, str]:
    """The server's variables."""

    def asked() -> dict[str, str]:
        told = mysql(stack, container, "SHOW GLOBAL VARIABLES")
        if not told.ok:
            raise NotToldError
        return dict(line.split("\t", 1) for line in told.out.splitlines() if "\t" in line)

    return stack.remembered(f"mysql {container.name}", asked)


def _words(stack: Installation, container: Seen) -> tuple[str, ...]:
    """The command that the compose files promise; the container's own where they leave it to the image."""
    promised = (stack.services.get(container.service) or {}).get("command")
    return tuple(map(str, promised)) if promised else container.words


@check("MY1", "mysql", "error", "MySQL runs with every setting that is promised")
@each("mysql")
def variables(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """Those of the command line, as the server has them at this moment."""
    there = _variables(stack, container)
    for name, value in mysql_promises(_words(stack, container)).items():
        yield _setting(name, value, there, container)


def _setting(name: str, value: str, there: Mapping[str, str], container: Seen) -> Verdict:
    target = f"{container.name} {name}"
    if name not in there:
        return skipped("the server has no variable of this name", target)
    if differences({name: value}, there):
        return failed(value, there[name], target, MEND)
    return passed(value, there[name], target)


@check("MY2", "mysql", "error", "what MySQL confirms is on the disk")
@each("mysql")
def durable(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """Both settings that a crash of the machine puts to the test."""
    yield from _wanted(stack, container, DURABLE, "a lost transaction that was confirmed")


@check("MY5", "mysql", "error", "MySQL keeps every character, and refuses what does not fit")
@each("mysql")
def characters(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """utf8mb4 and strict mode."""
    yield from _wanted(stack, container, CHARSET, "text is cut")
    mode = _variables(stack, container).get("sql_mode", "")
    if STRICT in mode:
        yield passed(STRICT, mode, f"{container.name} sql_mode")
    else:
        yield failed(STRICT, mode or "no mode at all", f"{container.name} sql_mode", MEND)


def _wanted(stack: Installation, container: Seen, wanted: Mapping[str, str], else_: str) -> Iterator[Verdict]:
    there = _variables(stack, container)
    for name, value in wanted.items():
        promised = mysql_promises(_words(stack, container)).get(name, value)
        target = f"{container.name} {name}"
        if there.get(name) == promised:
            yield passed(promised, promised, target)
        else:
            yield failed(promised, there.get(name, "unknown"), target, f"{MEND}; otherwise {else_}")


@check("MY3", "mysql", "error", "the application may only use its own tables")
@each("mysql")
def grants(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """No right on all databases, none to make users or to read files."""
    told = mysql(stack, container, "SHOW GRANTS")
    if not told.ok:
        raise NotToldError
    lines = [re.sub(r" IDENTIFIED .*", "", line) for line in told.out.splitlines()]
    much = [line for line in lines if TOO_MUCH.search(line.replace("GRANT USAGE ON *.* TO", ""))]
    promised = "rights on one database"
    if much:
        yield failed(promised, much[0], container.name, "REVOKE what it does not need", *map(stack.masked, much))
    else:
        yield passed(promised, "; ".join(line for line in lines if "USAGE" not in line)[:160], container.name)


@check("RE1", "redis", "error", "Redis runs with every setting that is promised")
@each("redis")
def redis_settings(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """Those of the command line, as the server has them at this moment."""
    promised = redis_promises(_words(stack, container))
    told = _redis(stack, container, "config", "get", *promised) if promised else Result(0)
    lines = told.out.splitlines()
    if not told.ok or len(lines) % 2 or (promised and not lines):
        raise NotToldError
    there = dict(zip(lines[::2], lines[1::2], strict=True))
    for name, value in promised.items():
        yield _setting(name, value, there, container)


@check("RE2", "redis", "error", "Redis answers nobody without a password")
@each("redis")
def redis_password(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """Asked as a stranger in its own network would ask."""
    client = "redis-cli" if "redis" in container.image else "valkey-cli"
    told = stack.inside(container, "env", "-u", "REDISCLI_AUTH", client, "ping")
    said = f"{told.out} {told.err}".strip()
    promised = "NOAUTH"
    if "PONG" in said:
        yield failed(promised, "PONG", container.name, "user default off in the ACL file, or requirepass")
    elif any(word in said for word in DENIED):
        yield passed(promised, stack.masked(said.splitlines()[0]), container.name)
    else:
        yield unseen(stack.masked(said or told.reason), container.name, promised)


@check("RE3", "redis", "error", "the application may not administer Redis")
@each("redis")
def redis_rights(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """Its user is refused what only an administrator needs."""
    told = _redis(stack, container, *ADMIN)
    if "NOPERM" in f"{told.out} {told.err}":
        yield passed("NOPERM for ACL LIST", "NOPERM", container.name)
    elif "user " in told.out:
        yield failed("NOPERM for ACL LIST", "an answer", container.name, "-@admin -@dangerous in the ACL file")
    else:
        raise NotToldError


@check("RE4", "redis", "error", "Redis keeps what it is given")
@each("redis")
def redis_state(stack: Installation, container: Seen) -> Iterator[Verdict]:
    """No write to the disk failed; evictions are worth a warning."""
    told = _redis(stack, container, "info")
    info = dict(line.split(":", 1) for line in told.out.splitlines() if ":" in line)
    if "rdb_last_bgsave_status" not in info:
        raise NotToldError
    bad = [f"{name} {info[name].strip()}" for name in WRITES if info.get(name, "ok").strip() != "ok"]
    evicted = int(info.get("evicted_keys", "0").strip() or 0)
    if bad:
        yield failed(
            "every write succeeded", ", ".join(bad), container.name, "see the disk and the rights on its volume"
        )
    elif evicted:
        yield warned("nothing evicted", f"{evicted} keys", container.name, "raise maxmemory")
    else:
        yield passed("every write succeeded", "ok", container.name)


@check("MY7", "mysql", "error", "databases are reached from inside alone")
def unpublished(stack: Installation) -> Iterator[Verdict]:
    """No port of theirs on this machine."""
    for kind in ("mysql", "redis"):
        for container in running_of(stack, kind):
            if container.published:
                yield failed(
                    "no port",
                    ", ".join(map(str, container.published)),
                    container.name,
                    "take ports: out of the service",
                )
            else:
                yield passed("no port", "none", container.name)


CHECKS: tuple[Check[Installation], ...] = (
    variables,
    durable,
    grants,
    characters,
    unpublished,
    redis_settings,
    redis_password,
    redis_rights,
    redis_state,
)
