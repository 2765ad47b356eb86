"""Secrets in addresses, on command lines, in builds and in pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service
from ...compose.places import part_place
from ...finding import Edit, Severity
from ...place import Place
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .moving import kept, values_by_name
from .secret_places import FRONT_END, Word, is_for_development, is_from_shell, may_be_secret, passwords_in, words_of


@rule(
    "compose/password-in-url",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    environment:
                      DATABASE_URL: mysql://root:kw8Zr2Vb91@db:3306/app  # <-
            """,
            ".gitignore": ".env\n",
        },
        """
        services:
          app:
            environment:
              CELERY: amqp://guest:guest@queue  # <-
              JDBC: jdbc:mysql://db:3306/app?user=app&password=kw8Zr2Vb91  # <-
              MSSQL: Server=db;User Id=sa;Password=kw8Zr2Vb91;  # <-
            command: ["./wait", "postgres://app:kw8Zr2Vb91@db/app"]  # <-
        """,
    ),
    fixed={
        "docker-compose.yml": """
            services:
              app:
                environment:
                  DATABASE_URL: mysql://root:${MYSQL_PASSWORD:?}@db:3306/app
        """,
        ".env": "MYSQL_PASSWORD='kw8Zr2Vb91'\n",
        ".gitignore": ".env\n",
    },
    unsafe=True,
    good="""
        services:
          app:
            environment:
              DATABASE_URL: mysql://app:${MYSQL_PASSWORD:?}@db:3306/app
              CACHE: redis://cache:6379/0
              SENTRY_DSN: https://public@sentry.example.com/1
              MAIL: http://example.com:8080/users/@me
              OTHER: Server=db;Password=${MSSQL_PASSWORD:?};
            command: ["./wait", "postgres://app:$$DB_PASSWORD@db/app"]
    """,
    source="https://github.com/docker/awesome-compose",
    covers=("docksec:compose-plaintext-secret-env", "gitleaks:generic-api-key", "detect-secrets:basic_auth"),
    conceals=True,
)
def password_in_url(project: Project) -> Iterator[Report]:
    """
    A password written into an address or a connection string.

    It is a secret like any other, under a name that does not say so. Keep the address and let a variable give the
    password: `mysql://app:${MYSQL_PASSWORD:?}@db/app`.
    """
    for value in (*(service.value for service in project.services.values()), *project.configs.values()):
        for scalar, start, end in passwords_in(value):
            password = scalar.text[start:end]
            if "$" in password or not may_be_secret(password) or is_for_development(scalar.source.path):
                continue
            if not re.fullmatch(r"<.*>|\[.*\]|\*+|\.+", password):
                place = part_place(scalar, start, end)
                message = 'a password stands in an address; write "${NAME:?}" there'
                yield place, message, _moved(project, scalar.text, password, place)


def _moved(project: Project, address: str, password: str, place: Place) -> tuple[Edit, ...]:
    """The password under a name of its kind in the env file, where that name is free."""
    kind = re.search(r"(mysql|mariadb|postgres|redis|valkey|mongodb|amqp)[a-z0-9+]*://", address, re.I)
    name = f"{kind[1].upper()}_PASSWORD" if kind else ""
    is_exact = place.line == place.end_line and place.end_column - place.column == len(password)
    edit = Edit(place, f"${{{name}:?}}", safe=False)
    if is_exact and name and project.environment.get(name) == password:
        return (edit,)
    is_free = name not in project.environment and not values_by_name(project).get(name, set()) - {password}
    if not name or not is_exact or not is_free or re.search(r"['\\%\s]", password):
        return ()
    return (edit, *kept(project, name, password))


def _words(project: Project, policy: Policy) -> Iterator[tuple[Service, Word]]:
    """The secrets on command lines that something outside of the container gives."""
    for service in project.services.values():
        for word in words_of(service, policy):
            if word.text and not is_from_shell(word.text) and not is_for_development(word.place.path):
                yield service, word


@rule(
    "compose/literal-secret-in-command",
    Severity.ERROR,
    bad="""
        services:
          cache:
            command: redis-server --requirepass kw8Zr2Vb91  # <-
            healthcheck:
              test: [CMD, redis-cli, -a, kw8Zr2Vb91, ping]  # <-
          db:
            healthcheck:
              test: mysqladmin ping -uroot -pkw8Zr2Vb91  # <-
          backup:
            command: ["sh", "-c", "PGPASSWORD=kw8Zr2Vb91 pg_dump app"]  # <-
          flower:
            command: celery -A app flower --basic_auth=admin:kw8Zr2Vb91  # <-
          search:
            healthcheck:
              test: [CMD, curl, -f, -u, "elastic:kw8Zr2Vb91", "http://localhost:9200"]  # <-
    """,
    good="""
        services:
          cache:
            command: redis-server --requirepass "$$REDIS_PASSWORD"
            healthcheck:
              test: [CMD-SHELL, 'redis-cli -a "$$REDIS_PASSWORD" ping']
          db:
            command: [mysqld, --init-file=/run/secrets/init.sql, --port, "3306"]
            healthcheck:
              test: mysqladmin ping -uroot -p$$MYSQL_ROOT_PASSWORD -h 127.0.0.1
          search:
            healthcheck:
              test: curl -f -u "elastic:$$ELASTIC_PASSWORD" http://localhost:9200
          other:
            command: [app, --token-file, /run/secrets/token, --max-tokens, "100", --password=/run/secrets/pw]
    """,
    source="https://cwe.mitre.org/data/definitions/214.html",
    covers=("kics:passwords_and_secrets",),
    conceals=True,
)
def literal_secret_in_command(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret written into a command or a health check.

    It is in the repository, and `docker inspect`, `docker ps` and the list of processes show it to whoever may look.
    """
    for service, word in _words(project, policy):
        if "$" not in word.text and may_be_secret(word.text) and not re.fullmatch(r"<.*>|-.*|id=.*", word.text):
            message = f'a secret after "{word.name}" in a command of service "{service.name}"; pass it by a file'
            yield word.place, message + " or the environment"


@rule(
    "compose/secret-on-command-line",
    Severity.WARNING,
    bad="""
        services:
          cache:
            command: redis-server --requirepass ${REDIS_PASSWORD:?}  # <-
            healthcheck:
              test: [CMD, redis-cli, -a, "$REDIS_PASSWORD", ping]  # <-
    """,
    good="""
        services:
          cache:
            command: redis-server /run/secrets/redis.conf
            environment:
              REDISCLI_AUTH: ${REDIS_PASSWORD:?}
            healthcheck:
              test: [CMD-SHELL, "redis-cli ping | grep -q PONG"]
    """,
    source="https://cwe.mitre.org/data/definitions/214.html",
)
def secret_on_command_line(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret that Compose writes into a command or a health check.

    The value then stands in `docker inspect` and in the host's list of processes, where every user of the host reads
    it. MYSQL_PWD, PGPASSWORD and REDISCLI_AUTH, or a file that the program reads, keep it out of there.
    """
    for service, word in _words(project, policy):
        if "$" in word.text:
            message = f'the secret after "{word.name}" shows in the processes of service "{service.name}"; '
            yield word.place, message + "pass it by a file or the environment"


_TELLING = regex(
    r".*(?:SECRET|PASSWORD|PASSWD|PRIVATE)(?!.*PUBLI[CSH]).*|.*(?:OPENAI|ANTHROPIC|AWS|SENDGRID|TWILIO)\w*_KEY", re.I
)


@rule(
    "compose/secret-in-front-end",
    Severity.ERROR,
    bad="""
        services:
          page:
            build:
              context: .
              args:
                VITE_OPENAI_API_KEY: ${OPENAI_API_KEY}  # <-
            environment:
              NEXT_PUBLIC_JWT_SECRET: ${JWT_SECRET}  # <-
    """,
    good="""
        services:
          page:
            build:
              context: .
              args: {VITE_API_BASE_URL: /api, VITE_STRIPE_PUBLISHABLE_KEY: "${STRIPE}"}
    """,
    source="https://vite.dev/guide/env-and-mode#env-files",
)
def secret_in_front_end(project: Project) -> Iterator[Report]:
    """A secret under a name that the front end's build writes into its JavaScript, where every visitor reads it."""
    for service in project.services.values():
        arguments = service.build.args if service.build else {}
        for variable in (*arguments.values(), *service.own_environment.values()):
            if FRONT_END.match(variable.name) and _TELLING.fullmatch(variable.name):
                yield variable.place, f'"{variable.name}" becomes part of the page; keep it in the back end'
