"""What Compose cannot read as YAML, or not as a compose file."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule

_YAML = "https://yaml.org/spec/1.2.2/"
_REFERENCE = "https://docs.docker.com/reference/compose-file/"


@rule(
    "compose/yaml-syntax",
    Severity.ERROR,
    bad=(
        """
        services:
          web:
            image: nginx:1.28.0
            hostname: ${HOST:?set HOST: the name}  # <-
        """,
        "services:\n  web:\n\timage: nginx:1.28.0  # <-\n",
        """
        services:
          web:
            image: "nginx:1.28.0  # <-
        """,
    ),
    good="""
        services:
          web:
            image: nginx:1.28.0
            hostname: "${HOST:?set HOST: the name}"
            ports: [127.0.0.1:80:80]
    """,
    source="https://docs.docker.com/reference/compose-file/interpolation/",
    covers=("dclint:invalid-yaml",),
)
def yaml_syntax(project: Project) -> Iterator[Report]:
    """
    A file that is not YAML.

    Compose refuses all of it. Met most often: a tab in the indentation, a quote that is never closed, and a message
    of ``${NAME:?message: with a colon}`` outside of quotes. What stands after the fault is read all the same,
    as far as that is safe.
    """
    yield from project.problems_of("compose/yaml-syntax")


@rule(
    "compose/duplicate-key",
    Severity.ERROR,
    bad="""
        services:
          web:
            image: nginx:1.28.0
            environment:
              MODE: fast
              MODE: slow  # <-
    """,
    good="""
        x-common: &common
          MODE: fast
        services:
          web:
            image: nginx:1.28.0
            environment:
              <<: *common
              MODE: slow
    """,
    source=_YAML + "#3213-node-comparison",
)
def duplicate_key(project: Project) -> Iterator[Report]:
    """
    A key that stands twice in one map.

    Compose refuses the file; other programs silently take the first or the last. Two keys ``<<`` are such a pair too:
    write ``<<: [*one, *two]``. A key beside ``<<`` that the anchor also has is no duplicate: it wins.
    """
    yield from project.problems_of("compose/duplicate-key")


@rule(
    "compose/key-not-text",
    Severity.ERROR,
    bad="""
        services:
          web:
            image: nginx:1.28.0
            labels:
              8080: internal  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.28.0
            labels:
              "8080": internal
              yes: too
    """,
    source=_REFERENCE,
)
def key_not_text(project: Project) -> Iterator[Report]:
    """
    A key that YAML reads as a number, a truth value or a list.

    Compose wants text for every key and refuses the file; put the key in quotes.
    """
    yield from project.problems_of("compose/key-not-text")


@rule(
    "compose/invalid-alias",
    Severity.ERROR,
    bad=(
        """
        x-logging: &logging
          driver: local
        services:
          web:
            image: nginx:1.28.0
            logging: *loging  # <-
        """,
        """
        services:
          web:
            image: nginx:1.28.0
            <<: *common  # <-
        """,
    ),
    good="""
        x-logging: &logging
          driver: local
        services:
          web:
            image: nginx:1.28.0
            logging: *logging
    """,
    source=_YAML + "#71-alias-nodes",
)
def invalid_alias(project: Project) -> Iterator[Report]:
    """
    An alias without an anchor before it, within what it repeats, or that grows beyond all measure.

    Compose refuses the file. An anchor counts from where it stands, in the same file only: an override
    cannot use those of its base.
    """
    yield from project.problems_of("compose/invalid-alias")


@rule(
    "compose/not-compose",
    Severity.ERROR,
    bad="""
        - web  # <-
        - db
    """,
    good="""
        services:
          web:
            image: nginx:1.28.0
    """,
    source=_REFERENCE,
)
def not_compose(project: Project) -> Iterator[Report]:
    """
    A file that is YAML and no map.

    Compose wants a map with keys such as ``services`` at the top.
    """
    yield from project.problems_of("compose/not-compose")


@rule(
    "compose/invalid-interpolation",
    Severity.ERROR,
    bad="""
        services:
          web:
            image: nginx:${TAG:1.28.0}  # <-
            hostname: ${}  # <-
    """,
    good="""
        services:
          web:
            image: nginx:${TAG:-1.28.0}
            hostname: $${HOST}
            command: ["sh", "-c", "echo $$1 costs 5$"]
    """,
    source="https://docs.docker.com/reference/compose-file/interpolation/",
)
def invalid_interpolation(project: Project) -> Iterator[Report]:
    """
    A dollar sign with a brace that Compose cannot make sense of.

    Compose refuses the file. After the name may stand ``}``, or one of ``:-`` ``-`` ``:?`` ``?`` ``:+`` ``+`` with a
    text. A dollar sign that is meant for the container is written ``$$``.
    """
    yield from project.problems_of("compose/invalid-interpolation")
