"""Who may use a database: nobody is asked, everybody is root, everything is told."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Project, Service
from ...finding import Edit, Severity
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .judging import image_name_of, is_database, is_edge
from .secret_places import is_for_development, is_secret

_EMPTY = regex(r"(?:MYSQL|MARIADB)_ALLOW_EMPTY_(?:ROOT_)?PASSWORD|ALLOW_EMPTY_PASSWORD|(?:\w+_)?ALLOW_EMPTY_PASSWORD")

_TRUST = regex(r"(?:^|\s)(?:-A|--auth|--auth-host)[= ]trust\b")
_SWITCHES = {
    "xpack.security.enabled": "false",
    "plugins.security.disabled": "true",
    "disable.security.plugin": "true",
    "authentication.anonymous.access.enabled": "true",
}
"""What switches the users of Elasticsearch, OpenSearch and Weaviate off, with ``.`` for ``_``."""


@rule(
    "compose/database-without-password",
    Severity.ERROR,
    bad="""
        services:
          db:
            environment:
              MYSQL_ALLOW_EMPTY_PASSWORD: "yes"  # <-
          other:
            environment:
              - POSTGRES_HOST_AUTH_METHOD=trust  # <-
          search:
            environment:
              - xpack.security.enabled=false  # <-
          index:
            environment:
              DISABLE_SECURITY_PLUGIN: "true"  # <-
          trusting:
            environment:
              POSTGRES_INITDB_ARGS: --auth-host=trust --data-checksums  # <-
    """,
    good="""
        services:
          db:
            environment:
              MYSQL_ALLOW_EMPTY_PASSWORD: ""
              MYSQL_RANDOM_ROOT_PASSWORD: "yes"
          other:
            environment:
              POSTGRES_HOST_AUTH_METHOD: scram-sha-256
              POSTGRES_INITDB_ARGS: --auth-host=scram-sha-256 --auth-local=trust
              ALLOW_EMPTY_PASSWORD: ${EMPTY}
              MARIADB_ALLOW_EMPTY_ROOT_PASSWORD: "no"
          search:
            environment:
              xpack.security.enabled: "true"
              xpack.security.http.ssl.enabled: "false"
    """,
    source="https://hub.docker.com/_/postgres",
)
def database_without_password(project: Project) -> Iterator[Report]:
    """
    A database that lets everybody in.

    Every service on its network, and everybody who reaches a published port, reads and deletes all data without a
    password. The official image of MySQL takes any value but an empty one for yes.
    """
    for service in project.services.values():
        for variable in service.own_environment.values():
            value = variable.value.strip("'\"").lower() if isinstance(variable.value, str) else ""
            is_open = _EMPTY.fullmatch(variable.name) and value not in ("", "no", "false", "0")
            trusts = variable.name == "POSTGRES_HOST_AUTH_METHOD" and value == "trust"
            trusts = trusts or (variable.name == "POSTGRES_INITDB_ARGS" and _TRUST.search(value) is not None)
            is_off = _SWITCHES.get(variable.name.lower().replace("_", ".")) == value
            if (is_open or trusts or is_off) and not is_for_development(variable.path):
                yield variable.value_place, f'"{variable.name}" lets everybody in without a password; remove it'


_USER = regex(
    r"(?:\w+_)?(?:DB|DATABASE|DATASOURCE|MYSQL|MARIADB|POSTGRES|POSTGRESQL|PG|SQL)_?(?:USER|USERNAME)|DATABASE_USER"
)
_ADDRESS = regex(r"\b(?:mysql|mariadb|postgres(?:ql)?|mssql)[a-z0-9+]{0,20}://(?P<user>root|postgres|sa):", re.I)


@rule(
    "compose/superuser-application",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DB_USER: root  # <-
              DATABASE_URL: postgresql://postgres:${POSTGRES_PASSWORD:?}@db/app  # <-
              SPRING_DATASOURCE_USERNAME: root  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            environment:
              DB_USER: app
              SSH_USER: root
              DATABASE_URL: mysql://app:${MYSQL_PASSWORD:?}@sql.example.com/app
          db:
            image: postgres:17.5
            environment: {POSTGRES_USER: postgres}
    """,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html",
    preset="strict",
)
def superuser_application(project: Project) -> Iterator[Report]:
    """An application that is its database's root: one injected query reads the files of the server, or drops all."""
    for service in project.services.values():
        if is_database(service):
            continue
        for variable in service.own_environment.values():
            value = variable.value if isinstance(variable.value, str) else ""
            is_user = _USER.fullmatch(variable.name) and value.lower() in ("root", "postgres", "sa")
            if is_user or _ADDRESS.search(variable.text):
                message = f'service "{service.name}" uses the database as its superuser; give it a user of its own'
                yield variable.value_place, message


@rule(
    "compose/dollar-in-secret",
    Severity.ERROR,
    bad="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: kw8Zr2$Vb91QmXc  # <-
              MYSQL_ROOT_PASSWORD: "pa$word"  # <-
    """,
    fixed="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: kw8Zr2$$Vb91QmXc
              MYSQL_ROOT_PASSWORD: "pa$$word"
    """,
    unsafe=True,
    good="""
        services:
          db:
            environment:
              MYSQL_PASSWORD: ${MYSQL_PASSWORD:?}
              MYSQL_ROOT_PASSWORD: ${PREFIX:?}${SUFFIX:?}
              OTHER_PASSWORD: ${OTHER:?}$$b
              DATABASE: app$STAGE
    """,
    source="https://github.com/docker/compose/issues/5965",
    conceals=True,
)
def dollar_in_secret(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A secret with a `$` in its middle, which Compose takes for a variable.

    The rest of the word is gone then, and the password is another one. `$$` is one dollar.
    """
    for service in project.services.values():
        for variable in service.own_environment.values():
            if variable.entry is None or not is_secret(variable, policy) or len(variable.entry.uses) != 1:
                continue
            use = variable.entry.uses[0]
            written = use.scalar.text[use.variable.start : use.variable.end]
            is_within = use.scalar.text not in (written, f"{variable.name}={written}")
            if written.startswith("${") or not is_within or use.name in project.environment:
                continue
            edit = Edit(use.place, "$" + written, safe=False)
            message = f'Compose takes this part of "{variable.name}" for a variable; write "$$" for a dollar'
            yield use.place, message, (edit,)


@rule(
    "compose/env-file-for-all",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                env_file: .env  # <-
              app:
                image: acme/app:1.2.3
                env_file: .env
            """,
        ".env": "MYSQL_PASSWORD=kw8Zr2Vb91QmXc47\n",
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                env_file: web.env
              app:
                image: acme/app:1.2.3
                env_file: .env
            """,
        ".env": "MYSQL_PASSWORD=kw8Zr2Vb91QmXc47\n",
        "web.env": "NGINX_HOST=example.com\n",
    },
    source="https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
)
def env_file_for_all(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A proxy or cache that gets the passwords of the other services.

    Whoever breaks into the part that faces the world reads them all from its environment. Give it a file with what it
    needs, or name its variables under `environment`.
    """
    for service in project.services.values():
        if not _needs_no_secret(service):
            continue
        for reference in service.env_files:
            env = project.env_file(reference.file) if reference.file is not None else None
            name = next((e.name for e in env.entries if e.value and policy.is_secret_name(e.name)), "") if env else ""
            if name and not is_for_development(reference.file or ""):
                message = f'service "{service.name}" gets secrets such as "{name}" that it does not need; '
                yield reference.place, message + "give it a file of its own"


def _needs_no_secret(service: Service) -> bool:
    name = image_name_of(service)
    return (is_edge(service) and name in ("nginx", "nginx-unprivileged", "httpd", "haproxy")) or name == "memcached"
