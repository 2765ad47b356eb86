"""What nginx needs before it can start: the folders, and a certificate, be it the placeholder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..command import Command
from ..errors import SettingsError
from ..host import Host
from ..stack import Stack
from ..step import Do, Run, Say, Step
from .fitness import fault_of
from .generations import FOLDER_MODE, TlsStore
from .hsts import hsts
from .material import Material, material_in
from .placeholder import is_due, placeholder
from .site import site_of, tls_of
from .x509 import read_chain

WEBROOT_MODE = 0o755


def starting_steps(stack: Stack, now: datetime) -> Iterator[Step]:
    """
    Makes the folders; where there is no certificate, takes the one in the folder or puts a placeholder there.

    A placeholder that nears its end is replaced by a new one. Nothing where all is there.

    Raises:
        SettingsError: the folder holds a certificate that cannot be used.
    """
    tls = tls_of(stack)
    yield from _folder(stack.host, str(tls.folder), FOLDER_MODE)
    yield from _folder(stack.host, str(tls.webroot), WEBROOT_MODE)
    store = TlsStore(stack.host, tls.folder)
    live = store.live()
    if live is not None and not is_due(read_chain(live.chain)[0], now):
        return
    own = material_in(stack.host, tls.folder) if live is None else None
    if own is not None:
        if fault := fault_of(own, site_of(stack).names, now):
            raise SettingsError(f"{own.where}: {fault}; put one there that fits, or take both files away")
        yield install_step(store, own, hsts(stack, own.chain), f"take the certificate in {tls.folder.name}/")
        return
    yield install_step(store, placeholder(now), "", "put a placeholder certificate, valid for 7 days")


def install_step(store: TlsStore, material: Material, hsts_text: str, title: str) -> Step:
    """Writes *material* as a new generation and makes it the live one; nginx is not told."""
    before = store.live()

    def forward(_: Host, say: Say) -> None:
        generation = store.add(material.key, material.chain, hsts_text)
        say(f"{before.name if before else 'nothing'} -> {generation.name}")
        store.switch(generation.name)
        store.prune()

    return Do(title, f"write {store.folder / store.next_name()} and point {store.folder}/live to it", forward)


def _folder(host: Host, path: str, mode: int) -> Iterator[Step]:
    if not host.run(Command(("find", path, "-prune", "-perm", f"{mode:04o}"))).out.strip():
        yield Run(f"make the folder {path}", Command(("install", "-d", "-m", f"{mode:04o}", path)))
