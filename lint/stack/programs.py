"""Whether a container has a program: by its image, by what RUN installs, by what COPY brings."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..dockerfile import Command, Stage
from ..dockerfile.packages import packages_of
from ..regex import regex
from .images import ImageFacts, packages_with

if TYPE_CHECKING:
    from .container import Container

BUILTINS = frozenset(
    ("test", "[", "[[", "echo", "exit", "true", "false", ":", "cd", "export", "set", "unset", "kill", "printf", "read",
     "return", "trap", "wait", "command", "type", "exec", "eval", "source", ".", "umask", "shift", "local", "until")
)  # fmt: skip
"""What a shell does by itself."""

_PATH_FOLDERS = (
    "/",
    "/bin",
    "/sbin",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local",
    "/usr/local/bin",
    "/opt",
    "/busybox",
)
_REMOVING = {"remove", "purge", "autoremove", "del", "erase"}
_MANAGERS = {"apt-get", "apt", "aptitude", "apk", "dnf", "yum", "microdnf", "tdnf", "zypper"}
_UNPACKING = {"tar", "unzip", "dpkg", "rpm", "make", "ansible-playbook", "busybox", "nix-env", "conda", "mamba", "brew"}
_SHELLS = {"sh", "bash", "ash", "dash", "zsh", "ksh"}
_SCRIPT = regex(r".*\.(?:sh|bash|py|pl|run)|\./.*|/tmp/.*")


def has_program(container: Container, program: str) -> bool | None:
    """Whether *container* has *program*, named without a folder; None where that cannot be told."""
    if program not in BUILTINS and _is_mounted(container, program):
        return None
    if container.build is not None and container.stage is None:
        return True if program in BUILTINS else None
    return image_has_program(container.stage, container.facts, program)


def image_has_program(stage: Stage | None, facts: ImageFacts | None, program: str) -> bool | None:
    """The same for an image: *stage* built on one that *facts* describe, or that one itself where there is no stage."""
    if program in BUILTINS:
        return True
    if "/" in program or not program:
        return None
    below = None if facts is None else False if facts.name == "scratch" else facts.has_program(program)
    if stage is None or below is True:
        return below
    above = _added(stage, program)
    return below if above is False else above


def _is_mounted(container: Container, program: str) -> bool:
    return any(isinstance(mount.target, str) and _brings(mount.target, program) for mount in container.service.mounts)


def _added(stage: Stage, program: str) -> bool | None:
    """Whether the stage adds *program* to its image: True, False, or None where that cannot be told."""
    answers = [answer for each in stage.chain() for answer in (_installed(each, program), _copied(each, program))]
    if any(answer is True for answer in answers):
        return True
    return None if any(answer is None for answer in answers) else False


def _installed(stage: Stage, program: str) -> bool | None:
    patterns = packages_with(program)
    found: bool | None = False
    for _, script in stage.runs():
        for command in script.commands:
            answer = _of_command(command, program, patterns)
            found = answer if answer is not False and found is not None else found
        if not script.is_understood and found is False:
            found = None
    return found


def _of_command(command: Command, program: str, patterns: tuple[str, ...]) -> bool | None:
    words = [word.known for word in command.argv]
    if command.program in _MANAGERS and _REMOVING & set(words):
        return None if any(word.startswith(".") or _is_one(word, patterns) for word in words) else False
    packages = list(packages_of(command))
    if any(each.name is not None and _is_one(each.name, patterns) for each in packages):
        return True
    if any(each.name is None for each in packages):
        return None
    return None if _may_install(command, program) else False


def _may_install(command: Command, program: str) -> bool:
    """Whether the command runs something whose doings are not seen here, or puts a file of that name in place."""
    name = command.argv[0].text if command.argv else None
    if name is None or _SCRIPT.fullmatch(name) or command.program in _UNPACKING:
        return True
    if command.program in _SHELLS:
        return not any(re.fullmatch(r"-\w*c", word.known) for word in command.arguments)
    if command.program in ("npx", "playwright", "pipx", "dotnet") and "--with-deps" in map(str, command.arguments):
        return True
    return command.program in ("ln", "cp", "mv", "install", "curl", "wget", "chmod") and any(
        _brings(word.known, program) for word in command.arguments
    )


def _copied(stage: Stage, program: str) -> bool | None:
    found: bool | None = False
    for copy in stage.copies:
        target = stage.text(copy.target)
        if target is None:
            found = None
            continue
        names = [posixpath.basename((stage.text(word) or "*").rstrip("/")) for word in copy.sources]
        folder = posixpath.normpath(target)
        if _brings(folder, program) or (program in names and folder in _PATH_FOLDERS):
            return True
        if folder in _PATH_FOLDERS and any(_may_be_folder(name) for name in names):
            found = None
    return found


def _may_be_folder(name: str) -> bool:
    return "." not in name.strip(".") or any(sign in name for sign in "*?[")


def _brings(path: str, program: str) -> bool:
    return posixpath.basename(path.rstrip("/")) == program


def _is_one(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def all_missing(answers: Iterable[bool | None]) -> bool:
    """Whether none of the programs, each of which would do, is there: certain only where all are known to be absent."""
    found = list(answers)
    return bool(found) and all(answer is False for answer in found)
