"""
Replaces containers of the edge or of the data tier: the one change that has a gap, and that is never part of a deploy.

The laptop hands over a folder beside the base's own: the new files and `tier.json`. What the base was is kept until the
new containers are proven, so that a failure, or `inv deploy --abort`, brings it back.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..command import Command
from ..deploy.split import DATA, EDGE
from ..errors import SettingsError, StepFailedError
from ..host import Host
from ..plan import Plan, plan_for
from ..step import Do, Run, Say, Step
from ..waiting import wait_step
from .bundle import Bundle
from .database import Found
from .dump import TITLE as DUMP
from .dump import copy_path, dump, dump_path, found_database
from .having import have_networks, have_volumes
from .nginx import running_nginx
from .placing import place
from .proving import ask_until_well
from .record import Records, settle, write_durably
from .redis import Store, running_redis
from .redis_copy import saved, title
from .switch import project
from .unstarted import recreate

FILE = "tier.json"
MARK = "tier"
"""The file in the state folder that names what was handed over, as long as the change has not ended."""

HOOKS = "tier-hooks.json"
"""The file there that names the hooks that are still to run; gone where the change was taken back."""

REPLACING = ".replacing"
"""The file among what was handed over that says that containers have begun to be replaced."""

KEPT = "base.before"
KEEP = "keep what the base is"
PLACE = "put the new files in their place"
TEST = "let the new nginx read what the old one runs on"
REPLACE = "replace the containers"
ASK = "ask until all answers again"
FORGET = "forget what the base was"


@dataclass(frozen=True)
class TierChange:
    """
    What changes.

    Attributes:
        services: The services whose containers are replaced.
        gone: The services that are not in the stack any more.
        networks: Networks that have to be there, by name, with their options.
        volumes: The same of volumes.
        stores: The Redis of each service among them whose files are copied before.
        backup: Whether the database is dumped before.
    """

    tier: str
    services: tuple[str, ...]
    gone: tuple[str, ...]
    networks: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Mapping[str, Any]]
    stores: tuple[Store, ...] = ()
    backup: bool = True

    @property
    def data(self) -> dict[str, Any]:
        """As it is handed over."""
        return asdict(self)


def change_in(folder: Path) -> TierChange:
    """
    The change that was handed over in *folder*.

    Raises:
        SettingsError: it is not there.
    """
    try:
        data = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{folder / FILE}: {error}; run inv deploy --tier again") from error
    stores = tuple(Store(each["service"], tuple(map(tuple, each["logins"]))) for each in data.get("stores", ()))
    named = (data["tier"], tuple(data["services"]), tuple(data["gone"]))
    return TierChange(*named, data["networks"], data["volumes"], stores, data.get("backup", True))


def half_done(records: Records) -> str:
    """The folder of a change that has begun and not ended; empty where there is none."""
    mark = records.folder / MARK
    return mark.read_text(encoding="utf-8").strip() if mark.exists() else ""


def refuse_half_done(records: Records) -> None:
    """
    Refuses anything else while a change of a tier is half done.

    Raises:
        SettingsError: one is.
    """
    if half_done(records):
        raise SettingsError(
            "a change of the edge or the data has begun and not ended; inv deploy --resume goes on with it, "
            "inv deploy --abort takes it back"
        )


class TierWork:
    """
    The steps that make *change*, each of which can be repeated and taken back.

    Args:
        bundle: The release that serves; it names what has to answer.
        folder: What was handed over.
        note: Takes what whoever follows has to keep.
    """

    def __init__(
        self,
        host: Host,
        bundle: Bundle,
        records: Records,
        folder: Path,
        change: TierChange,
        *,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.host = host
        self.bundle = bundle
        self.records = records
        self.folder = folder
        self.change = change
        self.note = note
        self.root = Path(bundle.root)
        self.base = project(bundle.layout.base_project, Path(bundle.layout.base) / "compose.yaml")
        self._begun = 0.0

    @property
    def journal(self) -> str:
        """The journal that has the steps."""
        return f"base-{self.change.tier}"

    @property
    def has_begun(self) -> bool:
        """Whether containers have begun to be replaced."""
        return (self.folder / REPLACING).exists()

    @property
    def is_over(self) -> bool:
        """Whether an earlier run that was cut off has come to its very end."""
        return self.has_begun and not (self.root / KEPT).exists()

    def forget(self) -> None:
        """Forgets what the base was: in one step, since half of it must never come back."""
        done = self.root / f".{KEPT}.done"
        if (self.root / KEPT).exists():
            shutil.rmtree(done, ignore_errors=True)
            (self.root / KEPT).rename(done)
        shutil.rmtree(done, ignore_errors=True)

    def plan(self) -> Plan:
        """Everything, the gap in the middle."""
        return plan_for(self.host.name, *self._steps())

    def _steps(self) -> Iterator[Step]:
        change, bundle = self.change, self.bundle
        yield from have_networks(change.networks)
        yield from have_volumes(change.volumes)
        replaced = (*change.services, *change.gone)
        if change.backup and bundle.migrations is not None and bundle.migrations.service in replaced:
            yield Do(DUMP, "mysqldump, gzip", self._dump)
        for store in change.stores:
            yield Do(title(store.service), "the files in which it keeps them; tar, gzip", partial(self._save, store))
        yield Do(KEEP, f"cp -a base {KEPT}", self._keep)
        yield Do(PLACE, f"{self.folder.name} -> base", self._place, self._put_back)
        if change.tier == EDGE and bundle.edge in change.services:
            path = f"{bundle.mount}/live/nginx.conf"
            words = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "nginx", bundle.edge, "-t", "-c", path)
            yield Run(TEST, self.base.command(*words))
        yield Do(REPLACE, str(self._up(change.services)), self._replace, self._replace_back)
        yield wait_step(self.base)
        yield Do(ASK, "\n    ".join(self._addresses()) or "nothing is named to be asked", self._ask)
        yield Do(FORGET, f"rm -r {KEPT} {self.folder.name}", self._forget)

    def _addresses(self) -> tuple[str, ...]:
        return self.bundle.smoke if self.change.tier == EDGE else (*self.bundle.probes, *self.bundle.smoke)

    def _dump(self, host: Host, say: Say) -> None:
        migrations = self.bundle.migrations
        if migrations is None or self.has_begun:  # it was dumped then; now it may be away
            return
        database, found = found_database(host, self.bundle, migrations)
        if not (found.size_bytes or found.applied):
            say("the database is empty")
            return
        made = dump(database, found, _path(self.bundle, found), say)
        self.records.journal(self.journal, event="dump", step=DUMP, text=str(made))
        self.note(f"the database before the {DATA} tier changes: {made}")

    def _save(self, store: Store, host: Host, say: Say) -> None:
        if self.has_begun:
            return
        name, step = store.service, title(store.service)
        redis = running_redis(host, "docker", self.base.name, store)
        if redis is None:
            raise StepFailedError(host.name, step, f"no container of {name} runs; nothing was changed")
        made = saved(redis, copy_path(Path(self.bundle.layout.backups), self.bundle.name, name), say)
        if made is None:
            self.note(f"{name} keeps nothing on the disk, so nothing of it is copied")
            return
        self.records.journal(self.journal, event="dump", step=step, text=str(made))
        self.note(f"the data of {name} before the {DATA} tier changes: {made}")

    def _keep(self, _: Host, say: Say) -> None:
        """Once: what a run that was cut off has kept is what there was."""
        kept = self.root / KEPT
        if not kept.exists():
            say(str(kept))
            part = self.root / f".{KEPT}"
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(self.root / "base", part, symlinks=True)
            os.sync()  # after a loss of power it has to be whole, or what comes back is not what was
            part.rename(kept)
            settle(self.root)

    def _place(self, _: Host, say: Say) -> None:
        say(str(self.folder))
        place(self.folder, self.root / "base", but=(FILE, REPLACING))
        os.sync()

    def _put_back(self, _: Host) -> None:
        kept = self.root / KEPT
        if kept.exists():
            place(kept, self.root / "base")

    def _replace(self, host: Host, say: Say) -> None:
        self._begun = time.monotonic()
        write_durably(self.folder / REPLACING, "")
        recreate(host, self.base, Run(REPLACE, self._up(self.change.services)), say)

    def _replace_back(self, host: Host) -> None:
        """The old files first: they are what the containers that come back are made of."""
        self._put_back(host)
        if not self.has_begun:
            return
        known = self._services_before()
        services = [name for name in (*self.change.services, *self.change.gone) if name in known]
        recreate(host, self.base, Run(REPLACE, self._up(services)), lambda _: None)
        wait_step(self.base).run(host, lambda _: None)

    def _services_before(self) -> set[str]:
        text = (self.root / "base" / "compose.yaml").read_text(encoding="utf-8")
        return set(json.loads(text)["services"])

    def _up(self, services: Iterable[str]) -> Command:
        services = tuple(services)
        how = ("--force-recreate",) if services else ("--no-recreate",)
        return self.base.command("up", "--detach", "--no-build", "--no-deps", "--remove-orphans", *how, *services)

    def _ask(self, host: Host, say: Say) -> None:
        nginx = running_nginx(host, self.base.name, self.bundle.edge, self.bundle.mount)
        if nginx is None:
            raise StepFailedError(host.name, ASK, f"no container of {self.base.name} runs {self.bundle.edge}")
        for address in self._addresses():
            ask_until_well(host, nginx, address, ASK, say)
        if self._begun:
            away = time.monotonic() - self._begun
            self.records.journal(self.journal, event="gap", step=REPLACE, text=f"{away:.1f}")
            self.note(f"the {self.change.tier} tier was away for at most {away:.1f} s")

    def _forget(self, _: Host, say: Say) -> None:
        say(KEPT)
        self.forget()


def _path(bundle: Bundle, found: Found) -> Path:
    return dump_path(Path(bundle.layout.backups), f"{bundle.name}-{DATA}", found)
