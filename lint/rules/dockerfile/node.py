"""Images of Node: installing, building, serving."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ...dockerfile import Command, Dockerfile, Instruction, ShellWord, Stage
from ...dockerfile.packages import packages_of
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule

_LOCK = regex(r"(?:.*/)?(?:package-lock\.json|npm-shrinkwrap\.json|package-?\*\.json|package\*\.json|package-lock\*)")


@rule(
    "dockerfile/npm-install-without-lock",
    Severity.WARNING,
    bad=(
        """
        FROM node:24.4 AS build
        COPY package.json package-lock.json /srv/
        RUN npm install  # <-
        FROM nginx:1.29.4
        COPY --from=build /srv/dist /srv
        USER 101
        """,
        """
        FROM node:24.4
        COPY package.json /srv/
        RUN npm i --omit=dev  # <-
        USER 1000
        """,
    ),
    good="""
        FROM node:24.4
        COPY package.json package-lock.json /srv/
        RUN npm ci && npm install --global serve@14.2.4
        USER 1000
    """,
    fixed="""
        FROM node:24.4 AS build
        COPY package.json package-lock.json /srv/
        RUN npm ci
        FROM nginx:1.29.4
        COPY --from=build /srv/dist /srv
        USER 101
    """,
    source="https://docs.npmjs.com/cli/v11/commands/npm-ci",
)
def npm_install_without_lock(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    `npm install` in a build: it may change the lock file and take newer packages than were tested.

    `npm ci` installs exactly what the lock file says, and ends where the two files disagree.
    """
    for stage, each, command in _commands(dockerfile):
        verb = _npm_verb(command, "install", "i")
        if (
            verb is None
            or command.option("-g", "--global", "--prefix", "--package-lock-only")
            or any(packages_of(command))
        ):
            continue
        copied = [stage.text(word) or "" for other in stage.all("COPY") for word in other.sources]
        if any(_LOCK.fullmatch(name) for name in copied):
            is_sure = any(name.rpartition("/")[2] in ("package-lock.json", "npm-shrinkwrap.json") for name in copied)
            yield (
                verb.place,
                'this may take newer packages than the lock file; write "npm ci"',
                (Edit(verb.place, "ci", is_sure),),
            )
        elif "package.json" in [name.rpartition("/")[2] for name in copied] and each:
            yield (
                verb.place,
                'no lock file is copied, so any version may come; copy package-lock.json and write "npm ci"',
            )


def _commands(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Instruction, Command]]:
    for stage in dockerfile.stages:
        for each, script in stage.runs():
            for command in script.commands:
                yield stage, each, command


def _npm_verb(command: Command, *verbs: str) -> ShellWord | None:
    if command.program != "npm":
        return None
    verb = next(iter(command.operands(("--prefix", "--loglevel", "--cache", "-C"))), None)
    return verb if verb is not None and verb.text in verbs else None


_PRODUCTION = regex(r"--(?:only=prod(?:uction)?|omit=dev|production(?:=true)?|prod|no-dev)|-P")
_TOOLS = (
    "vite",
    "tsc",
    "vue-tsc",
    "webpack",
    "rollup",
    "esbuild",
    "ng",
    "parcel",
    "tsup",
    "svelte-kit",
    "astro",
    "nuxt",
)


@rule(
    "dockerfile/build-without-dev-dependencies",
    Severity.WARNING,
    bad=(
        """
        FROM node:24.4 AS build
        COPY package.json package-lock.json ./
        RUN npm ci --only=production  # <-
        COPY src src
        RUN npm run build
        FROM nginx:1.29.4
        COPY --from=build /dist /srv
        USER 101
        """,
        """
        FROM node:24.4 AS build
        ENV NODE_ENV=production
        COPY package.json package-lock.json /srv/
        RUN cd /srv && npm ci && npx vite build  # <-
        FROM nginx:1.29.4
        COPY --from=build /srv/dist /srv
        USER 101
        """,
    ),
    good=(
        """
        FROM node:24.4 AS build
        COPY package.json package-lock.json ./
        RUN npm ci && npm run build && npm prune --omit=dev
        FROM node:24.4
        COPY --from=build /dist /srv
        COPY package.json package-lock.json /srv/
        RUN npm ci --omit=dev
        USER 1000
        """,
        """
        FROM node:24.4 AS build
        ENV NODE_ENV=production
        COPY package.json package-lock.json ./
        RUN npm ci --include=dev && npm run build
        USER 1000
        """,
        {
            "Dockerfile": "FROM node:24.4 AS build\nCOPY package.json package-lock.json ./\n"
            "RUN npm ci --omit=dev && npm run build\nFROM nginxinc/nginx-unprivileged:1.29.4\n"
            "COPY --from=build /build /srv\nUSER 101\n",
            "package.json": '{"scripts": {"build": "react-scripts build"}, "dependencies": {"react-scripts": "5"}}',
        },
    ),
    source="https://docs.npmjs.com/cli/v11/commands/npm-ci#omit",
)
def build_without_dev_dependencies(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    Only the packages for production are installed, and then the page is built.

    The tools of the build, such as Vite or TypeScript, are development dependencies: the build ends with
    "vite: not found". A package.json beside the Dockerfile that has them among its dependencies says otherwise.
    A stage that only builds may install everything, since none of it reaches the final image.
    """
    if _builds_with_dependencies(dockerfile.manifest):
        return
    for stage in dockerfile.stages:
        lacking: ShellWord | None = None
        is_production = False
        for each in _in_order(stage):
            if isinstance(each, bool):
                is_production = each
            elif (verb := _install_verb(each)) is not None:
                lacking = verb if _leaves_out_dev(each, is_production) else None
            elif lacking is not None and _is_build(each):
                yield lacking.place, f'"{_shown(each)}" below needs the development packages; install them all here'
                break


_PACKAGES = {
    "tsc": "typescript",
    "ng": "@angular/cli",
    "vue-cli-service": "@vue/cli-service",
    "svelte-kit": "@sveltejs/kit",
    "webpack": "webpack-cli",
}
"""The package of a tool, where it has another name."""


def _builds_with_dependencies(manifest: str | None) -> bool:
    """Whether the package.json at hand says that what its build runs is installed for production too."""
    import json  # noqa: PLC0415 - few Dockerfiles have one beside them

    try:
        data = json.loads(manifest or "null")
    except (ValueError, RecursionError):
        return False
    if not isinstance(data, dict):
        return False
    scripts, installed = data.get("scripts"), data.get("dependencies")
    build = scripts.get("build") if isinstance(scripts, dict) else None
    if not isinstance(build, str) or not isinstance(installed, dict):
        return False
    tools = [words[0] for part in re.split(r"&&|;|\|\|", build) if (words := part.split())]
    return bool(tools) and all(tool == "node" or _PACKAGES.get(tool, tool) in installed for tool in tools)


def _in_order(stage: Stage) -> Iterator[Command | bool]:
    """The commands of a stage, and between them whether NODE_ENV becomes production."""
    inherited = stage.base.environment.get("NODE_ENV") if stage.base else None
    if inherited and inherited.value == "production":
        yield True
    for each in stage.instructions:
        for pair in each.pairs if each.name == "ENV" else ():
            if pair.name.text == "NODE_ENV" and pair.value is not None:
                yield pair.value.text.strip("'\"") == "production"
        if each.name == "RUN":
            yield from stage.script(each).commands


def _install_verb(command: Command) -> ShellWord | None:
    if command.program not in ("npm", "yarn", "pnpm") or command.option("-g", "--global") or any(packages_of(command)):
        return None
    verb = next(iter(command.operands(("--prefix", "-C", "--cwd"))), None)
    if verb is None:
        return command.argv[0] if command.program == "yarn" else None
    return verb if verb.text in ("ci", "install", "i", "clean-install") else None


def _leaves_out_dev(command: Command, is_production: bool) -> bool:
    words = [word.known for word in command.words]
    if any(word in ("--include=dev", "--production=false", "--also=dev", "--prod=false", "--dev") for word in words):
        return False
    settings = {word.known for word in command.assignments}
    if any(word.startswith("NODE_ENV=") for word in settings):
        return "NODE_ENV=production" in settings
    return is_production or any(_PRODUCTION.fullmatch(word) for word in words) or _omits_in_two_words(words)


def _omits_in_two_words(words: list[str]) -> bool:
    left_out = (("--omit", "dev"), ("--only", "production"), ("--only", "prod"))
    return any(pair in left_out for pair in pairwise(words))


def _is_build(command: Command) -> bool:
    words = [word.known for word in command.argv]
    if command.program in ("npm", "yarn", "pnpm"):
        return any(word == "build" or word.startswith("build:") for word in words[1:3]) or (
            words[1:2] in (["exec"], ["dlx"]) and words[2:3] != [] and words[2] in _TOOLS
        )
    return command.program in _TOOLS or (command.program == "npx" and any(word in _TOOLS for word in words[1:3]))


def _shown(command: Command) -> str:
    return " ".join(word.known for word in command.argv[:3])


@rule(
    "dockerfile/preview-server-in-image",
    Severity.WARNING,
    bad="""
        FROM node:24.4
        USER 1000
        CMD ["npx", "vite", "preview", "--host", "0.0.0.0"]  # <-
    """,
    good="""
        FROM node:24.4
        USER 1000
        CMD ["node", "server.js"]
    """,
    source="https://vite.dev/guide/cli#vite-preview",
)
def preview_server_in_image(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A built page is served by a tool of the build.

    It was made for a look at the result: nothing is compressed ahead or cached, and all of Node is in the image.
    """
    stage = dockerfile.final_stage
    each = stage.cmd or stage.entrypoint if stage else None
    if stage is None or each is None or (each is stage.cmd and stage.entrypoint):
        return
    for command in stage.script(each).commands:
        words = [word.known for word in command.argv]
        words = words[1:] if words[:1] == ["npx"] else words
        if words[:2] == ["vite", "preview"] or words[:1] in (["serve"], ["http-server"]):
            yield each.argument.place, f'"{" ".join(words[:2])}" is made for trying out; serve the folder with nginx'
            return
