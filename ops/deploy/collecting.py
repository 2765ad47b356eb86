"""`inv gc`: what nobody needs any more on a host goes; what serves, and what a rollback goes to, stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..agent.gc import old_releases
from ..errors import SettingsError
from ..hosts import Opened, open_hosts
from ..lock import operator
from ..person import person
from .assets import lists_assets
from .consent import ask_once
from .ending import EndTeller, ending
from .events import json_events
from .following import Agent
from .old_images import old_images, remove
from .reserving import reserved
from .target import Target, examine


@dataclass(frozen=True)
class _Old:
    """
    What goes.

    Attributes:
        images: Those that no release is made of: of earlier agents, of releases that are gone, without a name.
        ends: Whether an old value of a secret ends with them.
        sweeps: Whether the volume of assets is looked at.
    """

    opened: Opened
    target: Target
    releases: tuple[str, ...]
    images: tuple[str, ...]
    ends: bool
    sweeps: bool

    @property
    def by_agent(self) -> bool:
        """Whether the agent has something to do."""
        return bool(self.releases) or self.ends or self.sweeps

    def __str__(self) -> str:
        images = (f"{len(self.images)} images that nothing needs",) if self.images else ()
        return f"{', '.join((*self.releases, *images)) or 'nothing'} to remove"

    def asks(self) -> Iterator[str]:
        """Why a person should be asked before; nothing where nobody misses it."""
        if self.opened.host.entry.protected and (self.by_agent or self.images):
            yield "is marked as protected in fairlead.yaml"
        served = [name for name in self.releases if name in self.target.served]
        if served:
            yield f"no rollback goes back to {', '.join(served)} any more, and of dumps as many stay as of releases"
        if self.ends:
            yield "old values of secrets are no longer valid after it"


def collect(names: Iterable[str], *, keep: int, yes: bool = False, dry: bool = False, as_json: bool = False) -> None:
    """
    `inv gc`.

    Raises:
        FairleadError: somebody else has the host, a person said no, or something could not be removed.
    """
    if keep < 1:
        raise SettingsError(f"--keep {keep}: at least the release that serves stays; say 1 or more")
    with json_events(as_json), open_hosts(names) as hosts:
        for opened in hosts:
            old = _old(opened, keep)
            if dry or not (old.by_agent or old.images):
                print(f"{opened.host.name}: {old}")
                continue
            ask_once(opened.host.name, old.asks(), yes=yes, ask=person())
            _collect(old, keep)


def _old(opened: Opened, keep: int) -> _Old:
    target = examine(opened.host, opened.layout)
    releases = tuple(old_releases(target.releases, target.state, keep))
    stays = set(target.releases) - set(releases)
    images = tuple(old_images(opened.host, target, opened.layout))
    return _Old(opened, target, releases, images, ending(opened, stays), lists_assets(opened, target))


def _collect(old: _Old, keep: int) -> None:
    host, layout = old.opened.host, old.opened.layout
    agent = Agent(host, old.target, layout)
    agent.refuse_at_work()
    with reserved(host, layout, old.target.next_release, "gc"):  # what is on its way is not taken for old
        if old.by_agent:
            words = ("gc", "--root", layout.root, "--keep", str(keep), "--who", operator())
            with EndTeller() as teller:
                agent.run(agent.image(), words, teller)
        removed = remove(host, old.target.client, old_images(host, examine(host, layout), layout))
    if removed:
        print(f"{host.name}: {removed} images removed that nothing needed")
