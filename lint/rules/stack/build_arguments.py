"""Build arguments against what the Dockerfile declares."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Variable
from ...dockerfile import Stage
from ...dockerfile.scope import BUILTIN_ARGUMENTS, PLATFORM_ARGUMENTS
from ...finding import Severity
from ...rule import Report, rule
from ...stack import Container, Stack


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
