"""Lock files that nobody holds to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, ShellWord, Stage
from ...finding import Edit, Severity
from ...rule import Report, rule

_HELD = ("--frozen-lockfile", "--immutable", "--lockfile-only", "--pure-lockfile", "--no-frozen-lockfile", "--offline")


@rule(
    "dockerfile/lock-file-not-held",
    Severity.WARNING,
    bad=(
        """
        FROM node:24.4 AS build
        COPY package.json pnpm-lock.yaml ./
        RUN corepack enable && pnpm install  # <-
        FROM node:24.4
        COPY package.json yarn.lock ./
        RUN yarn install --production  # <-
        USER 1000
        """,
        """
        FROM node:24.4
        COPY package.json yarn.lock .yarnrc.yml ./
        RUN yarn  # <-
        USER 1000
        """,
    ),
    fixed="""
        FROM node:24.4 AS build
        COPY package.json pnpm-lock.yaml ./
        RUN corepack enable && pnpm install --frozen-lockfile
        FROM node:24.4
        COPY package.json yarn.lock ./
        RUN yarn install --frozen-lockfile --production
        USER 1000
    """,
    good="""
        FROM node:24.4 AS build
        COPY package.json pnpm-lock.yaml ./
        RUN pnpm install --frozen-lockfile && pnpm install react@19.1.0
        FROM node:24.4
        COPY package.json yarn.lock ./
        RUN yarn install --frozen-lockfile && yarn build
        USER 1000
    """,
    source="https://pnpm.io/cli/install#--frozen-lockfile",
)
def lock_file_not_held(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A lock file is copied, and the packages are installed without holding to it.

    Where it does not fit the package.json any more, yarn and pnpm change it for the build alone and take packages that
    nobody has tested. `--frozen-lockfile`, or `--immutable` of newer versions of yarn, ends the build instead.
    """
    for stage in dockerfile.stages:
        copied = {
            name.rpartition("/")[2] for each in stage.all("COPY") for word in each.sources if (name := stage.text(word))
        }
        for _, script in stage.runs():
            for command in script.commands:
                word = _installing(command)
                lock = "pnpm-lock.yaml" if command.program == "pnpm" else "yarn.lock"
                if word is not None and lock in copied and not command.option(*_HELD) and not _is_ci(stage):
                    is_new = command.program == "yarn" and ".yarnrc.yml" in copied
                    flag = "--immutable" if is_new else "--frozen-lockfile"
                    edits = (Edit(word.place, f"{word.raw} {flag}"),) if word.known == "install" else ()
                    yield word.place, f'this may take other packages than "{lock}" says; add {flag}', edits


def _installing(command: Command) -> ShellWord | None:
    """The word that has yarn or pnpm install what the package.json names."""
    if command.program not in ("yarn", "pnpm"):
        return None
    operands = command.operands(("--cwd", "--filter", "-C", "--dir"))
    if not operands:
        is_bare = command.program == "yarn" and not command.option("--version", "-v")
        return command.argv[0] if is_bare else None
    is_install = operands[0].known in (("install", "i") if command.program == "pnpm" else ("install",))
    return operands[0] if is_install and len(operands) == 1 else None


def _is_ci(stage: Stage) -> bool:
    """Whether CI is set, with which pnpm holds to the lock file by itself."""
    value = stage.environment.get("CI")
    return value is not None and not re.fullmatch(r"0|false|", str(value.value))
