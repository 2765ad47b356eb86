"""Generations of the certificate: written whole, switched in one step, kept three deep, readable for one group."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from fairlead.ops.certificates.generations import StoreError, TlsStore
from fairlead.ops.command import Command, Result, Secret
from fairlead.ops.host import LocalHost

KEY = Secret("the key")


class FullHost(LocalHost):
    """A machine whose disk is full from the file on whose name ends in *name*."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._full = name

    def put(self, path: str, content: str | Secret, mode: int) -> None:
        """See `Host`."""
        if path.endswith(self._full):
            raise OSError(28, "No space left on device", path)
        super().put(path, content, mode)


class WatchedHost(LocalHost):
    """This machine, noting every command."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def run(self, command: Command, timeout_s: float | None = None) -> Result:
        """See `Host`."""
        self.seen.append(f"{command.argv} {command.stdin}")
        return super().run(command, timeout_s)

    def stream(self, command: Command, line: Callable[[str], None]) -> Result:
        """See `Host`."""
        self.seen.append(f"{command.argv} {command.stdin}")
        return super().stream(command, line)


@pytest.fixture
def store(tmp_path):
    """A store in a folder that is not there yet."""
    return TlsStore(LocalHost(), tmp_path / "certs")


def test_a_store_without_a_folder_has_nothing(store):
    assert (None, [], "g1") == (store.live(), store.names(), store.next_name())
    assert str(os.getgid()) == store.group()


def test_a_generation_is_used_only_once_it_was_switched_to(store):
    first = store.add(KEY, "chain 1", "hsts")

    assert store.live() is None
    store.switch(first.name)
    assert first == store.live()
    assert ("g1", "chain 1", "hsts") == (first.name, first.chain, first.hsts)
    material = store.material(first)
    assert ("chain 1", "the key") == (material.chain, material.key.value)


def test_the_key_is_for_the_folders_group_and_nobody_else(store):
    folder = store.add(KEY, "chain").folder

    assert 0o640 == (folder / "privkey.pem").stat().st_mode & 0o777
    assert (0o750, 0o750) == (folder.stat().st_mode & 0o777, store.folder.stat().st_mode & 0o777)
    assert store.group() == str((folder / "privkey.pem").stat().st_gid)


def test_live_is_a_relative_link_so_that_it_holds_in_a_container_too(store):
    store.switch(store.add(KEY, "chain").name)

    assert "g1" == str((store.folder / "live").readlink())
    assert {"g1", "live"} == {path.name for path in store.folder.iterdir()}


def test_three_generations_are_kept_and_the_live_one_always(store):
    for number in range(1, 7):
        store.add(KEY, f"chain {number}")
        if number == 2:
            store.switch("g2")
    store.prune()

    assert ["g2", "g4", "g5", "g6"] == store.names()
    store.switch("g6")
    store.prune()
    assert ["g4", "g5", "g6"] == store.names()


def test_a_generation_that_was_cut_off_is_never_switched_to(store):
    store.switch(store.add(KEY, "chain").name)
    (store.folder / "g2").mkdir()
    (store.folder / "g2" / "privkey.pem").write_text("half")

    assert ("g3", "g1") == (store.next_name(), store.live().name)
    with pytest.raises(StoreError, match=r"certs/g2: no whole generation; inv up writes one$"):
        store.switch("g2")
    assert "g1" == store.live().name


@pytest.mark.parametrize("name", ["g9", "..", "../g1", "live", ""])
def test_what_is_no_generation_is_not_switched_to(store, name):
    store.switch(store.add(KEY, "chain").name)

    with pytest.raises(StoreError):
        store.switch(name)
    assert "g1" == store.live().name


def test_a_link_to_something_that_is_gone_is_no_generation(store):
    store.switch(store.add(KEY, "chain").name)
    (store.folder / "g1" / "hsts.conf").unlink()

    assert store.live() is None


def test_the_live_generation_is_not_removed(store):
    store.switch(store.add(KEY, "chain").name)
    store.remove("g1")

    assert "g1" == store.live().name


@pytest.mark.parametrize("file", ["privkey.pem", "fullchain.pem", "hsts.conf"])
def test_a_full_disk_leaves_nothing_behind_and_what_was_live(tmp_path, file):
    good = TlsStore(LocalHost(), tmp_path)
    good.switch(good.add(KEY, "chain").name)
    full = TlsStore(FullHost(file), tmp_path)

    with pytest.raises(StoreError) as caught:
        full.add(Secret("a new key"), "chain 2")

    assert f"{tmp_path}/g2/{file}: no space left on device" == str(caught.value)
    assert (["g1"], "g1") == (good.names(), good.live().name)


def test_a_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "certs").write_text("")

    with pytest.raises(StoreError, match=r"certs: install: exit 1: .*see that .*certs is yours and has room"):
        TlsStore(LocalHost(), tmp_path / "certs").add(KEY, "chain")


def test_no_command_carries_the_key(tmp_path):
    host = WatchedHost()
    store = TlsStore(host, tmp_path)
    store.switch(store.add(Secret("correct-horse"), "chain").name)

    assert host.seen
    assert "correct-horse" not in "".join(host.seen)
