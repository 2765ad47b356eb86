"""Programs that the commands of a RUN install by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..record import dataclass
from ..regex import regex
from .command import Command, Script, ShellWord

_APT_VALUES = ("-t", "--target-release", "--default-release", "-o", "--option", "-c", "--config-file", "-a")
_APK_VALUES = ("-t", "--virtual", "-X", "--repository", "-p", "--root", "--repositories-file", "--keys-dir", "--wait")
_DNF_VALUES = ("-c", "-x", "--installroot", "--repo", "--repoid", "--enablerepo", "--disablerepo", "--releasever")
_PIP_VALUES = ("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f",
               "--find-links", "-t", "--target", "--prefix", "--root", "--platform", "--python-version", "--timeout",
               "--retries", "--trusted-host", "-e", "--editable", "--cache-dir", "--proxy", "--cert")  # fmt: skip
_NPM_VALUES = ("--prefix", "--registry", "-C", "--cache", "--loglevel", "--workspace", "-w", "--userconfig")

_ADDING = {
    "apt": ({"apt-get", "apt", "aptitude"}, {"install"}, _APT_VALUES),
    "apk": ({"apk"}, {"add"}, _APK_VALUES),
    "dnf": ({"dnf", "yum", "microdnf", "tdnf"}, {"install"}, _DNF_VALUES),
    "zypper": ({"zypper"}, {"install", "in"}, ()),
    "npm": ({"npm"}, {"install", "i", "add"}, _NPM_VALUES),
    "gem": ({"gem"}, {"install"}, ("-v", "--version")),
}


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """
    A package that a command names.

    Attributes:
        manager: ``apt``, ``apk``, ``dnf``, ``zypper``, ``pip``, ``npm`` or ``gem``.
        name: Without version; None where a variable decides.
        version: What follows the name, or None.
    """

    manager: str
    name: str | None
    version: str | None
    word: ShellWord
    command: Command


def installed(commands: Script) -> Iterator[Package]:
    """The packages that the commands of one RUN install, in order."""
    for command in commands.commands:
        yield from packages_of(command)


def packages_of(command: Command) -> Iterator[Package]:
    """The packages that *command* installs."""
    pip = pip_arguments(command)
    if pip is not None:
        yield from (_package("pip", word, command) for word in _operands(pip, _PIP_VALUES) if _is_project(word))
        return
    for manager, (programs, verbs, with_value) in _ADDING.items():
        if command.program not in programs:
            continue
        operands = command.operands(with_value)
        if operands and operands[0].text in verbs:
            yield from (_package(manager, word, command) for word in operands[1:])


def pip_arguments(command: Command) -> tuple[ShellWord, ...] | None:
    """The arguments after ``install`` of ``pip``, ``python -m pip`` or ``uv pip``; None for other commands."""
    words = [word.known for word in command.argv]
    if re.fullmatch(r"pip[\d.]*", command.program):
        at = 1
    elif re.fullmatch(r"(python|pypy)[\d.]*", command.program) and words[1:3] == ["-m", "pip"]:
        at = 3
    elif command.program == "uv" and words[1:2] == ["pip"]:
        at = 2
    else:
        return None
    while at < len(words) and words[at].startswith("-"):
        at += 1
    return command.argv[at + 1 :] if words[at : at + 1] == ["install"] else None


def _operands(words: tuple[ShellWord, ...], with_value: tuple[str, ...]) -> Iterator[ShellWord]:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.known in with_value:
            skip = True
        elif not word.known.startswith("-"):
            yield word


def _is_project(word: ShellWord) -> bool:
    known = word.known
    is_file = known.startswith((".", "/")) or known.endswith((".whl", ".gz", ".zip")) or "://" in known
    return not is_file


_VERSION = {
    "pip": re.compile(r"(?P<name>[\w.-]+)(?:\[[^\]]*\])?\s*(?P<version>(?:[=<>!~]=?=?|@).*)?"),
    "npm": re.compile(r"(?P<name>@?[^@]+)(?:@(?P<version>.+))?"),
    "apk": re.compile(r"(?P<name>[^=<>~@]+)(?P<version>[=<>~@].*)?"),
    "gem": re.compile(r"(?P<name>[^:]+)(?::(?P<version>.+))?"),
}
_OTHER_VERSION = regex(r"(?P<name>[^=]+?)(?:=(?P<version>.+))?(?:/.*|\+|-)?")


def _package(manager: str, word: ShellWord, command: Command) -> Package:
    if word.text is None and not word.raw.split("=")[0].isidentifier():
        match = _VERSION.get(manager, _OTHER_VERSION).fullmatch(word.raw)
        name = match["name"] if match and "$" not in match["name"] and "*" not in match["name"] else None
        return Package(manager, name, match["version"] if match else None, word, command)
    match = _VERSION.get(manager, _OTHER_VERSION).fullmatch(word.known)
    return Package(manager, match["name"] if match else word.known, match["version"] if match else None, word, command)
