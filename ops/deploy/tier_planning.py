"""The plan of a change to the edge or the data: what is replaced, and the gap that it causes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from ..agent.bundle import Bundle, checked
from ..agent.database import Database, DatabaseError
from ..agent.dump import SPARE_BYTES
from ..agent.record import Records
from ..agent.redis import Kept, RedisError, running_redis
from ..agent.tier import TierWork
from ..command import without
from ..kept_json import kept_on
from .changes import COMPOSE, behaviour, differing, variables
from .forecast import Changes, Pending
from .planning import Planner
from .room import Room, disks
from .split import DATA, EDGE
from .target import TargetError
from .tiers import TierSending
from .weighing import Load

GRACE_S = 10.0
"""How long the engine waits for a container to end where the model does not say."""


@dataclass(frozen=True, eq=False)
class TierPlanner(Planner):
    """See `Planner`."""

    sending: TierSending

    @property
    def tier(self) -> str:
        """See `Planner`."""
        return self.sending.tier

    @property
    def gap(self) -> str:
        """For how long who is not answered."""
        names = ", ".join((*self.sending.services, *self.sending.gone))
        if self.tier == EDGE:
            what = f"nobody is answered from the moment {names} stops until it runs anew"
        else:
            what = f"what needs {names} fails until it is healthy again"
        last = self._last_gap()
        measured = f"{last:.0f} s at the last change" if last else "a few seconds as a rule"
        return f"{what}: {measured}; stopping alone may take up to {self._grace():.0f} s"

    @property
    def sends(self) -> int:
        """See `Planner`."""
        return sum(len(file.data) for file in self.sending.uploads())

    def _expected_s(self, _: int) -> float | None:
        """The gap says it."""
        return None

    def _last_gap(self) -> float | None:
        text = self.sending.host.read(f"{self.sending.layout.state}/journal/base-{self.tier}.jsonl") or ""
        found = re.findall(r'"event": "gap".*"text": "([0-9.]+)"', text)
        return median(map(float, found[-3:])) if found else None

    def _grace(self) -> float:
        services = self.sending.before["services"]
        names = [name for name in (*self.sending.services, *self.sending.gone) if name in services]
        return max((seconds(str(services[name].get("stop_grace_period", ""))) for name in names), default=GRACE_S)

    @cached_property
    def _bundle(self) -> Bundle:
        """The release that serves."""
        sending = self.sending
        path = f"{sending.layout.release(sending.target.state.current)}/release.json"
        return checked(kept_on(sending.host, path), sending.layout.root, f"{sending.host.name}: {path}")

    def _steps_there(self) -> Iterator[str]:
        sending = self.sending
        folder = Path(sending.layout.root) / sending.folder
        records = Records(Path(sending.layout.state))
        work = TierWork(sending.host, self._bundle, records, folder, sending.change)
        yield from (step.title for _, step in work.plan().steps)

    def _changes(self) -> Changes:
        sending = self.sending
        old, new = (_of_tier(base, self._names) for base in (sending.before, sending.after))
        values = self._values(sending.before)
        services = sending.release.projects.services[self.tier]
        mine = {file.path: hashlib.sha256(file.data).hexdigest() for file in sending.files_of(services)}
        names = differing({path: digest for path, digest in sending.there.items() if path in mine}, mine)
        return Changes(
            behaviour=tuple(
                without(line, values) for line in behaviour({COMPOSE: json.dumps(old)}, {COMPOSE: json.dumps(new)}, ())
            ),
            variables=variables(old, new),
            secrets=names.below("secrets/"),
            files=names.below("files/"),
            left=tuple(f"{name} is gone from the stack and is removed" for name in sending.gone),
        )

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.sending.release.projects.services[self.tier], *self.sending.gone)

    @cached_property
    def _database(self) -> Database | None:
        """Asked only where it is to be dumped: the edge changes without it, and so does what cannot be dumped."""
        return super()._database if self.tier == DATA and self.sending.backup else None

    def _made_from(self) -> Iterator[bytes]:
        yield from super()._made_from()
        yield json.dumps(self.sending.backup).encode()

    @cached_property
    def _pending(self) -> Pending:
        migrations = self._bundle.migrations
        replaced = (*self.sending.services, *self.sending.gone)
        if migrations is None or migrations.service not in replaced or not self.sending.backup:
            return Pending()
        if self._database is None:
            raise self._no_copy(f"{migrations.service} does not run")
        try:
            return Pending(self._found.applied, (), self._dump_bytes())
        except DatabaseError as error:
            raise self._no_copy(str(error).removeprefix(f"{self.sending.host.name}: ")) from error

    def _rooms(self, images: tuple[Load, ...], size: int) -> Iterator[Room]:
        arriving = sum(image.bytes + image.unpacked_bytes for image in images)
        copies = sum(kept.bytes + SPARE_BYTES for kept in self._kept.values())
        needs = {"": arriving, self.sending.layout.root: size + self._pending.dump_bytes + copies}
        yield from disks(self.sending.host, self.sending.target.client, needs)

    def _asks(self) -> Iterator[str]:
        yield from self._asks_for_the_host()
        if self.tier == DATA:
            names = ", ".join((*self.sending.services, *self.sending.gone))
            dumped = [self._bundle.migrations.service] if self._bundle.migrations and self._pending.dump_bytes else []
            saved = ", ".join((*dumped, *self._kept))
            copied = f"a copy of what {saved} has is made before" if saved else "nothing of it is copied before"
            yield f"{names}: a new server may change its files so that the old one reads them no more; {copied}"

    @cached_property
    def _kept(self) -> dict[str, Kept]:
        """What each Redis that is replaced has on the disk, by service; refused where it cannot be had."""
        sending = self.sending
        found = {}
        for store in sending.change.stores:
            redis = running_redis(sending.host, sending.target.client, sending.layout.base_project, store)
            if redis is None:
                raise self._no_copy(f"{store.service} does not run")
            try:
                kept = redis.kept()
            except RedisError as error:
                raise self._no_copy(str(error)) from error
            if kept is not None:
                found[store.service] = kept
        return found

    def _no_copy(self, why: str) -> TargetError:
        host, base = self.sending.host.name, self.sending.layout.base
        return TargetError(
            f"{host}: {why}, so nothing of it can be copied before the data tier changes; start it there with docker "
            f"compose up --detach in {base}, or say --no-backup; nothing was sent"
        )


def seconds(text: str) -> float:
    """A duration as `docker compose config` writes it, such as ``1m10s``."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    found = re.findall(r"([0-9.]+)(ms|h|m|s)", text)
    return sum(float(number) * units[unit] for number, unit in found) or GRACE_S


def _of_tier(base: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {**base, "services": {name: each for name, each in base["services"].items() if name in names}}
