"""
Redis as a stack runs it: what it keeps on the disk, and a copy of that, made inside its own container.

A password is read there from its file, or goes in on standard input, so that no process list and no log has it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..command import Command, Result, Secret
from ..errors import FairleadError
from ..host import Host

LABEL = "com.docker.compose"
ASK_S, SAVE_S, PAUSE_S = 60.0, 1800.0, 0.5
DEFAULTS = {
    "dir": ".",
    "appendonly": "no",
    "appenddirname": "appendonlydir",
    "appendfilename": "appendonly.aof",
    "save": "3600 1 300 100 60 10000",
    "dbfilename": "dump.rdb",
}
"""The settings that say what is on the disk, as the server has them where nobody says otherwise."""

LOGIN = r"""
given=$(cat)
if [ -n "$2" ]; then password=$(cat "$2") && [ -n "$password" ] || exit 3
elif [ -n "$given" ]; then password=$given
elif [ -n "$REDIS_PASSWORD_FILE" ]; then password=$(cat "$REDIS_PASSWORD_FILE")
else password=$REDIS_PASSWORD; fi
client=$(command -v redis-cli || command -v valkey-cli) || exit 127
user=$1 port=$3; shift 3
if [ -n "$password" ]; then export REDISCLI_AUTH="$password"; fi
ask() { "$client" ${port:+-p "$port"} ${user:+--user "$user"} --no-auth-warning "$@"; }
"""
SETTINGS = """
for name; do
    told=$(ask config get "$name")
    if [ "$(printf '%s\\n' "$told" | sed -n 1p)" = "$name" ]; then
        printf '%s=%s\\n' "$name" "$(printf '%s\\n' "$told" | sed -n 2p)"
    fi
done
"""
SIZES = 'cd "$1" && shift && for each; do [ ! -e "$each" ] || du -sk "$each"; done'
STARTED = "Background saving started"
BUSY = re.compile("already in progress|right now")


class RedisError(FairleadError):
    """Redis does not do what a copy needs."""


@dataclass(frozen=True)
class Store:
    """
    A Redis of the data tier.

    Attributes:
        service: Its compose service.
        logins: Users that may know its settings or have it save, each with the file in its container that holds the
            password.
    """

    service: str
    logins: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Kept:
    """
    What Redis has on the disk.

    Attributes:
        folder: In its container.
        path: Below that.
        manifest: The file below that which names the parts of an append-only log; empty where there is none.
        is_log: Whether it is a log of every write, which is always up to date; else it is made when it is told to.
    """

    folder: str
    path: str
    manifest: str
    is_log: bool
    bytes: int


@dataclass(frozen=True)
class Redis:
    """
    A Redis that runs.

    Attributes:
        client: The docker client of *host*.
        container: The id of its container.
    """

    host: Host
    client: str
    container: str
    store: Store

    def kept(self) -> Kept | None:
        """
        What it has on the disk; None where it keeps nothing.

        Raises:
            RedisError: it has a log, which is not where it should be.
        """
        settings = self._settings
        folder = settings["dir"]
        if settings["appendonly"] == "yes":
            sizes = self._sizes(folder, settings["appenddirname"], settings["appendfilename"])
            if not sizes:
                raise RedisError(f"{self.store.service}: its append-only log is not in {folder}")
            path, size = sizes[0]
            manifest = f"{path}/{settings['appendfilename']}.manifest" if path == settings["appenddirname"] else ""
            return Kept(folder, path, manifest, True, size)
        if not settings["save"]:
            return None
        sizes = self._sizes(folder, settings["dbfilename"])
        return Kept(folder, settings["dbfilename"], "", False, sizes[0][1] if sizes else 0)

    def save(self) -> None:
        """
        Has it write all it has into its file, and waits for that.

        Raises:
            RedisError: it does not let any known user do so, or it failed.
        """
        until = time.monotonic() + SAVE_S
        login = self._saver(until)
        while "rdb_bgsave_in_progress:1" in (told := self._asked(login, "info", "persistence").out):
            self._pause(until)
        if "rdb_last_bgsave_status:ok" not in told:
            said = "its log says why" if "rdb_last_bgsave_status" in told else _last_line(told)
            raise RedisError(f"{self.store.service}: whether BGSAVE succeeded is not known: {said}")

    def read(self, path: str) -> str:
        """The text of a file in its container; empty where it is not there, or none is named."""
        return self._run("cat", path).out if path else ""

    def _saver(self, until: float) -> tuple[str, str, Secret]:
        """The login for which it began to save."""
        said = ""
        for login in self._logins:
            while BUSY.search((told := self._asked(login, "bgsave")).out):
                self._pause(until)
            if told.out.startswith(STARTED):
                return login
            said = _last_line(told.out) or told.reason
        raise RedisError(
            f"{self.store.service}: nobody whom fairlead.yaml knows may BGSAVE: {said}; give doctor.redis a user who "
            "may BGSAVE and INFO, or let it keep an append-only log (--appendonly yes)"
        )

    def _pause(self, until: float) -> None:
        if time.monotonic() > until:
            raise RedisError(f"{self.store.service}: it does not end saving within {SAVE_S / 60:g} minutes")
        time.sleep(PAUSE_S)

    @cached_property
    def _settings(self) -> Mapping[str, str]:
        """As the server says; where it tells nobody, as its command and its file have them."""
        for login in self._logins:
            told = self._asked_with(login, SETTINGS, *DEFAULTS).out
            if found := dict(line.split("=", 1) for line in told.splitlines() if "=" in line):
                return {**DEFAULTS, **found}
        return {**DEFAULTS, **self._said}

    @cached_property
    def _said(self) -> Mapping[str, str]:
        """The settings of its command, and of the file that this names."""
        words = self._words()
        names = [word for word in words if word.endswith(".conf")]
        return {**(settings_in(self.read(names[0])) if names else {}), **options(words)}

    def _words(self) -> tuple[str, ...]:
        """What its container runs."""
        form = "[{{json .Config.Entrypoint}}, {{json .Config.Cmd}}]"
        told = self.host.run(Command((self.client, "inspect", "--format", form, self.container)), timeout_s=ASK_S)
        return words_of(word for words in json.loads(told.out.strip() or "[]") for word in words or ())

    @property
    def _logins(self) -> Iterator[tuple[str, str, Secret]]:
        """Those of the settings; that of the container's variables; that of its command or its file."""
        yield from ((user, path, Secret("")) for user, path in self.store.logins)
        yield "", "", Secret("")
        if given := self._said.get("requirepass"):
            yield "", "", Secret(given)

    def _asked(self, login: tuple[str, str, Secret], *words: str) -> Result:
        return self._asked_with(login, 'ask "$@"', *words)

    def _asked_with(self, login: tuple[str, str, Secret], script: str, *words: str) -> Result:
        user, path, given = login
        port = self._said.get("port", "")
        inside = ("sh", "-c", f"{LOGIN}{script}", "sh", user, path, port, *words)
        return self._exec(Command((self.client, "exec", "--interactive", self.container, *inside), given))

    def _sizes(self, folder: str, *paths: str) -> list[tuple[str, int]]:
        """Those of *paths* that are there, and how big they are."""
        rows = re.findall(r"^(\d+)\s+(.+)$", self._run("sh", "-c", SIZES, "sh", folder, *paths).out, re.MULTILINE)
        return [(path, int(size) * 1024) for size, path in rows]

    def _run(self, *words: str) -> Result:
        return self._exec(Command((self.client, "exec", self.container, *words)))

    def _exec(self, command: Command) -> Result:
        return self.host.run(command, timeout_s=ASK_S)


def running_redis(host: Host, client: str, project: str, store: Store) -> Redis | None:
    """The Redis of *store* in the compose project *project*; None where its service does not run."""
    labels = (f"label={LABEL}.project={project}", f"label={LABEL}.service={store.service}")
    filters = (word for label in labels for word in ("--filter", label))
    found = host.run(Command((client, "ps", "--quiet", "--no-trunc", *filters)), timeout_s=ASK_S).out.split()
    return Redis(host, client, found[0], store) if found else None


def options(words: Iterable[str]) -> dict[str, str]:
    """The settings of a command line: ``--name value``, the value of one or several words."""
    found: dict[str, list[str]] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name = word[2:]
            found.setdefault(name, [])
        elif name:
            found[name].append(word)
    return {name: " ".join(values) for name, values in found.items()}


def settings_in(text: str) -> dict[str, str]:
    """The settings of a redis.conf; ``save`` may be there several times, of others the last counts."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        value = value.strip().strip("\"'")
        if name and not name.startswith("#"):
            more = name == "save" and value and found.get(name)
            found[name] = f"{found[name]} {value}" if more else value
    return found


def words_of(words: Iterable[str]) -> tuple[str, ...]:
    """The words of a container's command; those that a shell reads are taken apart."""
    return tuple(part for word in words for part in (word.split() if "-server " in word else [word]))


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.strip().splitlines()) if line), "")
