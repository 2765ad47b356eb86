"""What a build takes without saying which: packages of npm without a version, programs without a checksum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, ShellWord
from ...dockerfile.packages import packages_of
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .running import bodies, runs

_TAGS = ("latest", "next", "beta", "canary", "*")
_GLOBAL = ("-g", "--global", "--location=global")
_CHECKED = regex(
    r"\b(?:sha\d{1,3}sum|shasum|md5sum|b2sum|gpgv?|cosign|minisign|openssl\s+dgst|signify|slsa-verifier)\b"
)


@rule(
    "dockerfile/npm-unpinned",
    Severity.INFO,
    bad="""
        FROM node:24.4
        RUN npm install -g serve pnpm@latest typescript@5.9.2  # <-
        RUN corepack enable && yarn global add @vue/cli  # <-
        USER 1000
    """,
    good="""
        FROM node:24.4
        COPY package.json package-lock.json ./
        RUN npm ci && npm install -g serve@14.2.4 @vue/cli@5.0.8 ./own.tgz
        RUN npm install -g npm && npm i -g "pnpm@$PNPM"
        USER 1000
    """,
    source="https://docs.npmjs.com/cli/v11/commands/npm-install",
    covers=("hadolint:DL3016", "kics:npm_install_without_pinned_version"),
    preset="strict",
)
def npm_unpinned(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A package of npm that is installed for all, without a version: no lock file holds it.

    The same Dockerfile gives another image next week, and a new major version breaks the build or the server on a day
    when nobody changed anything.
    """
    for _, _, script in runs(dockerfile):
        for command in script.commands:
            for word in _packages(command):
                name, _, version = word.known.rpartition("@")
                is_open = not name or version in _TAGS
                if is_open and word.text is not None and word.known != "npm":
                    shown = name or word.known
                    yield word.place, f'no version for "{shown}"; write the one you tested, as in "{shown}@1.2.3"'


def _packages(command: Command) -> Iterator[ShellWord]:
    """The packages that the command installs for all, from the registry."""
    words = [word.known for word in command.arguments]
    if command.program == "npm" and command.option(*_GLOBAL):
        found = [package.word for package in packages_of(command)]
    elif (command.program, words[:2]) == ("yarn", ["global", "add"]):
        found = list(command.operands()[2:])
    elif command.program == "pnpm" and command.option("-g", "--global") and words[:1] in (["add"], ["install"], ["i"]):
        found = list(command.operands()[1:])
    else:
        return
    yield from (word for word in found if not re.match(r"[./]|.*://|git@|\w+:|.*\.tgz$", word.known))


_OUTPUTS = {"curl": (("-o", "--output"), "O"), "wget": (("-O", "--output-document"), "")}
_USES = ("tar", "unzip", "dpkg", "rpm", "install", "sh", "bash", "python", "python3", "chmod", "apk", "apt-get", "apt")
_FOLDERS = regex(r"(?:/usr(?:/local)?|/opt/\w+)?/s?bin/.+")


@rule(
    "dockerfile/program-without-checksum",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        RUN wget -q -O /usr/local/bin/tini https://example.com/tini && chmod +x /usr/local/bin/tini  # <-
        RUN curl -fsSLo /tmp/a.tgz https://example.com/a.tgz && tar -xzf /tmp/a.tgz -C /opt  # <-
        RUN curl -fsSLO https://example.com/b.deb && dpkg -i b.deb  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN wget -q -O /usr/local/bin/tini https://example.com/tini \\
            && echo "ab12  /usr/local/bin/tini" | sha256sum -c - && chmod +x /usr/local/bin/tini
        RUN curl -fsSLo /srv/data.json https://example.com/data.json
        RUN curl -fsSLo /tmp/key.asc https://example.com/key.asc && gpg --dearmor /tmp/key.asc
        RUN curl -fsS -o /dev/null https://example.com/
        USER 1000
    """,
    source="https://cwe.mitre.org/data/definitions/494.html",
    preset="strict",
)
def program_without_checksum(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A program or an archive is fetched and put to use, and nothing looks whether it is the one that was tested.

    Whoever may change what the address answers runs programs in the image. Compare `sha256sum -c`, or write
    `ADD --checksum=sha256:...`.
    """
    for _, each, script in runs(dockerfile):
        if _CHECKED.search(each.text + bodies(each)):
            continue
        for index, command in enumerate(script.commands):
            target = _fetched(command)
            rest = script.commands[index + 1 :]
            if target and (_FOLDERS.fullmatch(target) or any(_puts_to_use(other, target) for other in rest)):
                place = _addresses(command)[0].place
                yield place, "this is put to use unseen; compare its sha256sum, or write ADD --checksum=sha256:..."


def _fetched(command: Command) -> str:
    """The file that a download is written to; empty where it is none."""
    if command.program not in _OUTPUTS or not _addresses(command):
        return ""
    names, remote = _OUTPUTS[command.program]
    words = [word.known for word in command.arguments]
    for index, word in enumerate(words):
        is_bundle = bool(re.fullmatch(rf"-[a-zA-Z]*{names[0][1]}", word)) and word != "-"
        if (word == names[1] or is_bundle) and index + 1 < len(words):
            return "" if words[index + 1] in ("-", "/dev/null", "/dev/stdout") else words[index + 1]
        if word.startswith(f"{names[1]}="):
            return word.partition("=")[2]
    name = _addresses(command)[0].known.rpartition("/")[2]
    is_kept = command.program == "wget" or (remote and command.has_short(remote)) or "--remote-name" in words
    return name if is_kept and not any(re.match(r"-[a-zA-Z]*O-", word) for word in words) else ""


def _addresses(command: Command) -> list[ShellWord]:
    return [word for word in command.arguments if re.match(r"[\"']?https?://", word.known)]


def _puts_to_use(command: Command, target: str) -> bool:
    """Whether it unpacks, installs or runs the file at *target*."""
    name = target.rpartition("/")[2]
    is_named = any(name and name in word.known for word in command.arguments)
    is_chmod = command.program == "chmod" and any(
        re.search(r"\+.*x|^0?[0-7]*[1357]", w.known) for w in command.arguments
    )
    return is_named and command.program in _USES and (command.program != "chmod" or is_chmod)
