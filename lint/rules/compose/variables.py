"""Variables that the Compose files use, against the env file and its example."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...compose import Project, Service, Use
from ...compose.groups import project_files
from ...envfile.model import EnvFile
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import is_for_development
from .moving import appended

_INTERPOLATION = "https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/"
_EXAMPLES = (
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.dist",
    "env.example",
    "docker.env.example",
    "example.env",
)
_OF_THE_SHELL = frozenset(["HOME", "PWD", "USER", "UID", "GID", "HOSTNAME", "PATH", "LOGNAME", "SHELL", "TZ", "CI"])
_OF_THE_TOOL = ("COMPOSE_", "DOCKER_", "BUILDKIT_", "BUILDX_")


def _is_own(name: str) -> bool:
    """Whether it is one of the project's own, not of the shell's or of Docker's."""
    return name not in _OF_THE_SHELL and not name.startswith(_OF_THE_TOOL)


def _example(project: Project) -> EnvFile | None:
    """The example env file beside the project's first file."""
    for name in _EXAMPLES:
        path = posixpath.join(project.directory, name)
        if project.reader.exists(path):
            return project.env_file(path)
    return None


def _env(project: Project) -> EnvFile | None:
    return project.env_file(posixpath.join(project.directory, ".env"))


def _needed(project: Project) -> Iterator[Use]:
    """The first use of each variable without a default."""
    told: set[str] = set()
    for use in project.uses:
        if use.variable.operator in ("", "?", ":?") and use.name not in told and _is_own(use.name):
            told.add(use.name)
            yield use


def _near(name: str, env: EnvFile, used: set[str]) -> str:
    """A name of the env file that nothing uses and that is nearly *name*, or ""."""
    import difflib  # noqa: PLC0415 - only a fault needs it

    unused = [each for each in env.by_name if each not in used]
    longer = [each for each in unused if each.startswith(name) or name.startswith(each)]
    near = difflib.get_close_matches(name, unused, 1, 0.85)
    return next(iter([*near, *(each for each in longer if min(len(each), len(name)) > 5)]), "")  # noqa: PLR2004 - short names begin many


@rule(
    "compose/required-variable-missing",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?set the tag}  # <-
                environment:
                  REGION: ${REGION?}
        """,
        ".env": "REGION=eu\nTAGS=1.2.3\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?set the tag}
                environment:
                  REGION: ${REGION:-eu}
        """,
        ".env": "TAG=1.2.3\n",
    },
    source=_INTERPOLATION,
)
def required_variable_missing(project: Project) -> Iterator[Report]:
    """
    A variable that the files require and that the `.env` file beside them does not set.

    Unless the shell has it, Compose refuses every command, `down` and `logs` too.
    """
    env = _env(project)
    if env is None or env.problems:
        return
    used = {use.name for use in project.uses}
    told: set[str] = set()
    for use in project.missing:
        if use.name not in told:
            told.add(use.name)
            near = _near(use.name, env, used)
            hint = f'did you mean "{near}", which it has?' if near else "add it"
            yield use.place, f'"{use.name}" is required, and ".env" does not set it; {hint}'


@rule(
    "compose/near-miss-variable",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                environment:
                  DB: ${POSTGRES_DATABSE}  # <-
        """,
        ".env": "POSTGRES_DATABASE=shop\n",
    },
    fixed={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                environment:
                  DB: ${POSTGRES_DATABASE}
        """,
        ".env": "POSTGRES_DATABASE=shop\n",
    },
    unsafe=True,
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                environment:
                  ONE: ${HOST_1-}
                  TWO: ${HOST_2-}
                  OTHER: ${REGION}
        """,
        ".env": "HOST_1=a\n",
    },
    source=_INTERPOLATION,
)
def near_miss_variable(project: Project) -> Iterator[Report]:
    """
    A variable that nothing sets, while the `.env` file sets one of nearly the same name that nothing uses.

    Compose puts an empty text in its place and says so in a warning that is easily missed.
    """
    env = _env(project)
    if env is None or env.problems:
        return
    used = {use.name for use in project.uses}
    for use in _needed(project):
        if use.variable.operator == "" and use.name not in project.environment and use.name not in env.by_name:
            near = _near(use.name, env, used)
            if near:
                written = use.scalar.text[use.variable.start : use.variable.end]
                edit = Edit(use.place, written.replace(use.name, near, 1), safe=False)
                yield use.place, f'nothing sets "{use.name}"; did you mean "{near}" of ".env"?', (edit,)


@rule(
    "compose/undocumented-variable",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?}  # <-
                environment:
                  REGION: ${REGION}
        """,
        ".env.example": "REGION=eu\n",
    },
    fixed={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?}
                environment:
                  REGION: ${REGION}
        """,
        ".env.example": "REGION=eu\nTAG=\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?}
                environment:
                  REGION: ${REGION:-eu}
                  HOME: ${HOME}
        """,
        ".env.example": "# the version to run\nTAG=\n",
    },
    source="https://github.com/getzep/graphiti/pull/1700",
    lacks=True,
)
def undocumented_variable(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A variable without a default that the example env file does not name.

    Who sets up the stack from the example learns of it when Compose refuses to start, or never: an unset variable
    becomes an empty text.
    """
    example = _example(project)
    if example is None or example.problems or is_for_development(project):
        return
    documented = set(example.by_name)
    for use in _needed(project):
        if use.variable.operator == "" and policy.is_secret_name(use.name):
            continue  # compose/secret-may-be-empty says so
        if use.name not in documented and use.name not in example.text:
            edit = appended(project, example.path, f"{use.name}=")
            yield use.place, f'"{use.name}" is not in "{posixpath.basename(example.path)}"; add it there', (edit,)


@rule(
    "compose/documented-variable-unused",
    Severity.INFO,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?}
        """,
        ".env.example": """
            TAG=
            REGION=eu  # <-
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:?}
                env_file: [.env]
        """,
        ".env.example": """
            TAG=
            REGION=eu
        """,
    },
    source="https://github.com/monicahq/docker/issues/63",
    preset="strict",
)
def documented_variable_unused(project: Project) -> Iterator[Report]:
    """
    A variable of the example env file that no Compose file uses and no service gets.

    Whoever sets it waits for an effect. Hand it to the service that is to have it, or take it out of the example.
    """
    example = _example(project)
    if example is None or example.problems or not project.complete or not _is_all(project):
        return
    handed = {name for service in project.services.values() for name in service.own_environment}
    files = {name.removesuffix("_FILE") for name in handed} | {name.upper() for name in project.secrets}
    used = {use.name for use in project.uses} | handed | files
    if any(service.env_files or _reads_folder(service) for service in project.services.values()):
        return
    for name, entry in example.by_name.items():
        if name and name not in used and _is_own(name):
            yield entry.name_place, f'"{name}" reaches no service; hand it to one, or remove it here'


def _reads_folder(service: Service) -> bool:
    """Whether the folder of the env file is mounted, so that the program may read the file itself."""
    folder = service.project.directory
    return any(mount.path is not None and f"{folder or '.'}/".startswith(f"{mount.path}/") for mount in service.mounts)


def _is_all(project: Project) -> bool:
    """Whether no other project beside this one may use the same env file."""
    names = project.reader.glob(posixpath.join(project.directory, "*.y*ml"))
    groups = project_files([name for name in names if "compose" in posixpath.basename(name)], project.reader)
    return len(groups) <= 1
