"""Build stages and how they name each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile, Instruction, Stage
from ...dockerfile.faults import nearest
from ...dockerfile.passage import Word
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule

_RESERVED = ("context", "scratch")
_NAME = regex(r"[a-z][a-z0-9-_.]*", re.IGNORECASE)


@rule(
    "dockerfile/duplicate-stage-name",
    Severity.ERROR,
    bad="""
        FROM python:3.13 AS base
        FROM node:24.4 AS Base  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13 AS base
        FROM base AS final
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/duplicate-stage-name/",
    covers=(
        "buildkit:DuplicateStageName",
        "hadolint:DL3024",
        "trivy:DS-0012",
        "checkov:CKV_DOCKER_11",
        "kics:same_alias_in_different_froms",
    ),
)
def duplicate_stage_name(dockerfile: Dockerfile) -> Iterator[Report]:
    """Two stages of one name: BuildKit takes the last one, and the other cannot be reached."""
    seen: set[str] = set()
    for stage in dockerfile.stages:
        if stage.name and stage.name_word and stage.name in seen:
            yield stage.name_word.place, f'a stage above is already named "{stage.name}"; give this one another name'
        seen.add(stage.name or "")


@rule(
    "dockerfile/invalid-stage-name",
    Severity.ERROR,
    bad="""
        FROM python:3.13 AS scratch  # <-
        FROM python:3.13 AS 1st  # <-
        USER 1000
    """,
    good="""
        FROM scratch AS context-free
        FROM python:3.13 AS first.1
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/reserved-stage-name/",
    covers=("buildkit:ReservedStageName",),
)
def invalid_stage_name(dockerfile: Dockerfile) -> Iterator[Report]:
    """A stage named `scratch` or `context`, which mean something else, or with a name that BuildKit refuses."""
    for stage in dockerfile.stages:
        word = stage.name_word
        if word is None:
            continue
        if stage.name in _RESERVED:
            yield word.place, f'"{word.text}" is reserved; give the stage another name'
        elif not _NAME.fullmatch(word.text):
            yield word.place, "no name for a stage; start with a letter, go on with letters, digits, - _ and ."


def _named_origins(stage: Stage) -> Iterator[tuple[Instruction, Word, str]]:
    """What ``COPY --from=`` of a stage names, where that can be known."""
    for each in stage.all("COPY"):
        flag = each.flag("from")
        text = stage.text(flag.value_word) if flag and flag.value else None
        if flag and text:
            yield each, flag.value_word, text


@rule(
    "dockerfile/unknown-stage",
    Severity.ERROR,
    bad="""
        FROM node:24.4 AS builder
        FROM nginxinc/nginx-unprivileged:1.29.4
        COPY --from=buidler /app/dist /srv  # <-
        COPY --from=bulider /a /b  # <-
        COPY --from=later /a /b  # <-
        COPY --from=3 /a /b  # <-
        USER 101
        FROM python:3.13 AS later
        COPY --from=builder /app /app
        USER 1000
    """,
    good="""
        FROM node:24.4 AS builder
        FROM nginxinc/nginx-unprivileged:1.29.4
        COPY --from=Builder /app/dist /srv
        COPY --from=0 /app/dist /srv
        COPY --from=busybox:1.37 /bin/busybox /bin/busybox
        COPY --from=ghcr.io/astral-sh/uv:0.8.3 /uv /bin/uv
        USER 101
    """,
    source="https://docs.docker.com/reference/dockerfile/#copy---from",
    covers=("hadolint:DL3022",),
)
def unknown_stage(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    `COPY --from=` names a stage that is not there, or only below.

    BuildKit then looks for an image of that name. A name that is like none of the stages may be an image or a
    named context, and is left alone.
    """
    names = {stage.name: stage.index for stage in dockerfile.stages if stage.name}
    for stage in dockerfile.stages:
        above = [name for name, index in names.items() if index < stage.index]
        for _, word, text in _named_origins(stage):
            key = text.lower()
            if key.isdecimal():
                if int(key[:9]) > stage.index:
                    yield word.place, f"no stage {key} above this one; the first is 0"
            elif key not in above and key != stage.name and names.get(key, -1) > stage.index:
                yield word.place, f'stage "{text}" comes below; move it above this one'
            elif key not in names and (near := _swapped(key, above) or nearest(key, above, 0.8)):
                yield word.place, f'no stage "{text}"; did you mean "{near}"?'


def _swapped(name: str, names: list[str]) -> str:
    """The one with the same letters in another order."""
    return next((each for each in names if sorted(each) == sorted(name)), "")


@rule(
    "dockerfile/copy-from-itself",
    Severity.ERROR,
    bad="""
        FROM python:3.13 AS base
        COPY --from=base /a /b  # <-
        USER 1000
        FROM python:3.13
        COPY --from=1 /a /b  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13 AS base
        FROM python:3.13
        COPY --from=base /a /b
        COPY --from=0 /a /b
        USER 1000
    """,
    source="https://github.com/hadolint/hadolint/wiki/DL3023",
    covers=("hadolint:DL3023", "trivy:DS-0006", "kics:copy_from_references_current_from_alias"),
)
def copy_from_itself(dockerfile: Dockerfile) -> Iterator[Report]:
    """`COPY --from=` names the stage it stands in, which is not built yet: the build ends there."""
    for stage in dockerfile.stages:
        for _, word, text in _named_origins(stage):
            if text.lower() == stage.name or text == str(stage.index):
                yield word.place, "a stage cannot copy from itself; leave out --from, or copy in a RUN"


@rule(
    "dockerfile/stage-name-casing",
    Severity.INFO,
    bad="""
        FROM python:3.13 AS Base  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13 AS base
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/stage-name-casing/",
    covers=("buildkit:StageNameCasing",),
    preset="strict",
)
def stage_name_casing(dockerfile: Dockerfile) -> Iterator[Report]:
    """A stage name with capitals: BuildKit compares in lower case, so it only looks different."""
    for stage in dockerfile.stages:
        if stage.name_word and stage.name_word.text != stage.name:
            yield stage.name_word.place, f'stage names are in lower case; write "{stage.name}"'


@rule(
    "dockerfile/mixed-casing",
    Severity.INFO,
    bad="""
        FROM python:3.13 as base  # <-
        run true  # <-
        USER 1000
    """,
    good="""
        from python:3.13 as base
        run true
        user 1000
    """,
    fixed="""
        FROM python:3.13 AS base
        RUN true
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/consistent-instruction-casing/",
    covers=("buildkit:ConsistentInstructionCasing", "buildkit:FromAsCasing", "hadolint:DL3063"),
    preset="strict",
)
def mixed_casing(dockerfile: Dockerfile) -> Iterator[Report]:
    """Instructions partly in capitals and partly not; the first FROM says which way the file is written."""
    if not dockerfile.stages:
        return
    is_upper = dockerfile.stages[0].opening.word.text != dockerfile.stages[0].opening.word.text.lower()
    for each in dockerfile.instructions:
        words = [each.word]
        if each.name == "FROM" and len(each.words) == 3:  # noqa: PLR2004 - image AS name
            words.append(each.words[1])
        for word in words:
            wanted = word.text.upper() if is_upper else word.text.lower()
            if word.text != wanted:
                yield word.place, f'the file is written otherwise; write "{wanted}"', (Edit(word.place, wanted),)


@rule(
    "dockerfile/constant-platform",
    Severity.WARNING,
    bad="""
        FROM --platform=linux/amd64 python:3.13  # <-
        USER 1000
        FROM --platform=$TARGETPLATFORM python:3.13  # <-
        USER 1000
    """,
    good="""
        FROM --platform=$BUILDPLATFORM node:24.4 AS build
        FROM --platform=linux/amd64 node:24.4 AS amd64
        FROM node:24.4
        COPY --from=build /a /b
        COPY --from=amd64 /a /c
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/",
    covers=(
        "buildkit:FromPlatformFlagConstDisallowed",
        "buildkit:RedundantTargetPlatform",
        "hadolint:DL3029",
        "hadolint:DL3065",
        "kics:using_platform_with_from",
    ),
    preset="strict",
)  # fmt: skip
def constant_platform(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    `--platform` with a fixed value, or with the value that holds anyway.

    The image then runs in emulation, or not at all, on hosts of another kind. A stage whose name says its platform
    is meant so.
    """
    for stage in dockerfile.stages:
        flag = stage.platform
        if flag is None or not flag.value:
            continue
        if flag.value.strip("${}") == "TARGETPLATFORM":
            yield flag.place, "the target platform is what FROM takes anyway; leave the flag out"
        elif "$" not in flag.value and not (stage.name and stage.name in flag.value):
            yield flag.place, f'platform "{flag.value}" is fixed; leave the flag out, or use $BUILDPLATFORM'
