"""A release on its host: as it was sent there, and made from these very files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...certificates.site import site_texts
from ...deploy.drift import drift
from ...deploy.upstreams import for_release
from ...edge import generation_files
from ...errors import SettingsError
from ...host import LocalHost
from ...serving.release import Released
from ...settings import FILE_NAME, load_settings
from ...stack import UNKNOWN_REVISION, git_revision
from ..verdict import Check, Verdict, check, failed, passed, skipped, unseen, warned
from .installation import Installation

GROUP = "release"
SHOWN = 3


@check("DR1", GROUP, "error", "the host is as its release says")
def kept(stack: Installation) -> Iterator[Verdict]:
    """Containers, images and files as they were sent; what was changed there by hand is named."""
    released = stack.patient.released
    if released is None:
        yield skipped("a stack on this machine has no release")
        return
    promised = f"as {released.name} was sent"
    found = drift(stack.patient.host, released.target, released.layout)
    for line in found:
        what, _, seen = line.partition(": ")
        yield failed(promised, seen or line, what, f"inv deploy, or inv rollback --to {released.name}")
    if not found:
        yield passed(promised, "nothing was changed", released.name)


@check("DR2", GROUP, "info", "the release was made from these files")
def from_here(stack: Installation) -> Iterator[Verdict]:
    """What is promised is what the release says; where this checkout says otherwise, a deploy would change that."""
    released, opened = stack.patient.released, stack.patient.stack
    if released is None or opened is None:
        yield skipped("a stack on this machine has no release")
        return
    made, here = str(released.manifest.get("revision", "")), git_revision(LocalHost(), opened.settings.root)
    mend = "inv deploy --plan says what would change"
    if here in (UNKNOWN_REVISION, made) or not made:
        yield passed(f"revision {made or 'not known'}", here, released.name)
    else:
        yield warned(f"revision {made}", here, released.name, mend)
    try:
        ours = _edge_here(stack, released)
    except SettingsError as error:
        yield unseen(str(error), "nginx")
        return
    other = sorted(path for path in {*ours, *released.nginx} if ours.get(path) != released.nginx.get(path))
    promised = "nginx's files as in this checkout"
    if other:
        more = f" and {len(other) - SHOWN} more" if len(other) > SHOWN else ""
        yield warned(promised, f"{', '.join(other[:SHOWN])}{more} differ", "nginx", mend)
    else:
        yield passed(promised, "the same", "nginx")


def _edge_here(stack: Installation, released: Released) -> Mapping[str, str]:
    """The edge's files as a deploy of this checkout would write them for the same release."""
    opened = stack.patient.stack
    settings = load_settings(opened.settings.root / FILE_NAME) if opened else None
    if opened is None or settings is None or settings.edge is None or not settings.edge.files[0].exists():
        return released.nginx  # a host's own timer has no checkout to compare with
    files = generation_files(settings.edge, site_texts(replace(opened, settings=settings)))
    return for_release(files, tuple(released.manifest["services"]["app"]), released.name)


CHECKS: tuple[Check[Installation], ...] = (kept, from_here)
