"""Build arguments against what the Dockerfile declares."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ...compose import Variable
from ...compose.edits import added
from ...dockerfile import Stage
from ...dockerfile.scope import BUILTIN_ARGUMENTS, PLATFORM_ARGUMENTS, Setting
from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...stack import Container, Stack
from ...stack.code import code_of


@rule(
    "stack/build-argument-unused",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build:
                  context: .
                  args:
                    PYTHON_VERSION: "3.13"
                    PYHTON_ENV: production  # <-
        """,
        "Dockerfile": """
            ARG PYTHON_VERSION
            FROM python:${PYTHON_VERSION}
            ARG PYTHON_ENV
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                build:
                  context: .
                  args:
                    PYTHON_ENV: production
                    HTTP_PROXY: http://proxy.example.com
                    BUILDKIT_INLINE_CACHE: 1
        """,
        "Dockerfile": """
            FROM python:3.13.5
            ARG PYTHON_ENV
        """,
    },
    source="https://docs.docker.com/reference/compose-file/build/#args",
)
def build_argument_unused(stack: Stack) -> Iterator[Report]:
    """
    A build argument that the Dockerfile does not declare with ARG, so that its value goes nowhere.

    The build goes on without a word, with whatever default holds instead. Often the name is misspelt.
    """
    taken = {each.place for container in stack.containers.values() for each in _arguments(container, declared=True)}
    for container in stack.containers.values():
        for each in _arguments(container, declared=False):
            if each.place not in taken:
                taken.add(each.place)
                message = f'the Dockerfile has no ARG "{each.name}"; declare it, or leave it out here'
                yield each.place, message + _meant(each.name, _declared(container))


def _arguments(container: Container, *, declared: bool) -> list[Variable]:
    """The build arguments that the Dockerfile declares, or those that it does not; services may share them."""
    build, dockerfile = container.service.build, container.dockerfile
    if build is None or dockerfile is None or not dockerfile.stages or any(True for _ in _onbuild(container)):
        return list(build.args.values()) if build is not None and declared else []
    names = _declared(container)
    return [each for name, each in build.args.items() if (name in names or name.startswith("BUILDKIT_")) == declared]


def _declared(container: Container) -> set[str]:
    instructions = container.dockerfile.instructions if container.dockerfile is not None else ()
    found = {pair.name.text for each in instructions if each.name == "ARG" for pair in each.pairs}
    return found | BUILTIN_ARGUMENTS | PLATFORM_ARGUMENTS


def _onbuild(container: Container) -> Iterator[Stage]:
    """The stages on images whose own ONBUILD may declare arguments."""
    dockerfile = container.dockerfile
    for stage in dockerfile.stages if dockerfile is not None else ():
        if stage.base_text is not None and "onbuild" in stage.base_text:
            yield stage


def _meant(name: str, declared: set[str]) -> str:
    import difflib  # noqa: PLC0415 - only to word a fault

    close = difflib.get_close_matches(name, sorted(declared), 1)
    return f'; is "{close[0]}" meant?' if close else ""


_FRONT_END = regex(
    r"(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_\w*(?:API|URL|HOST|ENDPOINT|ORIGIN|BASE)\w*"
)
_OPTIONAL = regex(
    r"(?:\w+_)?(?:SHA|COMMIT|REVISION|REF|DATE|TIME|TIMESTAMP|BUILD|BUILD_ID|DEBUG|TOKEN|PROXY|CACHEBUST)", re.I
)


@rule(
    "stack/build-argument-not-passed",
    Severity.WARNING,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  page:
                    build:
                      context: .
                      args:
                        VITE_API_BASE_URL: /api
            """,
            "Dockerfile": """
                FROM node:24.4.1 AS build
                ARG VITE_API_BASE_URL
                ARG VITE_WS_URL  # <-
                COPY package.json package-lock.json ./
                RUN npm ci && npm run build
                FROM nginxinc/nginx-unprivileged:1.30.1
                COPY --from=build /dist /usr/share/nginx/html
            """,
        },
        {
            "docker-compose.yml": "services:\n  app:\n    build: .\n",
            "Dockerfile": "FROM python:3.13.5\nARG APP_DIR  # <-\nCOPY app ${APP_DIR}/\nUSER 1000\n",
        },
    ),
    fixed={
        "docker-compose.yml": """
            services:
              page:
                build:
                  context: .
                  args:
                    VITE_API_BASE_URL: /api
                    VITE_WS_URL: ${VITE_WS_URL:?}
        """,
        "Dockerfile": """
            FROM node:24.4.1 AS build
            ARG VITE_API_BASE_URL
            ARG VITE_WS_URL
            COPY package.json package-lock.json ./
            RUN npm ci && npm run build
            FROM nginxinc/nginx-unprivileged:1.30.1
            COPY --from=build /dist /usr/share/nginx/html
        """,
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    build:
                      context: .
                      args: [APP_DIR=/srv]
                  page:
                    build: {context: page}
            """,
            "Dockerfile": """
                ARG BASE=3.13.5
                FROM python:${BASE}
                ARG BASE
                ARG APP_DIR
                ARG GIT_SHA
                ARG EXTRA
                LABEL revision=$GIT_SHA base=$BASE
                COPY app ${APP_DIR}/
                RUN if [ -n "$EXTRA" ]; then pip install --no-cache-dir "$EXTRA"; fi
                USER 1000
            """,
            "page/Dockerfile": "FROM node:24.4.1\nARG VITE_API_URL\nCOPY . .\nRUN npm run build\nUSER 1000\n",
            "page/.env.production": "VITE_API_URL=/api\n",
            "page/.dockerignore": ".git\n",
        },
    ),
    unsafe=True,
    source="https://docs.docker.com/reference/dockerfile/#arg",
)
def build_argument_not_passed(stack: Stack) -> Iterator[Report]:
    """
    A build argument that needs a value and gets none: it has no default, and the Compose file passes nothing.

    It is empty then, without a word: the page is built without the address it is to ask, a COPY goes to the wrong
    folder. Pass it under `build.args`, or give its ARG a default.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        build = container.service.build
        for stage, each in _unset(container):
            place, name = each.pair.name.place, each.name
            if place in seen or build is None or not _is_needed(container, stage, name) or _may_be_misspelt(container):
                continue
            seen.add(place)
            arguments = build.value.get("args")
            edit = added(arguments, f"{name}: ${{{name}:?}}", safe=False) if arguments is not None else None
            message = f'service "{container.name}" passes no "{name}", and it has no default; '
            yield place, message + "add it to build.args", () if edit is None else (edit,)


def _may_be_misspelt(container: Container) -> bool:
    """Whether an argument is passed that goes nowhere, which another rule reports."""
    return bool(_arguments(container, declared=False))


def _unset(container: Container) -> Iterator[tuple[Stage, Setting]]:
    """The arguments of the stages that the image is made of, where nothing gives them a value."""
    build, dockerfile = container.build, container.dockerfile
    if build is None or dockerfile is None or container.stage is None:
        return
    outer = {name for name, each in dockerfile.outer.arguments.items() if each.pair.value is not None}
    passed = outer | set(build.arguments) | BUILTIN_ARGUMENTS | PLATFORM_ARGUMENTS
    for stage in _used(container.stage):
        for name, each in stage.arguments.items():
            if each.pair.value is None and name not in passed:
                yield stage, each


def _used(stage: Stage) -> list[Stage]:
    """The stage, those it builds on, and those it copies from."""
    found: dict[int, Stage] = {}
    left = [stage]
    while left:
        for each in left.pop().chain():
            if each.index not in found:
                found[each.index] = each
                left += [copy.stage for copy in each.copies if copy.stage is not None]
    return list(found.values())


def _is_needed(container: Container, stage: Stage, name: str) -> bool:
    """Whether the stage does not get on without it: the build of a page, or a path that is copied or worked in."""
    if _FRONT_END.fullmatch(name):
        return not _is_in_file(container, name) and not _has_default(container, name)
    if _OPTIONAL.fullmatch(name):
        return False
    words = (word for each in stage.all("COPY", "ADD", "WORKDIR", "USER") for word in each.words)
    return any(use.name == name and not use.operator for word in words for use in stage.expansion(word).uses)


def _is_in_file(container: Container, name: str) -> bool:
    """Whether an env file beside the sources gives it to the tool that builds the page."""
    build, stack = container.build, container.stack
    folder = build.folder if build is not None and build.folder is not None else ""
    for path in (
        *stack.reader.glob(posixpath.join(folder, ".env*")),
        *stack.reader.glob(posixpath.join(folder, "*", ".env*")),
    ):
        source = stack.text(path)
        if source is not None and re.search(rf"^(?:export )?{name}=", source.text, re.M):
            return True
    return False


def _has_default(container: Container, name: str) -> bool:
    """Whether the code says what to take where it is not set."""
    pattern = re.compile(rf"{name}\W*(?:\|\||\?\?|\?)")
    return any(pattern.search(source.text) for source in code_of(container))
