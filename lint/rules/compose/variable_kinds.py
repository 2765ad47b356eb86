"""Variables whose values are of another kind than what they are used for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...compose import Project, Variable, load_project
from ...compose.nodes import Scalar
from ...compose.places import written_scalars
from ...envfile import EnvFile
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule
from .secret_places import documented

_EXAMPLES = (
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    "docker.env.example",
    "example.env",
)
_TYPED = (
    "ports", "mem_limit", "mem_reservation", "memswap_limit", "shm_size", "cpus", "pids_limit", "scale", "deploy",
    "stop_grace_period", "read_only", "privileged", "init", "tty", "stdin_open", "healthcheck", "ulimits",
)  # fmt: skip


@rule(
    "compose/example-of-wrong-kind",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                ports: ["127.0.0.1:${WEB_PORT}:80"]
                mem_limit: ${WEB_MEMORY}
                read_only: ${WEB_READ_ONLY}
        """,
        ".env.example": """
            WEB_PORT=http  # <-
            WEB_MEMORY=1 gig  # <-
            WEB_READ_ONLY=maybe  # <-
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.30.1
                ports: ["127.0.0.1:${WEB_PORT}:80"]
                mem_limit: ${WEB_MEMORY}
                stop_grace_period: ${WEB_GRACE}
                environment: {MODE: "${WEB_MODE}"}
        """,
        ".env.example": "WEB_PORT=8080\nWEB_MEMORY=1g\nWEB_GRACE=\nWEB_MODE=http\n",
    },
    source="https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/",
)
def example_of_wrong_kind(project: Project) -> Iterator[Report]:
    """
    The example env file shows a value that Compose refuses where the variable is used: a port, a size, a switch.

    Whoever copies the example gets an error of Compose instead of a stack.
    """
    example = _example(project)
    if example is None or example.problems or not project.complete:
        return
    shown = {name: value for name, value in example.values().items() if value and name not in project.environment}
    typed = {id(scalar) for scalar in _typed(project)}
    changing = (use for use in project.uses if use.name in shown and use.default != shown[use.name])
    if not any(id(use.scalar) in typed for use in changing):
        return  # a default that Compose takes is taken from the example, too
    known = set(project.problems)
    filled = load_project(project.paths, project.reader, {**shown, **project.environment})
    for name, place, message in filled.problems:
        if name == "compose/wrong-value" and (name, place, message) not in known:
            for use in project.uses:
                if use.scalar.place == place and use.name in shown:
                    what = message.partition("; ")[2] or "write what belongs there"
                    value = shown[use.name]
                    yield (
                        example.by_name[use.name].value_place,
                        f'"{value}" is refused where "{use.name}" is used; {what}',
                    )


def _example(project: Project) -> EnvFile | None:
    for name in _EXAMPLES:
        path = posixpath.join(project.directory, name)
        if project.reader.exists(path):
            return project.env_file(path)
    return None


def _typed(project: Project) -> list[Scalar]:
    """What the files have where a text will not do."""
    found = (service.get(key) for service in project.services.values() for key in _TYPED)
    return [
        scalar for value in found if value is not None for scalar in written_scalars(value.node) if "$" in scalar.text
    ]


_NUMBER = regex(
    r"(?:\w+_)?(?:PORT|TIMEOUT|SECONDS|MINUTES|HOURS|DAYS|TTL|WORKERS|THREADS|CONCURRENCY|POOL_SIZE|MAX_OVERFLOW|RETRIES"
    r"|REPLICAS|INTERVAL|MAX_CONNECTIONS|BATCH_SIZE|MAX_SIZE|PAGE_SIZE|DB_INDEX|TEMPERATURE|MAX_TOKENS)"
    r"|(?:USE|ENABLE|DISABLE)_\w+|\w+_(?:ENABLED|DISABLED)|(?:\w+_)?DEBUG"
)


@rule(
    "compose/number-may-be-empty",
    Severity.WARNING,
    bad=(
        """
        services:
          app:
            image: acme/app:1.2.3
            environment:
              SMTP_PORT: ${SMTP_PORT}  # <-
              MODE: ${MODE}
          worker:
            image: acme/app:1.2.3
            environment:
              - WORKER_CONCURRENCY=${WORKER_CONCURRENCY}  # <-
        """,
        """
        services:
          worker:
            image: acme/app:1.2.3
            environment: {CACHE_ENABLED: $USE_CACHE}  # <-
        """,
    ),
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              SMTP_PORT: null
              MODE: ${MODE}
          worker:
            image: acme/app:1.2.3
            environment:
              - WORKER_CONCURRENCY
    """,
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                environment:
                  SMTP_PORT: ${SMTP_PORT:-587}
                  POOL_SIZE:
                  DEBUG: ${DEBUG}
                  HTTP_PORT: "80${SUFFIX}"
                  HOST: ${HOST_NAME}
        """,
        ".env": "DEBUG=false\n",
    },
    unsafe=True,
    source="https://github.com/getzep/graphiti/issues/1700",
)
def number_may_be_empty(project: Project) -> Iterator[Report]:
    """
    A number or a switch that becomes an empty text where its variable is not set.

    An empty text is not the same as nothing: the program does not take its default but tries to read "" as a number,
    and ends. `${NAME:-587}` gives a default; the name alone, without a value, hands the variable through where it is
    set and leaves it out where it is not.
    """
    if _example(project) is not None:
        return  # compose/undocumented-variable says what it lacks
    named = documented(project)
    for service in project.services.values():
        for variable in service.own_environment.values():
            if "$" not in variable.text or variable.entry is None or not _NUMBER.fullmatch(variable.name):
                continue
            uses = variable.entry.uses
            if len(uses) != 1 or uses[0].variable.operator or uses[0].name in named:
                continue
            if _is_whole(variable, uses[0].name):
                message = f'"{uses[0].name}" becomes "" where it is not set, which is no value for "{variable.name}"; '
                hint = f'write "${{{uses[0].name}:-...}}" with a default'
                yield uses[0].place, message + hint, tuple(_handed_through(variable, uses[0].name))


def _is_whole(variable: Variable, name: str) -> bool:
    text = variable.text.removeprefix(f"{variable.name}=")
    return text in (f"${name}", f"${{{name}}}")


def _handed_through(variable: Variable, name: str) -> Iterator[Edit]:
    """The name alone, where both are called the same."""
    entry = variable.entry
    if entry is None or name != variable.name or not isinstance(entry.node, Scalar):
        return
    scalars = written_scalars(entry.node)
    if len(scalars) == 1:
        yield Edit(scalars[0].place, name if scalars[0].text.startswith(f"{name}=") else "null", safe=False)
