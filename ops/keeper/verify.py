"""`inv verify.install-timer --host`: the host itself looks every night at what serves on it, by the keeper."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ...lint.data import load_yaml
from .. import timers
from ..certificates.site import site_of
from ..command import Command, Secret
from ..deploy.building import HERE, built_for
from ..deploy.layers import blob_store, image_ids
from ..deploy.sending import for_host
from ..deploy.shipping import missing_images, ship
from ..deploy.target import TargetError, examine
from ..engine import require_engine
from ..environment import env_values
from ..errors import SettingsError
from ..execute import execute
from ..host import Host, LocalHost
from ..hosts import Opened, open_hosts
from ..plan import plan_for
from ..progress import Progress
from ..serving.patient import backups_there
from ..settings import FILE_NAME
from ..stack import Stack, open_stack
from ..step import Do, Say, Step
from ..timers import Schedule
from ..up import REGISTRY
from ..verify.timer import NIGHTLY, schedule_for
from .certbot import CLOSED, ENV, OPEN
from .image import KEEPER
from .running import PATH, Keeper
from .timers import BY_HAND

JOB = "verify"
ROOTS = "roots.pem"
LEFT_OUT = ("groups", "hooks", "dockerfiles", "nginx", "secrets", "certbot", "deploy")
"""What only a laptop does, or files that only a checkout has."""


def install(names: Sequence[str], *, ca: str = "", dry: bool = False) -> None:
    """
    Arms the timer on the hosts that *names* mean.

    Raises:
        FairleadError: nothing runs at times there, or the keeper does not get there.
    """
    with open_hosts(names) as hosts:
        for opened in hosts:
            host, work = opened.host, Work(opened, ca)
            schedule = work.schedule()
            arming = [*timers.steps(host, schedule, BY_HAND)]
            with built_for(host, HERE):
                sending = plan_for(host.name, *work.steps())
                if dry:
                    print(f"{sending}\n{plan_for(host.name, *arming)}")
                    continue
                with Progress() as progress:
                    execute(sending, {host.name: LocalHost()}, progress, take_back=False)
            with Progress() as progress:
                execute(plan_for(host.name, *arming), {host.name: host}, progress)
            found = timers.state(host, schedule.unit)
            print(f"{host.name}: verified by {found.kind}, next {found.next or 'in the night'}")


@dataclass(frozen=True, eq=False)
class Work:
    """What has to be on a host before it can look at itself; *ca* is a file of certificates to believe."""

    opened: Opened
    ca: str = ""

    @cached_property
    def keeper(self) -> Keeper:
        """The keeper there."""
        target = examine(self.opened.host, self.opened.layout)
        if not target.state.current:
            name = self.opened.host.name
            raise TargetError(f"{name}: no release serves there; inv deploy --host {name}")
        return Keeper(self.opened.host, target, self.opened.layout, JOB)

    @cached_property
    def client(self) -> str:
        """The docker client here."""
        return str(require_engine(LocalHost()).client)

    @cached_property
    def stack(self) -> Stack:
        """The stack as the host runs it."""
        return for_host(open_stack(client=self.client), self.opened.host, self.opened.layout, "")

    @cached_property
    def image(self) -> str:
        """The keeper's image."""
        return KEEPER.name(self.stack.values.get(REGISTRY, ""))

    def schedule(self) -> Schedule:
        """When it looks, and by which command."""
        name, keeper = self.opened.host.name, self.keeper
        words = (NIGHTLY, "--host", name, *(("--ca", ROOTS) if self.ca else ()))
        more = (*self._backups(), *_written(self.stack))
        command = keeper.command(*words, named="timed", more=more)
        says = f"{keeper.layout.stack}: inv verify found something; inv verify --all --host {name} says what"
        return schedule_for(keeper.layout.stack, command.argv, keeper.folder, PATH, says)

    def _backups(self) -> Iterator[str]:
        """The folders of backups that lie elsewhere, as far as they are there."""
        host, root = self.opened.host, f"{self.opened.layout.root}/"
        found = backups_there(self.stack.settings, self.opened.layout)
        paths = (path for each in found for path in (each.files, each.copies, each.drill) if path)
        for folder in sorted({path.partition("*")[0].rpartition("/")[0] for path in paths}):
            if folder and not f"{folder}/".startswith(root) and host.run(Command(("test", "-d", folder))).ok:
                yield from ("--volume", f"{folder}:{folder}:ro")

    def steps(self) -> Iterator[Step]:
        """Builds the keeper where it is not built, and sends what is not there."""
        yield from KEEPER.steps(LocalHost(), self.client, self.stack.values.get(REGISTRY, ""), self.image)
        where = self.opened.host.name
        yield Do("send the image", f"to {where}, layer by layer: {self.image}", self._ship)
        yield Do("send the settings", f"to {where}:{self.keeper.folder}", self._send)

    def _ship(self, _: Host, say: Say) -> None:
        host = self.opened.host
        missing = missing_images(host, self.keeper.target.client, image_ids(self.client, [self.image]))
        ship(host, self.client, missing, blob_store(), say)
        self.keeper.use(self.image)

    def _send(self, _: Host, say: Say) -> None:
        host, textfile = self.opened.host, self.stack.settings.verify.textfile
        if textfile is not None and not host.run(Command(("test", "-w", str(textfile.parent)))).ok:
            raise SettingsError(
                f"{host.name}: {textfile.parent}: not there, or not this user's to write to; fairlead.yaml names it "
                "as the folder of verify.textfile"
            )
        for path, (text, mode) in self._files().items():
            say(path)
            host.put(f"{self.keeper.folder}/{path}", text, mode)

    def _files(self) -> dict[str, tuple[str | Secret, int]]:
        stack, variable = self.stack, self.stack.settings.outward.webhook
        settings = json.dumps(settings_there(stack, self.opened), indent=1, sort_keys=True) + "\n"
        address = env_values(stack.settings.env, os.environ).get(variable, "") if variable else ""
        # always written, so that an address that was taken away is gone there, too
        found: dict[str, tuple[str | Secret, int]] = {
            FILE_NAME: (settings, OPEN),
            ENV: (Secret(f"{variable}={address}\n" if address else ""), CLOSED),
        }
        if self.ca:
            found[ROOTS] = (_roots(self.ca), OPEN)
        return found


def settings_there(stack: Stack, opened: Opened) -> dict[str, Any]:
    """This fairlead.yaml as the host needs it: nothing to fill in, and itself the one host."""
    path = stack.settings.root / FILE_NAME
    data: dict[str, Any] = dict(load_yaml(path.read_text(encoding="utf-8"), str(path)))
    for key in LEFT_OUT:
        data.pop(key, None)
    entry = opened.host.entry
    data["compose"] = {"files": data["compose"]["files"]}
    data["env"] = {"file": ENV, "generate": list(stack.settings.env.generate)}
    data["addresses"] = stack.addresses()
    data["hosts"] = {entry.name: {"address": entry.address, "folder": entry.folder}}
    if entry.environment:
        data["hosts"][entry.name]["environment"] = dict(entry.environment)
    if data.get("backups"):
        data["backups"] = [
            {**given, "files": each.files, **{key: getattr(each, key) for key in ("copies", "drill") if key in given}}
            for given, each in zip(data["backups"], backups_there(stack.settings, opened.layout), strict=True)
        ]
    if data.get("domains"):
        data["domains"] = [{"names": list(site_of(stack).names)}]
    if "tls" in data:
        site = site_of(stack)
        data["tls"] |= {"http_port": str(site.http_port), "https_port": str(site.https_port)}
    return data


def _written(stack: Stack) -> tuple[str, ...]:
    textfile = stack.settings.verify.textfile
    return () if textfile is None else ("--volume", f"{textfile.parent}:{textfile.parent}")


def _roots(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror or "cannot be read").lower() if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{path}: {reason}; --ca wants a file of PEM certificates") from None
