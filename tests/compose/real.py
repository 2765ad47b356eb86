"""Asks the real Compose what files mean, and compares its answer with the model's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fairlead.lint.compose import Project, load_project
from fairlead.lint.files import Files

from .corpus import merged_names, on_disk

_PLUGINS = ("/usr/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/local/lib/docker/cli-plugins")

CONSISTENCY = {
    "no image": r"has neither an image nor a build context specified",
    "undefined reference": r"(undefined (network|volume|secret|config|service|build secret)|no such service)",
    "two places for one limit": r"can't set distinct values on",
    "name of several containers": r"can't set container_name and",
    "cycle": r"dependency cycle detected",
    "networks and network_mode": r"mutually exclusive `network_mode` and `networks`",
    "env file missing": r"(env|label) file .* not found",
    "dockerfile and inline": r"mutualy exclusive dockerfile",
    "secret without source": r"must declare either|one of .* must be set|attributes are mutually exclusive",
    "external with more": r"conflicting parameters \"external\"",
    "kind of check": r"healthcheck.test must start either",
    "scaled other than deployed": r"'scale' and 'deploy.replicas'",
    "devices": r'"count" and "device_ids" attributes are exclusive',
    "watch": r"develop.watch",
    "platforms": r"platforms MUST include",
}
"""What Compose refuses only after merging, for reasons that are rules here and not problems of reading."""

EXCUSED = {
    "reset through a merge key": r"^merge key with reset$",
}
"""
Sets in which the installed Compose differs from the newest one, by why, with the names of the sets.

Compose before 2.30 applies a ``!reset`` below an anchor only where the anchor itself stands.
"""


def command() -> list[str]:
    """How Compose is called; its plug-in by itself starts in half the time."""
    for folder in _PLUGINS:
        if Path(folder, "docker-compose").exists():
            return [f"{folder}/docker-compose"]
    docker = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else shutil.which("docker") or "docker"
    return [docker, "compose"]


def version() -> str:
    """The version of the installed Compose."""
    ran = subprocess.run([*command(), "version", "--short"], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def differences(name: str, files: Mapping[str, str], folder: Path) -> list[str]:
    """In what Compose and the model differ about *files*, one line each; see `compared`."""
    return compared(name, files, folder)[1]


def compared(name: str, files: Mapping[str, str], folder: Path) -> tuple[str, list[str]]:
    """
    How Compose and the model agree about *files*, and in what they differ, one line each.

    The files are written below the empty *folder*. What `CONSISTENCY` and `EXCUSED` name is no difference.
    """
    for path, text in on_disk(files).items():
        Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
        Path(folder, path).write_text(text, encoding="utf-8", newline="")
    names = merged_names(files)
    real, refusal = answer(names, folder)
    project = model(names, folder)
    if any(re.search(pattern, name) for pattern in EXCUSED.values()):
        return "excused", []
    if real is None and refused(project):
        return "refused by both", []
    if real is None and is_ours_to_accept(refusal):
        return "refused by Compose for what is a rule here", []
    if real is None:
        return "differ", [f"only Compose refuses: {refusal}"]
    if refused(project):
        return "differ", [f"only the model refuses: {project.problems or project.missing}"]
    top = Path(folder, names[0]).parent.name.lower()
    real.pop("x-common", None)  # printed as plain Go data: an empty list as null, a date in another form
    ours = project.canonical(name=re.sub(r"[^a-z0-9_-]", "", top).lstrip("_-"), root=str(folder))
    ours.pop("x-common", None)
    found = [f"{path}: Compose {was!r}, model {is_!r}" for path, was, is_ in unlike(real, rounded(ours))]
    return "differ" if found else "the same model", found


def answer(names: Sequence[str], folder: Path) -> tuple[Any, str]:
    """What Compose prints, or None and its error."""
    arguments = [part for name in names for part in ("-f", name)]
    directory = str(Path(names[0]).parent)
    ran = subprocess.run(
        [*command(), *arguments, "--project-directory", directory, "config", "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        check=False,
    )
    if ran.returncode:
        return None, ran.stderr.strip()
    return rounded(json.loads(ran.stdout.replace("$$", "$"))), ""


def model(names: Sequence[str], folder: Path) -> Project:
    """The model of the same files, with unset variables blank as in Compose; paths in it start from *folder*."""
    texts = {str(path.relative_to(folder)): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}
    return load_project(names, Files(texts, only_overlay=True), unset="")


def refused(project: Project) -> bool:
    """Whether the model says that Compose refuses the files."""
    return bool(project.problems or project.missing)


def is_ours_to_accept(refusal: str) -> bool:
    """Whether Compose refuses for a reason that is no problem of reading."""
    return any(re.search(pattern, refusal) for pattern in CONSISTENCY.values())


def rounded(value: Any) -> Any:
    """*value* with numbers as near as 32 bits can tell."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 5) if isinstance(value, float) else value


def unlike(real: Any, ours: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The paths at which two models differ, with both values."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted({*real, *ours}):
            yield from unlike(real.get(key, "nothing"), ours.get(key, "nothing"), f"{path}.{key}")
    elif real != ours:
        yield path, real, ours
