"""
`inv secrets.rotate`: gives a secret a new value, and keeps the old one valid until no release knows only that.

The env file gets the new value first, so that it is not lost; a run that was cut off is gone on with by another.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

from ..agent.forgetting import FILE
from ..command import Command, Secret
from ..compose import ComposeProject
from ..env_change import changed_env
from ..environment import PRIVATE, RANDOM_BYTES
from ..errors import SettingsError, StepFailedError
from ..hosts import Opened, open_hosts
from ..lock import locked, operator
from ..rotation import (
    KEY,
    TITLE,
    Place,
    Rotation,
    begun,
    can_be_told,
    end_old,
    let_both_in,
    rotations_of,
    text_of,
)
from ..stack import Stack, open_stack
from .ending import forget, known_rotations
from .following import Agent
from .holding import refuse_if_frozen
from .target import Target, TargetError, examine
from .telling import Teller

ROTATED = "rotated"
"""The agent's command that notes a rotation."""

TEACH = (
    'set -e; cd "$1"; file=$2; shift 2; value=$(cat); for release in "$@"; do path=releases/$release/secrets/$file; '
    'test -e "$path" || continue; chmod u+w "$path"; printf %s "$value" >"$path"; chmod 0444 "$path"; done'
)
"""Older releases accept what newer ones sign, so that nobody is logged out by a rollback."""


def rotate(names: Iterable[str], name: str, *, end: bool = False, dry: bool = False) -> None:
    """
    `inv secrets.rotate`; without hosts for the stack on this machine.

    Args:
        end: End the old value now, on this machine.

    Raises:
        FairleadError: nothing was changed, or running it again goes on.
    """
    stack = open_stack()
    rotation = _rotation(stack, name)
    hosts = list(names)
    with ExitStack() as opened, locked(stack.settings.state / "lock", "inv secrets.rotate"):
        found = opened.enter_context(open_hosts(hosts)) if hosts else []
        there = [_There(each, examine(each.host, each.layout), rotation) for each in found]
        places: list[_There] | list[_Here] = there or [_Here(stack, rotation)]
        if end:
            for place in places:
                place.end(dry=dry)
            return
        change = _Change(stack, rotation)
        for place in places:
            place.check(again=change.again)
        if dry:
            print("\n".join(f"{place.name}: {rotation.name}: {TITLE}" for place in places))
            return
        change.write()
        for place in places:
            place.tell(change.new)
            print(f"{place.name}: {rotation.name} has two valid values; {place.then}")


class _Change:
    """The new value and the old one, in the env file."""

    def __init__(self, stack: Stack, rotation: Rotation) -> None:
        self._stack = stack
        self._rotation = rotation
        old = stack.values.get(rotation.name, "")
        if not old:
            raise SettingsError(f"{rotation.name} has no value yet; inv env or inv up makes one")
        self.again = bool(stack.values.get(rotation.previous))
        self.new = Secret(old if self.again else secrets.token_urlsafe(RANDOM_BYTES))
        values = {rotation.name: self.new.value, rotation.previous: old}
        self._text = None if self.again else changed_env(stack.settings.env, values)
        self._refuse_environment()

    def write(self) -> None:
        """Nothing where an earlier run did it."""
        if self._text is not None:
            self._stack.host.put(str(self._stack.settings.env.file), self._text, PRIVATE)

    def _refuse_environment(self) -> None:
        for name in (self._rotation.name, self._rotation.previous):
            if name in os.environ:
                raise SettingsError(
                    f"{name} is in your environment, which goes before {self._stack.settings.env.file.name}: unset it "
                    "there, or change it where it comes from"
                )


def _rotation(stack: Stack, name: str) -> Rotation:
    known = known_rotations(stack)
    if name in known:
        return known[name]
    if not name and known:
        raise SettingsError(f"say which secret: --name {' | '.join(known)}")
    near = get_close_matches(name.upper(), known, 1)
    said = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
    raise SettingsError(f"--name {name}: not among secrets.rotate of fairlead.yaml; {said}")


def _check(place: Place, rotation: Rotation) -> None:
    result = can_be_told(place, rotation)
    if not result.ok:
        raise StepFailedError(
            place.host.name,
            TITLE,
            f"{rotation.service} does not let in {rotation.by}, who may change {rotation.name}: {result.reason}; "
            "nothing was changed. A user who is new in its files is there once the data tier has started with them",
        )


@dataclass(frozen=True)
class _There:
    """A host."""

    opened: Opened
    target: Target
    rotation: Rotation

    @property
    def name(self) -> str:
        return self.opened.host.name

    @property
    def then(self) -> str:
        return (
            f"inv deploy --host {self.name} uses the new one, and inv gc ends the old one once "
            f"{', '.join(self._noted().releases) or 'the releases of before'} are gone"
        )

    @property
    def place(self) -> Place:
        layout = self.opened.layout
        file = Path(layout.base) / "compose.yaml"
        project = ComposeProject(self.target.client, layout.base_project, (file,), None, {})
        return Place(self.opened.host, project, f"{layout.base}/secrets")

    def check(self, *, again: bool) -> None:
        """Before anything is changed anywhere."""
        refuse_if_frozen(self.opened)
        state = self.target.state
        if state.pending or not state.current:
            said = (
                f"a switch to {state.pending} has not ended; end it first" if state.pending else "no release serves yet"
            )
            raise TargetError(f"{self.name}: {said}; nothing was changed")
        self._refuse_older_agent()
        noted = self._noted()
        if noted.who and not again:
            raise SettingsError(
                f"{self.name}: {self.rotation.name} has two valid values since {noted.since}, by {noted.who}; "
                f"inv gc ends the old one once {', '.join(noted.releases)} are gone"
            )
        _check(self.place, self.rotation)

    def _refuse_older_agent(self) -> None:
        """The one of an earlier version knows no rotations; by then the new value would be in the env file."""
        image = Agent(self.opened.host, self.target, self.opened.layout).image()
        asked = Command((self.target.client, "run", "--rm", "--network", "none", image, "--help"))
        if ROTATED not in self.opened.host.run(asked, timeout_s=120).out:
            raise TargetError(
                f"{self.name}: the agent there is of an earlier version; inv deploy once brings one of this version"
            )

    def tell(self, new: Secret) -> None:
        """The note first: it keeps the old value from ending too early."""
        agent = Agent(self.opened.host, self.target, self.opened.layout)
        about = text_of({self.rotation.name: self.rotation})
        words = (ROTATED, "--root", self.opened.layout.root, "--about", about, "--who", operator())
        with Teller() as teller:
            agent.run(agent.image(), words, teller)
        if self.rotation.kind != KEY:
            let_both_in(self.place, self.rotation, new)
            return
        teach = ("sh", "-c", TEACH, "sh", self.opened.layout.root, self.rotation.previous.lower())
        result = self.opened.host.run(Command((*teach, *self._noted().releases), new), timeout_s=60)
        if not result.ok:
            raise StepFailedError(self.name, TITLE, f"{self.rotation.name}: {result.reason}")

    def end(self, *, dry: bool) -> None:
        """Only the agent knows which releases are gone."""
        raise SettingsError(f"--end: is for the stack on this machine; inv gc --host {self.name} ends it there")

    def _noted(self) -> Rotation:
        known = rotations_of(self.opened.host.read(f"{self.opened.layout.state}/{FILE}") or "")
        return known.get(self.rotation.name, self.rotation)


@dataclass(frozen=True)
class _Here:
    """The stack on this machine, which has no releases: the old value ends when somebody says so."""

    stack: Stack
    rotation: Rotation

    @property
    def name(self) -> str:
        return "localhost"

    @property
    def then(self) -> str:
        return f"inv up uses the new one; inv secrets.rotate --name {self.rotation.name} --end ends the old one"

    @property
    def place(self) -> Place:
        folder = self.stack.settings.secrets.folder if self.stack.settings.secrets else self.stack.settings.root
        return Place(self.stack.host, self.stack.project, str(folder))

    def check(self, *, again: bool) -> None:
        """See `_There`."""
        if self._noted():
            raise SettingsError(f"{self.rotation.name} has two valid values already; {self.then}")
        _check(self.place, self.rotation)

    def tell(self, new: Secret) -> None:
        """See `_There`."""
        if self.rotation.kind != KEY:
            let_both_in(self.place, self.rotation, new)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        self._write({**self._known(), self.rotation.name: begun(self.rotation, (), operator(), since)})

    def end(self, *, dry: bool) -> None:
        """From now on only the new value is valid."""
        if not self._noted():
            raise SettingsError(f"{self.rotation.name} has one valid value; without --end it gets a second one")
        if dry:
            print(f"{self.name}: {self.rotation.name}: would end the old value")
            return
        if self.rotation.kind != KEY:
            end_old(self.place, self.rotation)
        self._write({name: each for name, each in self._known().items() if name != self.rotation.name})
        forget([self.rotation.name])

    def _noted(self) -> bool:
        return self.rotation.name in self._known()

    def _known(self) -> dict[str, Rotation]:
        return rotations_of(self.stack.host.read(str(self.stack.settings.state / FILE)) or "")

    def _write(self, rotations: Mapping[str, Rotation]) -> None:
        self.stack.host.put(str(self.stack.settings.state / FILE), text_of(rotations), PRIVATE)
