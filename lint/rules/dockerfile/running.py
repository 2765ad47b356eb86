"""What rules about RUN share: the commands, and edits of them."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, Instruction, Script, ShellWord, Stage
from ...finding import Edit


def runs(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Instruction, Script]]:
    """Each RUN with its stage and its commands."""
    for stage in dockerfile.stages:
        for each, script in stage.runs():
            yield stage, each, script


def kept_runs(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Instruction, Script]]:
    """The same for the stages whose layers are part of the image; what a build stage leaves behind harms nobody."""
    kept = set(dockerfile.final_stage.chain()) if dockerfile.final_stage else set()
    return ((stage, each, script) for stage, each, script in runs(dockerfile) if stage in kept)


def verb_of(command: Command) -> ShellWord | None:
    """The first argument that is no option: ``install`` of ``apt-get -qq install``."""
    return next(iter(command.operands(("-t", "-o", "-c"))), None)


def after(word: ShellWord, text: str, is_safe: bool = True) -> tuple[Edit, ...]:
    """An edit that puts *text* behind *word*, which stands on one line."""
    return (Edit(word.place, word.raw + text, is_safe),)


def has_cache(each: Instruction, *folders: str) -> bool:
    """Whether a cache is mounted at or above one of *folders*."""
    for flag in each.flags:
        options = flag.options() if flag.name == "mount" else {}
        target = options.get("target") or options.get("dst") or options.get("destination") or ""
        if options.get("type") in ("cache", "tmpfs") and any(
            folder.startswith(target.rstrip("/")) for folder in folders
        ):
            return bool(target)
    return False


def bodies(each: Instruction) -> str:
    """The text of the heredocs of *each*."""
    return "".join(heredoc.body.text for heredoc in each.heredocs)
