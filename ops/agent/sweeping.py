"""Keeps the volume of hashed assets to what the releases on this host list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ..command import Command
from ..deploy.layout import Layout
from ..errors import SettingsError, StepFailedError
from ..host import Host
from ..step import Do, Say, Step
from .assets import Assets, Stay, what_stays
from .bundle import load

TITLE = "remove the assets that no release lists"
END_TITLE = "end a removal of assets that was cut off"
LABEL = "fairlead.sweep"
FOLDER = "/srv/assets"
ASK_S, SWEEP_S = 60.0, 600.0


def sweep_steps(root: str, current: str, tell: Callable[[str], None]) -> Iterator[Step]:
    """
    The steps that leave in the volume of assets what the releases below *root* list; none where none has such a volume.

    Args:
        current: The release that serves.
        tell: Takes a line for people, such as why nothing can be removed.
    """
    stay = what_stays(_assets(root), current)
    if stay is None:
        return
    if stay.silent:
        tell(f"{stay.volume}: nothing removed: {', '.join(stay.silent)} came without a list of assets")
        return
    layout = load(root, current).layout
    yield end_step(layout.stack)
    yield Do(TITLE, f"{stay.volume}: all but {len(stay.files)} files", partial(_sweep, layout, stay, tell))


def end_step(stack: str) -> Step:
    """
    Ends what a gc that was killed left running.

    Before a release starts, too: it does not copy what it finds in the volume, so nothing may go from there any more.
    """
    return Do(END_TITLE, f"docker rm --force CONTAINER, of label {LABEL}={stack}", partial(_end, stack))


def _assets(root: str) -> dict[str, Assets | None]:
    names = (path.name for path in (Path(root) / "releases").iterdir() if path.name[1:].isdigit())
    return {name: _assets_in(root, name) for name in sorted(names, key=lambda name: int(name[1:]))}


def _assets_in(root: str, name: str) -> Assets | None:
    try:
        return load(root, name).assets
    except SettingsError:
        return None  # of another version, or what a cut-off upload left


def _end(stack: str, host: Host, say: Say) -> None:
    listed = Command(("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={stack}"))
    for name in host.run(listed, ASK_S).out.split():
        say(name)
        host.run(Command(("docker", "rm", "--force", name)), ASK_S)
    left = host.run(listed, ASK_S)
    if left.out.split() or not left.ok:
        raise StepFailedError(host.name, END_TITLE, f"{left.out.strip() or left.reason} is still there; remove it")


def _sweep(layout: Layout, stay: Stay, tell: Callable[[str], None], host: Host, say: Say) -> None:
    """In a container that has the volume and nothing else: the files are those of the user of another image."""
    if not host.run(Command(("docker", "volume", "inspect", stay.volume)), ASK_S).ok:
        say(f"{stay.volume}: not there")
        return
    image = host.run(Command(("docker", "container", "inspect", "--format", "{{.Image}}", layout.agent)), ASK_S)
    if not image.ok:
        raise StepFailedError(host.name, TITLE, f"which image this is: {image.reason}")
    result = host.run(_command(layout.stack, stay, image.out.strip()), SWEEP_S)
    if not result.ok:
        raise StepFailedError(host.name, TITLE, f"{stay.volume}: {result.reason}; inv gc goes on with it")
    told = json.loads(result.out)
    if told["wrong"]:
        tell(f"{stay.volume}: nothing removed: no asset of the release that serves is there; see deploy.assets.volume")
    elif told["removed"]:
        tell(f"{stay.volume}: {told['removed']} files removed ({told['bytes'] / 1e6:.1f} MB), {told['stay']} stay")
    else:
        say(f"{stay.volume}: {told['stay']} files, all of them listed")


def _command(stack: str, stay: Stay, image: str) -> Command:
    words = (
        *("docker", "run", "--rm", "--interactive", "--pull", "never", "--label", f"{LABEL}={stack}"),
        *("--user", "0:0", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE", "--security-opt", "no-new-privileges"),
        *("--network", "none", "--read-only", "--mount", f"type=volume,source={stay.volume},target={FOLDER}"),
        *("--entrypoint", "python3", image, "-m", "fairlead.ops.agent.sweep", FOLDER),
    )
    return Command(words, json.dumps({"files": sorted(stay.files), "serving": sorted(stay.serving)}))
