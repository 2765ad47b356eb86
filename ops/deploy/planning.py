"""Makes the plan of a deploy: from the release that would be made here, and from what the host has. Changes nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import secrets
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ..agent.bundle import FILE, bundle_of
from ..agent.database import Database, Found, running_database
from ..agent.dump import needed_bytes
from ..agent.record import Records
from ..agent.switch import Switch
from ..command import Command, without
from ..kept_json import data_of
from ..masking import secret_values
from .changes import COMPOSE, NGINX, Names, behaviour, differing, same_model, variables
from .forecast import Changes, Forecast, Pending, digest_of
from .hashing import content
from .history import expected_s
from .known_secrets import all_values
from .layers import blob_store, pack
from .making import Release, migrations_in
from .pulling import pinned_names
from .room import Room, disks, memory, used_memory
from .sending import Sending, sent_file
from .split import APP, DATA, EDGE
from .weighing import Load, chains, ids_known, loads, pulled_load

ASK_S = 60.0
SECRETS, FILES = "secrets/", "files/"
PACK = 'cd "$1" 2>/dev/null || exit 0; tar -cz -- release.json compose.yaml nginx 2>/dev/null | base64'
DIGESTS = 'cd "$1/secrets" 2>/dev/null || exit 0; sha256sum -- * 2>/dev/null'


@dataclass(frozen=True, eq=False)
class Planner:
    """
    Makes the plan for one host.

    Attributes:
        steps: What happens on this machine, before the agent's work.
        who: Who deploys, and from where.
    """

    sending: Sending
    steps: tuple[str, ...]
    who: str

    @property
    def tier(self) -> str:
        """What it changes."""
        return APP

    @property
    def gap(self) -> str:
        """For how long who is not answered: nobody notices a deploy of the app."""
        return ""

    @property
    def sends(self) -> int:
        """The bytes of the files that go over."""
        return sum(len(file.data) for file in self._release.files)

    def forecast(self, salt: str = "") -> Forecast:
        """
        The plan.

        Args:
            salt: That of a plan to compare it with.

        Raises:
            FairleadError: the release cannot be made, or the host does not tell what is needed.
        """
        sending, salt = self.sending, salt or secrets.token_hex(16)
        images, size = self._images, self.sends
        goes_over = size + sum(image.bytes for image in images)
        return Forecast(
            stack=sending.layout.stack,
            host=sending.host.name,
            address=str(sending.host.entry),
            tier=self.tier,
            release=sending.name,
            before=sending.target.state.current,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            who=self.who,
            steps=(*(f"here: {step}" for step in self.steps), *(f"there: {step}" for step in self._steps_there())),
            images=images,
            bytes=goes_over,
            changes=self._changes(),
            migrations=self._pending,
            rooms=tuple(self._rooms(images, size)),
            expected_s=self._expected_s(goes_over),
            gap=self.gap,
            asks=tuple(self._asks()),
            salt=salt,
            of_host=self._of_host(),
            of_repository=digest_of(self._made_from(), salt),
        )

    def _expected_s(self, size_bytes: int) -> float | None:
        audit = self.sending.host.read(f"{self.sending.layout.state}/audit.jsonl") or ""
        sent = sent_file(self.sending.stack)
        return expected_s(audit, sent.read_text() if sent.exists() else "", self.sending.host.name, size_bytes)

    @property
    def _release(self) -> Release:
        return self.sending.release

    @cached_property
    def _images(self) -> tuple[Load, ...]:
        sending, store = self.sending, blob_store()
        may_pull = sending.stack.settings.deploy.pull
        pulled = pinned_names(sending.client, sending.missing) if may_pull else {}
        packed = pack(sending.client, [name for name in sending.missing if name not in pulled], store)
        weighed = {each.reference: each for each in loads(packed, store, self._chains if packed else [])}
        weighed |= {name: pulled_load(sending.client, name) for name in pulled}
        return tuple(weighed.get(name, Load(name, 0, 0)) for name in sending.wanted)

    @cached_property
    def _chains(self) -> list[tuple[str, ...]]:
        host, client = self.sending.host, self.sending.target.client
        return chains(host, client, ids_known(host, client))

    def _steps_there(self) -> Iterator[str]:
        manifest = json.loads(next(file.data for file in self._release.files if file.path == FILE))
        bundle = bundle_of(manifest, self.sending.layout.root)
        state = self.sending.target.state
        work = Switch(self.sending.host, bundle, Records(Path(self.sending.layout.state)), state)
        for plan in (work.until_serving(), work.after()):
            yield from (step.title for _, step in plan.steps)

    @cached_property
    def _before(self) -> dict[str, str]:
        """The texts of the release that serves, by their paths in its folder; none before the first."""
        current = self.sending.target.state.current
        if not current:
            return {}
        words = ("sh", "-c", PACK, "sh", self.sending.layout.release(current))
        return _unpacked(self.sending.host.run(Command(words), timeout_s=ASK_S).out)

    def _changes(self) -> Changes:
        sending, before = self.sending, self._before
        if not before:
            return Changes(left=tuple(self._left()))
        texts = {file.path: file.data.decode() for file in self._release.files if _is_told(file.path)}
        names = (sending.target.state.current, sending.name)
        where = f"{sending.host.name}: {sending.layout.release(sending.target.state.current)}"
        manifest = data_of(before.get(FILE), f"{where}/{FILE}")
        compose = data_of(before.get(COMPOSE), f"{where}/{COMPOSE}")
        values = self._values(compose)
        return Changes(
            behaviour=tuple(without(line, values) for line in behaviour(_told(before), texts, names)),
            variables=variables(compose, self._release.projects.app),
            secrets=self._secrets(),
            files=differing(_mounted(manifest.get("files", {})), _mounted(self._digests())),
            left=tuple(self._left()),
        )

    def _values(self, *models: Mapping[str, Any]) -> tuple[str, ...]:
        """What must not stand in the plan: secrets of what serves, and of what comes."""
        sending = self.sending
        folders = (sending.layout.release(sending.target.state.current), sending.layout.base)
        return all_values(sending.host, folders, models, secret_values(sending.stack))

    def _digests(self) -> dict[str, str]:
        files = (file for file in self._release.files if not file.path.startswith(SECRETS))
        return {file.path: hashlib.sha256(file.data).hexdigest() for file in files}

    def _secrets(self) -> Names:
        """Compared by their digests, which are kept nowhere."""
        folder = self.sending.layout.release(self.sending.target.state.current)
        told = self.sending.host.run(Command(("sh", "-c", DIGESTS, "sh", folder)), timeout_s=ASK_S).out
        there = {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (.*)$", told, re.MULTILINE)}
        mine = {
            file.path.removeprefix(SECRETS): hashlib.sha256(file.data).hexdigest()
            for file in self._release.files
            if file.path.startswith(SECRETS)
        }
        return differing(there, mine)

    def _left(self) -> Iterator[str]:
        """Edge and data that differ from what runs there: a deploy of the app does not touch them."""
        base = self.sending.target.kept
        if base is None:
            return
        old, new = base.get("services", {}), self._release.projects.base["services"]
        names = (self.sending.target.state.current, self.sending.name)
        services = self._release.projects.services
        for tier in (EDGE, DATA):
            for name in services[tier]:
                if name not in old or not same_model(old[name], new[name], names):
                    said = "differs from what runs" if name in old else "is new"
                    yield f"{name} {said}; inv deploy --host {self.sending.host.name} --tier {tier} changes it"
        for name in old:
            if name not in new:
                yield f"{name} is not in the stack any more and goes on running"

    @cached_property
    def _database(self) -> Database | None:
        """The database that runs there."""
        sending = self.sending
        migrations = migrations_in(sending.stack, self._release.projects.services[DATA])
        if migrations is None or sending.target.base is None:
            return None
        return running_database(sending.host, sending.target.client, sending.layout.base_project, migrations)

    @cached_property
    def _found(self) -> Found:
        """The database as it is; an empty one where none runs yet."""
        return self._database.look() if self._database else Found()

    @cached_property
    def _pending(self) -> Pending:
        migrations = migrations_in(self.sending.stack, self._release.projects.services[DATA])
        if migrations is None:
            return Pending()
        found = self._found
        pending = migrations.lineage.pending(found.applied)
        return Pending(found.applied, pending, self._dump_bytes() if pending and migrations.dump else 0)

    def _dump_bytes(self) -> int:
        found = self._found
        return needed_bytes(found) if found.applied or found.size_bytes else 0

    def _rooms(self, images: tuple[Load, ...], size: int) -> Iterator[Room]:
        sending, client = self.sending, self.sending.target.client
        arriving = sum(image.bytes + image.unpacked_bytes for image in images)
        needs = {"": arriving, sending.layout.root: size + self._pending.dump_bytes}
        yield from disks(sending.host, client, needs)
        current = sending.target.state.current
        used = used_memory(sending.host, client, sending.layout.project(current)) if current else {}
        app = {name: self._release.projects.app["services"][name] for name in self._release.projects.services[APP]}
        yield memory(sending.host, app, used)

    def _asks(self) -> Iterator[str]:
        yield from self._asks_for_the_host()
        if self._pending.pending and (self._found.applied or self._found.size_bytes):
            names = ", ".join(self._pending.pending)
            yield f"the migrations {names} change the tables, and no rollback takes that back"

    def _asks_for_the_host(self) -> Iterator[str]:
        if self.sending.host.entry.protected:
            yield "is marked as protected in fairlead.yaml"

    def _of_host(self) -> str:
        target = self.sending.target
        state = {
            "state": asdict(target.state),
            "releases": target.releases,
            "base": target.base,
            "database": self._found.applied,
        }
        return hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()

    def _made_from(self) -> Iterator[bytes]:
        yield json.dumps(sorted(self.sending.wanted.items())).encode()
        yield json.dumps(self._release.projects.base, sort_keys=True).encode()
        yield repr(self.sending.stack.settings.outward.hooks).encode()
        yield from content((*self._release.files, *self._release.base))


def _unpacked(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    found = {}
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(text)), mode="r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is not None:
                found[member.name] = content.read().decode(errors="replace")
    return found


def _is_told(path: str) -> bool:
    return path == COMPOSE or path.startswith(NGINX)


def _told(texts: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in texts.items() if _is_told(path)}


def _mounted(digests: Mapping[str, Any]) -> dict[str, Any]:
    return {path.removeprefix(FILES): digest for path, digest in digests.items() if path.startswith(FILES)}
