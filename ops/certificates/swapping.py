"""The steps that put another certificate in front of the world, and put the old one back where that fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from ..edge import MAIN, reload_words
from ..errors import SettingsError, StepFailedError
from ..host import Host
from ..settings import EdgeSettings
from ..stack import Stack
from ..step import Do, Run, Say, Step
from .generations import TlsStore
from .material import Material
from .site import tls_of
from .x509 import Certificate

POLL_S = 0.1
IN_A_ROW = 3
"""So many rounds of handshakes must agree: for a moment after a reload old workers answer too."""


@dataclass(frozen=True)
class Patience:
    """How long a reload may take to show, and the clock it is measured by."""

    deadline_s: float = 5.0
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def switch_steps(stack: Stack, material: Material, hsts: str, before: str | None) -> Iterator[Step]:
    """Writes *material* as a new generation and makes it the live one; back: *before* is live, the new one is gone."""
    store = TlsStore(stack.host, tls_of(stack).folder)
    name = store.next_name()

    def write(_: Host, say: Say) -> None:
        say(store.add(material.key, material.chain, hsts).name)

    yield Do(f"write the certificate as {name}", f"write {store.folder / name}", write, lambda _: store.remove(name))

    def switch(_: Host, say: Say) -> None:
        say(f"{before or 'nothing'} -> {name}")
        store.switch(name)

    yield Do(f"switch to {name}", f"ln -s {name} {store.folder}/live", switch, lambda _: _point(store, before))


def reload_step(
    stack: Stack, target: Certificate, before: str | None, other: Callable[[], str], patience: Patience
) -> Iterator[Step]:
    """
    Has nginx test its configuration, reload, and waits until every handshake gets *target*.

    Back: generation *before* is live and loaded again.

    Args:
        other: Who still serves another, in words; empty where nobody does.
    """
    edge = _edge(stack)
    store = TlsStore(stack.host, tls_of(stack).folder)
    yield _test_step(stack, edge)
    reload = stack.project.command("exec", "-T", edge.service, *reload_words(edge.mount))
    title = "reload nginx and ask for the certificate"

    def forward(host: Host, say: Say) -> None:
        Run("reload nginx", reload).run(host, say)
        if still := _waited(other, say, patience):
            raise StepFailedError(host.name, title, f"{still}, {patience.deadline_s:g} s after the reload")
        store.prune()

    def back(host: Host) -> None:
        _point(store, before)
        host.run(reload)
        _waited(lambda: "" if other() else "not yet", lambda _: None, patience)

    shown = f"{reload}; ask until {target.fingerprint[:8]} is served, at most {patience.deadline_s:g} s"
    yield Do(title, shown, forward, back)


def _test_step(stack: Stack, edge: EdgeSettings) -> Step:
    command = stack.project.command("exec", "-T", edge.service, "nginx", "-t", "-c", f"{edge.mount}/live/{MAIN}")
    title = "test nginx with the certificate"

    def test(host: Host, say: Say) -> None:
        result = host.stream(command, say)
        faults = [line for line in result.out.splitlines() if "[emerg]" in line]
        if not result.ok:
            raise StepFailedError(host.name, title, faults[0].strip() if faults else result.reason, result.out)

    return Do(title, str(command), test)


def _waited(other: Callable[[], str], say: Say, patience: Patience) -> str:
    """Asks until nobody is left three times in a row; who is left when time is up."""
    end, agreed = patience.clock() + patience.deadline_s, 0
    while agreed < IN_A_ROW:
        left = other()
        agreed = 0 if left else agreed + 1
        if left and patience.clock() > end:
            return left
        if left:
            say(left)
            patience.pause(POLL_S)
    return ""


def _point(store: TlsStore, name: str | None) -> None:
    if name is None:
        store.unlink()
        return
    store.switch(name)


def _edge(stack: Stack) -> EdgeSettings:
    if stack.settings.edge is None:
        raise SettingsError("fairlead.yaml: edge is not set; name the service that runs nginx and its files")
    return stack.settings.edge
