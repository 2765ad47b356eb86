"""COPY and ADD: what gets into the image, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Copy, Dockerfile, Instruction, Stage
from ...dockerfile.ignore import is_ignored
from ...dockerfile.packages import pip_arguments
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule

_PRACTICES = "https://docs.docker.com/build/building/best-practices/"
_ARCHIVE = regex(r".*\.(?:tar|tar\.\w+|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst)", re.IGNORECASE)
_SHARED = ("chown", "chmod", "link")
_REMOTE = regex(r"(?:https?|git|ssh)://|git@|.*\.git(?:#.*)?$", re.IGNORECASE)


def whole_context(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Copy]]:
    """COPY and ADD that take everything."""
    for stage in dockerfile.stages:
        for copy in stage.copies:
            if copy.origin is None and any(stage.text(word) in (".", "./", "/", "*", "./*") for word in copy.sources):
                yield stage, copy


@rule(
    "dockerfile/add-instead-of-copy",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        ADD requirements.txt /srv/  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        ARG SOURCE
        COPY requirements.txt /srv/
        ADD rootfs.tar.gz /
        ADD $SOURCE /srv/
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/a /a
        USER 1000
    """,
    fixed="""
        FROM python:3.13
        COPY requirements.txt /srv/
        USER 1000
    """,
    source=_PRACTICES + "#add-or-copy",
    covers=("hadolint:DL3020", "trivy:DS-0005", "checkov:CKV_DOCKER_4", "kics:add_instead_of_copy"),
)
def add_instead_of_copy(dockerfile: Dockerfile) -> Iterator[Report]:
    """ADD for a plain file: ADD also unpacks archives and fetches addresses, so a reader must look twice."""
    for stage in dockerfile.stages:
        for each in stage.all("ADD"):
            texts = [stage.text(word) for word in each.sources]
            if not texts or any(text is None or _ARCHIVE.match(text) or _REMOTE.match(text) for text in texts):
                continue
            if any("*" in (text or "") for text in texts) or any(flag.name not in _SHARED for flag in each.flags):
                continue
            wanted = "COPY" if each.word.text.isupper() else "copy"
            yield each.word.place, "ADD of plain files; write COPY", (Edit(each.word.place, wanted),)


@rule(
    "dockerfile/download-without-checksum",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        ADD https://example.com/tool /usr/bin/tool  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/a /a
        ADD https://github.com/moby/buildkit.git#v0.14.1 /src
        USER 1000
    """,
    source="https://docs.docker.com/reference/dockerfile/#add---checksum",
)
def download_without_checksum(dockerfile: Dockerfile) -> Iterator[Report]:
    """ADD of an address without `--checksum`: what was tried out and what is built later may differ."""
    for stage in dockerfile.stages:
        for each in stage.all("ADD"):
            for word in each.sources:
                text = stage.text(word) or ""
                if text.startswith(("http://", "https://")) and ".git" not in text and not each.flag("checksum"):
                    yield word.place, "no checksum for this download; add --checksum=sha256:..."


@rule(
    "dockerfile/copied-file-ignored",
    Severity.ERROR,
    bad={
        "Dockerfile": "FROM python:3.13\nCOPY dist/page.html /srv/  # <-\nUSER 1000\n",
        ".dockerignore": "dist\n",
    },
    good={
        "Dockerfile": "FROM python:3.13\nCOPY dist/page.html docs/a.md /srv/\nUSER 1000\n",
        ".dockerignore": "dist\n!dist/page.html\n*.md\n",
    },
    source="https://docs.docker.com/reference/build-checks/copy-ignored-file/",
    covers=("buildkit:CopyIgnoredFile",),
)
def copied_file_ignored(dockerfile: Dockerfile) -> Iterator[Report]:
    """A file that is copied and that the .dockerignore leaves out: the build ends with "not found"."""
    patterns = dockerfile.ignored
    if patterns is None or not dockerfile.is_context:
        return
    for stage in dockerfile.stages:
        for copy in stage.copies:
            for word in copy.sources if copy.origin is None else ():
                text = stage.text(word)
                if not text or _REMOTE.match(text) or set(text) & set("*?[") or text.strip("./") == "":
                    continue
                inside = text.strip("./")
                is_taken_back = any(each[0] == "!" and each.lstrip("!/").startswith(inside) for each in patterns)
                if is_ignored(text, patterns) and not is_taken_back:
                    yield word.place, f'"{word.text}" is left out by {dockerfile.ignore_path}; take one of the two away'


_MANIFESTS = regex(
    r".*(?:package[^/]*\.json|yarn\.lock|pnpm-lock\.yaml|requirements[^/]*\.txt|pyproject\.toml|poetry\.lock|uv\.lock"
    r"|Pipfile[^/]*|go\.(?:mod|sum)|Gemfile[^/]*|composer\.(?:json|lock)|Cargo\.(?:toml|lock)|pom\.xml|gradle[^/]*"
    r"|setup\.(?:py|cfg)|bun\.lockb?)"
)


@rule(
    "dockerfile/copy-before-install",
    Severity.WARNING,
    bad={
        "Dockerfile": "FROM python:3.13\nCOPY . /srv  # <-\nRUN pip install --no-cache-dir -r /srv/r.txt\nUSER 1000\n",
        ".dockerignore": ".env\n",
    },
    good={
        "Dockerfile": "FROM python:3.13\nCOPY requirements.txt /srv/\n"
        "RUN pip install --no-cache-dir -r /srv/requirements.txt\n"
        "COPY . /srv\nRUN pip install --no-cache-dir --no-deps /srv\nUSER 1000\n",
        ".dockerignore": ".env\n",
    },
    source="https://docs.docker.com/build/cache/optimize/#order-your-layers",
    preset="strict",
)
def copy_before_install(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    All sources are copied before the dependencies are installed.

    Every change of any file then installs them all anew; copied first, the lock file alone decides.
    """
    for stage, copy in whole_context(dockerfile):
        position = stage.instructions.index(copy.instruction)
        before = stage.instructions[:position]
        names = [stage.text(word) or "" for each in before if each.name == "COPY" for word in each.sources]
        if any(_MANIFESTS.fullmatch(name) for name in names) or any(_installs(stage, each) for each in before):
            continue
        if any(_installs(stage, each) for each in stage.instructions[position + 1 :]):
            message = "every change installs all dependencies anew; copy the lock file, install, then copy the rest"
            yield copy.sources[0].place, message


def _installs(stage: Stage, each: Instruction) -> bool:
    return each.name == "RUN" and any(_is_install(command) for command in stage.script(each).commands)


_INSTALL = {
    "npm": ("ci", "install", "i"),
    "pnpm": ("install", "i"),
    "yarn": ("install",),
    "poetry": ("install",),
    "uv": ("sync",),
    "bundle": ("install",),
    "composer": ("install",),
}


def _is_install(command: Command) -> bool:
    if command.program == "yarn" and not command.arguments:
        return True
    if any(word.known == "-r" for word in pip_arguments(command) or ()):
        return True
    return bool(command.arguments) and command.arguments[0].known in _INSTALL.get(command.program, ())


@rule(
    "dockerfile/copy-from-outside",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        COPY ../requirements.txt /srv/  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13 AS build
        FROM python:3.13
        COPY app/../requirements.txt ..data /srv/
        COPY --from=build ../a /b
        USER 1000
    """,
    source="https://docs.docker.com/reference/dockerfile/#adding-files-from-the-build-context",
)
def copy_from_outside(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A path that leads out of the build context.

    The builder drops the leading `../` without a word, and takes the file of that name in the context, if there is one.
    """
    for stage in dockerfile.stages:
        for copy in stage.copies:
            for word in copy.sources if copy.origin is None else ():
                if (stage.text(word) or "").startswith("../"):
                    yield word.place, 'nothing outside the context can be copied and "../" is dropped; leave it out'


@rule(
    "dockerfile/copy-whole-filesystem",
    Severity.WARNING,
    bad="""
        FROM node:24.4 AS build
        FROM nginx:1.29.4
        COPY --from=build / /  # <-
        USER 101
    """,
    good="""
        FROM node:24.4 AS build
        FROM scratch
        COPY --from=build / /
        USER 101
    """,
    source="https://github.com/hadolint/hadolint/wiki/DL3067",
    covers=("hadolint:DL3067",),
)
def copy_whole_filesystem(dockerfile: Dockerfile) -> Iterator[Report]:
    """Everything of another stage is copied over an image: tools, caches and secrets of the build come along."""
    for stage in dockerfile.stages:
        for copy in stage.copies:
            if copy.origin is None or stage.is_scratch:
                continue
            if any(stage.text(word) in ("/", "/.", "/*") for word in copy.sources):
                yield copy.sources[0].place, "the whole other stage is copied; name the folders that are needed"
