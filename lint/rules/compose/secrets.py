"""Secrets that stand in a Compose file for whoever may read it."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Use
from ...envfile.provider_tokens import provider_tokens
from ...finding import Edit, Severity
from ...policy import Policy
from ...rule import Report, rule
from .moving import moved, values_by_name
from .secret_places import (
    FRONT_END,
    defaults,
    documented,
    is_for_development,
    is_secret,
    literal_of,
    may_be_secret,
    variables_of,
)

_SECRETS = "https://docs.docker.com/compose/how-tos/use-secrets/"


@rule(
    "compose/literal-secret",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  db:
                    environment:
                      MYSQL_PASSWORD: kw8Zr2Vb91  # <-
                """,
            ".env.example": "MODE=production\n",
        },
        """
        services:
          app:
            environment:
              - JWT_SECRET_KEY=kw8Zr2Vb91  # <-
              - AWS_SECRET_ACCESS_KEY='kw8Zr2Vb91'  # <-
            labels:
              com.example.api-token: kw8Zr2Vb91  # <-
        """,
    ),
    fixed={
        "docker-compose.yml": """
            services:
              db:
                environment:
                  MYSQL_PASSWORD: "${MYSQL_PASSWORD:?}"
            """,
        ".env.example": "MODE=production\nMYSQL_PASSWORD=\n",
        ".env": "MYSQL_PASSWORD='kw8Zr2Vb91'\n",
        ".gitignore": ".env\n",
    },
    good="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: ${MYSQL_PASSWORD:?}
              MYSQL_ROOT_PASSWORD_FILE: /run/secrets/root
              MYSQL_RANDOM_ROOT_PASSWORD: "yes"
              TOKEN_TTL: 3600
              SESSION_SECRET: ""
              API_KEY:
              PASSWORD_MIN_LENGTH: 12
              MAX_TOKENS: 4096
              SENTRY_DSN: https://public@sentry.example.com/1
    """,
    source=_SECRETS,
    covers=(
        "docksec:compose-plaintext-secret-env",
        "gitleaks:generic-api-key",
        "kics:passwords_and_secrets",
        "detect-secrets:keyword",
    ),
    unsafe=True,
    conceals=True,
)
def literal_secret(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret written into the Compose file.

    It is in the repository for everybody who may read it, in its history for ever, and in each environment the same.
    The mending puts `${NAME:?}` there, so that Compose refuses to start without it, its name into the example env
    file, and the value into the env file, which only its owner can read.
    """
    taken = values_by_name(project)
    for service in project.services.values():
        for variable in variables_of(service):
            literal = literal_of(variable) if is_secret(variable, policy) else ""
            if not may_be_secret(literal.strip("'\"")) or policy.is_placeholder(literal.strip("'\"")):
                continue
            if is_for_development(variable.path):
                continue
            message = f'the value of "{variable.name}" stands in the file; write "${{NAME:?}}" or use a secret'
            yield variable.value_place, message, moved(project, variable, literal, taken)


@rule(
    "compose/placeholder-secret",
    Severity.ERROR,
    bad="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: changeme  # <-
              MYSQL_ROOT_PASSWORD: "123456"  # <-
          app:
            environment:
              - JWT_SECRET_KEY=your-secret-key  # <-
              - APP_OPENSSL_KEY_V1=your-secret-key  # <-
    """,
    good="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: ${MYSQL_PASSWORD:?}
              MODE: changeme
              MYSQL_DATABASE: test
            labels: {homepage.widget.password: "{{HOMEPAGE_VAR_PASSWORD}}"}
    """,
    source="https://cwe.mitre.org/data/definitions/1392.html",
    covers=("docksec:compose-plaintext-secret-env", "gitleaks:generic-api-key"),
    conceals=True,
)
def placeholder_secret(project: Project, policy: Policy) -> Iterator[Report]:
    """A secret that nobody replaced: such values are the first that are tried."""
    for service in project.services.values():
        for variable in variables_of(service):
            literal = literal_of(variable).strip("'\"") if is_secret(variable, policy) else ""
            if not may_be_secret(literal) or is_for_development(variable.path):
                continue
            if policy.is_placeholder(literal):
                message = f'"{variable.name}" has a value that everybody tries first; write "${{NAME:?}}" instead'
                yield variable.value_place, message


@rule(
    "compose/secret-with-default",
    Severity.ERROR,
    bad="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: ${MYSQL_PASSWORD:-kw8Zr2Vb91}  # <-
              MYSQL_ROOT_PASSWORD: ${ROOT_PW-changeme}  # <-
            command: redis-server --requirepass ${REDIS_PASSWORD:-kw8Zr2Vb91}  # <-
            image: ${IMAGE:-mysql:9.4.0}
    """,
    good="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: ${MYSQL_PASSWORD:?}
              OTHER_PASSWORD: ${OTHER_PASSWORD:-}
              THIRD_PASSWORD: ${THIRD_PASSWORD:-${MYSQL_PASSWORD:?}}
              TOKEN_TTL: ${TOKEN_TTL:-3600}
              SECRET_KEY_FILE: ${SECRET_KEY_FILE:-/run/secrets/key}
              USE_SECRETS: ${SECRETS:-true}
    """,
    fixed="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: "${MYSQL_PASSWORD:?}"
              MYSQL_ROOT_PASSWORD: "${ROOT_PW:?}"
            command: "redis-server --requirepass ${REDIS_PASSWORD:?}"
            image: ${IMAGE:-mysql:9.4.0}
    """,
    unsafe=True,
    source="https://docs.docker.com/reference/compose-file/interpolation/",
    covers=("docksec:compose-plaintext-secret-env",),
    conceals=True,
)
def secret_with_default(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret with a default value.

    Where the variable is forgotten the stack starts all the same, with a password that the repository tells.
    `${NAME:?}` makes Compose stop and say what is missing.
    """
    under_names = _uses_of_secrets(project, policy)
    for use, default, place in defaults(project):
        is_named = policy.is_secret_name(use.name) or (use.scalar.start, use.scalar.source.path) in under_names
        if not is_named or not may_be_secret(default.strip("'\"")) or FRONT_END.match(use.name):
            continue
        if is_for_development(place.path) or any(True for _ in provider_tokens(default)):
            continue
        message = f'"{use.name}" has a default, so a forgotten secret is not noticed; write "${{{use.name}:?}}"'
        yield place, message, (_required(use),) if use.scalar.text.count("$") == 1 else ()


def _uses_of_secrets(project: Project, policy: Policy) -> set[tuple[int, str]]:
    """Where the values of variables stand whose name says that they are secret."""
    return {
        (scalar.start, scalar.source.path)
        for service in project.services.values()
        for variable in variables_of(service)
        if variable.entry is not None and is_secret(variable, policy)
        for scalar in {id(use.scalar): use.scalar for use in variable.entry.uses}.values()
    }


def _required(use: Use) -> Edit:
    text = use.scalar.text
    whole = text[: use.variable.start] + f"${{{use.name}:?}}" + text[use.variable.end :]
    return Edit(use.scalar.place, f'"{whole}"' if '"' not in whole and "\\" not in whole else whole, safe=False)


@rule(
    "compose/secret-may-be-empty",
    Severity.WARNING,
    bad="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: ${MYSQL_PASSWORD}  # <-
              MYSQL_ROOT_PASSWORD: $ROOT_PW  # <-
    """,
    good=(
        {
            "docker-compose.yml": """
                services:
                  db:
                    environment:
                      MYSQL_PASSWORD: ${MYSQL_PASSWORD}
                      OTHER_PASSWORD: ${OTHER_PASSWORD:?}
                      OPTIONAL_TOKEN: ${OPTIONAL_TOKEN:-}
                      TOKEN_TTL: ${TTL:?}
                  app:
                    environment:
                      DB_PASSWORD: ${OTHER_PASSWORD}
                """,
            ".env.example": "MYSQL_PASSWORD=\n",
        },
    ),
    fixed="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: "${MYSQL_PASSWORD:?}"
              MYSQL_ROOT_PASSWORD: "${ROOT_PW:?}"
    """,
    unsafe=True,
    source="https://github.com/docker/compose/issues/4189",
)
def secret_may_be_empty(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret that is blank where its variable is forgotten.

    Compose prints a warning and starts a database with an empty password. `${NAME:?}` makes it stop. Variables that
    the env file or an example of one names are not reported, nor those required elsewhere.
    """
    named = documented(project)
    for service in project.services.values():
        for variable in variables_of(service):
            if variable.entry is None or not is_secret(variable, policy) or is_for_development(variable.path):
                continue
            for use in variable.entry.uses:
                written = use.scalar.text[use.variable.start : use.variable.end]
                is_whole = written.startswith("${") or use.scalar.text in (written, f"{variable.name}={written}")
                if is_whole and not use.variable.operator and use.name not in named:
                    message = f'"{use.name}" is blank where it is forgotten; write "${{{use.name}:?}}"'
                    yield use.place, message, (_required(use),) if use.scalar.text.count("$") == 1 else ()
