"""What services mount: what travels with a release, what the host has, and what would be lost or told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ..errors import SettingsError

FILES = "files"
CONFIGS = f"{FILES}/.fairlead/configs"
"""Where files behind compose configs stand; no mount of a checkout gets there, since `.fairlead` never travels."""


class SplitError(SettingsError):
    """The model cannot be deployed as releases; the message names service and key."""


@dataclass(frozen=True)
class Sources:
    """
    What stands for what in the laptop's checkout.

    Attributes:
        root: The checkout: bind mounts from below it travel with the release, others stay as they are.
        known: Folders of the checkout that are folders of their own on a host, by path: edge, certificates, web root.
        private: Files and folders of the checkout that hold secrets, and travel in no mount.
    """

    root: str
    known: Mapping[str, str] = field(default_factory=dict)
    private: tuple[str, ...] = ()

    def place(self, source: str) -> str | None:
        """The folder of its own on a host that *source* is, or is in."""
        for path, place in self.known.items():
            if is_below(source, path):
                return place + source.removeprefix(path)
        return None

    def travels(self, source: str) -> bool:
        """Whether it is of the checkout and none of the known folders."""
        return self.place(source) is None and is_below(source, self.root)


class Mover:
    """
    Gives what services mount its place on the host.

    Attributes:
        files: What has to travel: the files and folders here, by their place there.
        texts: What has to travel and is no file here: the texts, by their place there.
        outside: The sources that the host itself has to have: the service that mounts each, and whether the engine
            makes an empty folder where it is not there.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.files: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.outside: dict[str, tuple[str, bool]] = {}

    def mounts(self, name: str, service: Mapping[str, Any], folder: str) -> list[dict[str, Any]]:
        """
        The mounts of service *name* as they are on the host, where its project is in *folder*.

        Raises:
            SplitError: one would lose what is written to it, or tell secrets.
        """
        return [self._mount(name, mount, folder) for mount in service.get("volumes") or ()]

    def config(self, name: str, told: Mapping[str, Any], folder: str) -> str:
        """
        The place of the file behind the compose config *name*.

        Raises:
            SplitError: it comes from elsewhere than a file or the compose file itself, or holds secrets.
        """
        place = f"{folder}/{CONFIGS}/{name}"
        if "content" in told:  # Compose doubles what it would otherwise fill in
            self.texts[place] = str(told["content"]).replace("$$", "$")
        elif "file" in told:
            self._refuse_private(f"configs.{name}", str(told["file"]))
            self.files[place] = str(told["file"])
        else:
            raise SplitError(
                f"configs.{name}: only `file:` and `content:` travel to a host; write content: with its text, in which "
                "${NAME} stands for a variable"
            )
        return place

    def _mount(self, name: str, mount: Mapping[str, Any], folder: str) -> dict[str, Any]:
        if mount.get("type") != "bind":
            return dict(mount)
        source = str(mount["source"])
        if self._sources.travels(source):
            return {**mount, "source": self._travelling(name, mount, source, folder)}
        place = self._sources.place(source)
        if place is None:
            makes = bool((mount.get("bind") or {}).get("create_host_path"))
            said, other = self.outside.get(source, (name, True))
            self.outside[source] = (said, makes and other)
        return {**mount, "source": place or source}

    def _travelling(self, name: str, mount: Mapping[str, Any], source: str, folder: str) -> str:
        inside = PurePosixPath(source).relative_to(self._sources.root)
        where = f"services.{name}.volumes: {inside}:{mount.get('target')}"
        self._refuse_private(where, source)
        if not mount.get("read_only"):
            raise SplitError(
                f"{where}: can be written to, and what is in the checkout is sent anew with each release, so what is "
                "written there would be lost; use a named volume, or end it in :ro where it is only read"
            )
        place = f"{folder}/{FILES}/{inside}"
        self.files[place] = source
        return place

    def _refuse_private(self, where: str, source: str) -> None:
        for path in self._sources.private:
            if is_below(path, source) or is_below(source, path):
                what = "is" if path == source else "holds" if is_below(path, source) else "lies in"
                raise SplitError(
                    f"{where}: {what} {_short(path, self._sources.root)}, which holds secrets and travels in no mount; "
                    "mount less, or hand a value over by compose secrets"
                )


def is_below(path: str, folder: str) -> bool:
    """Whether *path* is *folder* or in it."""
    return PurePosixPath(path).is_relative_to(folder)


def _short(path: str, root: str) -> str:
    return str(PurePosixPath(path).relative_to(root)) if is_below(path, root) else path
