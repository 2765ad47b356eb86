"""
Secrets of which two values are valid for a while: how a database is told of the new one, and that the old one ends.

Values go in on standard input. Only the standard library is imported: the agent's image holds nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .command import Command, Result, Secret
from .compose import ComposeProject
from .errors import SettingsError, StepFailedError
from .host import Host
from .kept_json import data_of

NOTED = "rotations.json"
MYSQL, REDIS, KEY = "mysql", "redis", "key"
PREVIOUS = "_PREVIOUS"
"""What the name of the variable ends with that holds the old value while both are valid."""

TITLE = "let both values be valid"
ASK_S = 60.0
TWO = 2
SQL = (
    'exec mysql --defaults-extra-file=<(printf \'[client]\\nuser=%s\\npassword="%s"\\n\' "$1" '
    '"$(sed \'s/[\\\\"]/\\\\&/g\' "$2")") --batch --skip-column-names'
)
MYSQL_LOGIN = (
    'exec mysql --defaults-extra-file=<(printf \'[client]\\npassword="%s"\\n\' "$(sed \'s/[\\\\"]/\\\\&/g\')") '
    '--user="$1" --host="$2" --connect-timeout=5 --batch --skip-column-names --execute="SELECT 1"'
)
REDIS_LOGIN = 'REDISCLI_AUTH=$(cat) exec redis-cli --user "$1" --no-auth-warning ping'
REDIS_KEEPER = (
    'user=$1 file=$2; shift 2; REDISCLI_AUTH=$(cat "$file") exec redis-cli --user "$user" --no-auth-warning "$@"'
)
IN_PLACE = (
    'set -e; test -e "$1" || exit 0; chmod u+w -- "$1"; '
    'dd of="$1" bs=1M iflag=fullblock conv=notrunc status=none; truncate -s "$2" -- "$1"; chmod 0444 -- "$1"'
)
"""A container's mount follows the file, not its name; one write, so that nobody reads half of it."""


@dataclass(frozen=True)
class Rotation:
    """
    A secret that can be changed without a moment at which nobody logs in.

    Attributes:
        name: The variable that holds its value.
        kind: Who has to know two values: `MYSQL`, `REDIS`, or for a `KEY` the program that reads it.
        service: The compose service of the database.
        user: The database's user whose password it is.
        host: From where that user logs in at MySQL.
        by: The user who may change it.
        password_file: The file in the service's container that holds that one's password.
        acl: The secret that is Redis's file of users.
        releases: Those that know the old value only; none where no one has begun.
        who: Who began, and from where.
        since: When, in ISO 8601.
    """

    name: str
    kind: str
    service: str = ""
    user: str = ""
    host: str = "%"
    by: str = ""
    password_file: str = ""
    acl: str = ""
    releases: tuple[str, ...] = ()
    who: str = ""
    since: str = ""

    @property
    def secret(self) -> str:
        """The compose secret that holds its value."""
        return self.name.lower()

    @property
    def previous(self) -> str:
        """The variable that holds the old value while both are valid."""
        return self.name + PREVIOUS


@dataclass(frozen=True)
class Place:
    """
    Where a database runs.

    Attributes:
        project: The compose project that has it.
        folder: Where the files of the secrets are that its containers read.
    """

    host: Host
    project: ComposeProject
    folder: str


def rotations_of(text: str) -> dict[str, Rotation]:
    """
    The rotations that have begun, by name, as a file of them has them; none where it is empty.

    Raises:
        SettingsError: it is not what this tool writes.
    """
    data: Mapping[str, Mapping[str, Any]] = data_of(text, NOTED)
    try:
        return {name: Rotation(**{**each, "releases": tuple(each["releases"])}) for name, each in data.items()}
    except (TypeError, KeyError) as error:
        raise SettingsError(f"{NOTED}: not what this tool writes ({error}); put back what was edited there") from error


def text_of(rotations: Mapping[str, Rotation]) -> str:
    """See `rotations_of`; no value is in it."""
    return json.dumps({name: asdict(each) for name, each in rotations.items()}, indent=1, sort_keys=True) + "\n"


def begun(rotation: Rotation, releases: Iterable[str], who: str, since: str) -> Rotation:
    """*rotation* once both values are valid."""
    return replace(rotation, releases=tuple(sorted(releases)), who=who, since=since)


def can_be_told(place: Place, rotation: Rotation) -> Result:
    """Whether the database is there and lets in the one who may change the password; always for a key."""
    if rotation.kind == MYSQL:
        return _sql(place, rotation, "SELECT 1;\n")
    return _said(_keeper(place, rotation, "ACL", "WHOAMI"), rotation.by) if rotation.kind == REDIS else Result(0)


def logs_in(place: Place, rotation: Rotation, value: Secret) -> bool:
    """Whether the user logs in with *value*."""
    if rotation.kind == MYSQL:
        address = "localhost" if rotation.host == "localhost" else "127.0.0.1"
        told = _inside(place, rotation, ("bash", "-c", MYSQL_LOGIN, "bash", rotation.user, address), value)
        return told.ok and told.out.strip() == "1"
    told = _inside(place, rotation, ("sh", "-c", REDIS_LOGIN, "sh", rotation.user), value)
    return told.out.strip() == "PONG"


def let_both_in(place: Place, rotation: Rotation, new: Secret) -> None:
    """
    Lets the user log in with *new* too; may be repeated.

    Raises:
        StepFailedError: the database does not take it; the old one is valid as before.
    """
    if not logs_in(place, rotation, new):  # a second time would take the old one away
        _tell(place, rotation, new)
    _in_place(place, f"{place.folder}/{rotation.secret}", new)
    if not logs_in(place, rotation, new):
        raise _failed(place, rotation, "the new value is taken and does not log in")


def end_old(place: Place, rotation: Rotation) -> None:
    """
    From now on only the new value logs in; may be repeated.

    Raises:
        StepFailedError: the database does not take it; both are valid as before.
    """
    if rotation.kind == MYSQL:
        _checked(place, rotation, _sql(place, rotation, f"ALTER USER {_account(rotation)} DISCARD OLD PASSWORD;\n"))
    if rotation.kind == REDIS:
        value = place.host.read(f"{place.folder}/{rotation.secret}") or ""
        _change_acl(place, rotation, lambda words: [digest_word(value)] if digest_word(value) in words else list(words))


def digest_word(value: str) -> str:
    """How Redis's file of users names a password."""
    return f"#{hashlib.sha256(value.encode()).hexdigest()}"


def with_passwords(acl: str, user: str, passwords: Iterable[str]) -> str:
    """The file of users *acl* with *passwords*, see `digest_word`, in place of those that *user* has."""
    lines = acl.splitlines(keepends=True)
    return "".join(_replaced(line, passwords) if line.split()[:2] == ["user", user] else line for line in lines)


def passwords_of(acl: str, user: str) -> list[str]:
    """The passwords, see `digest_word`, that *user* has in the file of users *acl*."""
    words = next((line.split() for line in acl.splitlines() if line.split()[:2] == ["user", user]), [])
    return [word for word in words if word.startswith("#")]


def write_in_place(host: Host, path: str, text: Secret) -> Result:
    """Gives the file *path* another content where it stands; nothing where there is no such file."""
    words = ("sh", "-c", IN_PLACE, "sh", path, str(len(text.value.encode())))
    return host.run(Command(words, text), timeout_s=ASK_S)


def _tell(place: Place, rotation: Rotation, new: Secret) -> None:
    if rotation.kind == MYSQL:
        sql = f"ALTER USER {_account(rotation)} IDENTIFIED BY {_quoted(new.value)} RETAIN CURRENT PASSWORD;\n"
        _checked(place, rotation, _sql(place, rotation, sql))
        return
    word = digest_word(new.value)
    _change_acl(place, rotation, lambda words: [*dict.fromkeys((word, *words))])


def _change_acl(place: Place, rotation: Rotation, change: Any) -> None:
    path = f"{place.folder}/{rotation.acl}"
    acl = place.host.read(path) or ""
    words = passwords_of(acl, rotation.user)
    changed = change(words)
    if not words or len(changed) > TWO:
        said = "has two already" if words else "has none there"
        raise _failed(place, rotation, f"{path}: the user {rotation.user} {said}")
    _in_place(place, path, Secret(with_passwords(acl, rotation.user, changed)))
    _checked(place, rotation, _said(_keeper(place, rotation, "ACL", "LOAD"), "OK"))


def _in_place(place: Place, path: str, text: Secret) -> None:
    result = write_in_place(place.host, path, text)
    if not result.ok:
        raise StepFailedError(place.host.name, TITLE, f"{path}: {result.reason}")


def _sql(place: Place, rotation: Rotation, sql: str) -> Result:
    return _inside(place, rotation, ("bash", "-c", SQL, "bash", rotation.by, rotation.password_file), Secret(sql))


def _keeper(place: Place, rotation: Rotation, *words: str) -> Result:
    return _inside(place, rotation, ("sh", "-c", REDIS_KEEPER, "sh", rotation.by, rotation.password_file, *words))


def _inside(place: Place, rotation: Rotation, words: tuple[str, ...], stdin: Secret = Secret("")) -> Result:  # noqa: B008
    command = place.project.command("exec", "-T", rotation.service, *words)
    return place.host.run(replace(command, stdin=stdin), timeout_s=ASK_S)


def _said(result: Result, wanted: str) -> Result:
    """redis-cli ends with 0 also where the server refuses."""
    return result if result.out.strip() == wanted or not result.ok else Result(1, err=result.out or result.err)


def _checked(place: Place, rotation: Rotation, result: Result) -> None:
    if not result.ok:
        raise _failed(place, rotation, result.reason)


def _failed(place: Place, rotation: Rotation, reason: str) -> StepFailedError:
    return StepFailedError(place.host.name, TITLE, f"{rotation.name}: {rotation.service}: {reason}")


def _account(rotation: Rotation) -> str:
    return f"{_quoted(rotation.user)}@{_quoted(rotation.host)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _replaced(line: str, passwords: Iterable[str]) -> str:
    """Where the first one stood, or after ``on``; the rest of the line as it was."""
    marked = re.sub(r"(?<=\s)#\S+", "\0", line, count=1)
    return re.sub(r"\s#\S+", "", marked).replace("\0", " ".join(passwords))
