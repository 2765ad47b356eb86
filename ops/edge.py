"""
Generations of the edge's configuration: folders g1, g2, ... and a link ``live`` that names the one in use.

nginx runs with ``-c <mount>/live/nginx.conf`` and includes are relative, so renaming the link switches everything.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import SettingsError
from .host import Host
from .settings import EdgeSettings
from .step import Do, Say, Step, WriteAll

KEPT = 3
MAIN = "nginx.conf"
READABLE = 0o644


def generation_files(settings: EdgeSettings, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    The text of each file of a generation, by its path in it.

    Args:
        own: Files that take the place of the stack's, such as that with the names of the site.

    Raises:
        SettingsError: where a file is missing or not UTF-8.
    """
    return {name: _text(path) for name, path in generation_sources(settings).items()} | dict(own or {})


def generation_sources(settings: EdgeSettings) -> dict[str, Path]:
    """The stack's file behind each file of a generation, by its path in it."""
    main, *others = settings.files
    sources = {MAIN: main}
    for path in others:
        members = sorted(path.rglob("*")) if path.is_dir() else [path]
        sources |= {str(member.relative_to(path.parent)): member for member in members if not member.is_dir()}
    return sources


def edge_steps(settings: EdgeSettings, files: Mapping[str, str]) -> Iterator[Step]:
    """Writes a new generation and switches to it; nothing where the live one holds the same."""
    if live_files(settings) == dict(files):
        return
    name = f"g{max((*generations(settings), 0)) + 1}"
    texts = tuple((str(settings.folder / name / path), text) for path, text in sorted(files.items()))
    yield WriteAll(f"write generation {name} of the edge", texts, READABLE)
    yield switch_step(settings, name)


def switch_step(settings: EdgeSettings, name: str) -> Step:
    """Makes generation *name* the live one; taking it back names the one before again."""
    before = live_generation(settings)

    def forward(host: Host, say: Say) -> None:
        say(f"{before or 'nothing'} -> {name}")
        point(settings, name)

    def back(host: Host) -> None:
        if before:
            point(settings, before)

    return Do(f"switch the edge to {name}", f"ln -s {name} {settings.folder}/live", forward, back)


def point(settings: EdgeSettings, name: str) -> None:
    """Renames a new link over ``live``, so that at every moment it names a whole generation."""
    link = settings.folder / ".live.new"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.replace(settings.folder / "live")


def reload_words(mount: str) -> tuple[str, ...]:
    """
    What is run in nginx's container so that it reads the live generation.

    Not a signal from outside: whichever signal `docker kill` sends, the engine takes the container for stopped by hand
    from then on, and with `restart: unless-stopped` does not start it after a boot.
    """
    return ("nginx", "-c", f"{mount}/live/{MAIN}", "-s", "reload")


def generations(settings: EdgeSettings) -> list[int]:
    """The numbers of the generations there are, ascending."""
    folders = settings.folder.glob("g[0-9]*")
    return sorted(int(folder.name[1:]) for folder in folders if folder.name[1:].isdigit())


def live_generation(settings: EdgeSettings) -> str | None:
    """The name of the live generation."""
    link = settings.folder / "live"
    return str(link.readlink()) if link.is_symlink() and link.exists() else None


def live_files(settings: EdgeSettings) -> dict[str, str] | None:
    """The files of the live generation, or None where there is none."""
    name = live_generation(settings)
    if name is None:
        return None
    folder = settings.folder / name
    return {str(path.relative_to(folder)): _text(path) for path in folder.rglob("*") if path.is_file()}


def prune(settings: EdgeSettings) -> None:
    """Removes all but the newest generations; never the live one."""
    live = live_generation(settings)
    for number in generations(settings)[:-KEPT]:
        if f"g{number}" != live:
            shutil.rmtree(settings.folder / f"g{number}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; fairlead.yaml names it under edge.files") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8; nginx files are text") from error
