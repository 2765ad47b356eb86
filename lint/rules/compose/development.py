"""What belongs on a developer's machine and has come to production."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Mount, Project, Service
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule
from .judging import place_of
from .kinds import CONSOLES
from .taking_away import taken_away

_DEVELOPMENT = "https://docs.docker.com/compose/how-tos/production/"


def _services(project: Project) -> Iterator[Service]:
    """The services of a stack whose files say that it is for production."""
    if project.role == "production":
        yield from (service for service in project.services.values() if not service.profiles)


_RELOADERS = regex(
    r"\b(?:uvicorn|gunicorn|hypercorn|granian|fastapi|flask|node|tsx|ts-node|nest|webpack|vite|bun|deno|air)\b"
    r".*\s(?:--reload|--debug|--hot|--watch)(?=\s|$)|\bnodemon\b|\bflask\b.*\srun\b|\bmanage\.py\s+runserver\b"
    r"|^(?:\S*kc\.sh\s+)?start-dev\b|\bserver\s+-dev\b|\bartisan\s+serve\b"
    r"|\b(?:npm|yarn|pnpm)\s+(?:run\s+)?dev\b|\bvite(?:\s+dev)?\s*$|\bnext\s+dev\b|\brails\s+s(?:erver)?\b.*development"
)


@rule(
    "compose/development-server-in-production",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                command: uvicorn app:app --host 0.0.0.0 --reload  # <-
              page:
                image: acme/page:1.2.3
                command: npm run dev  # <-
              api:
                image: acme/api:1.2.3
                command: [python, manage.py, runserver, "0.0.0.0:8000"]  # <-
              login:
                image: quay.io/keycloak/keycloak:26.0.5
                command: start-dev --import-realm  # <-
            """,
        "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n",
    },
    good=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: acme/app:1.2.3
                    command: uvicorn app:app --reload
                """,
            "docker-compose.prod.yml": """
                services:
                  app:
                    command: uvicorn app:app
                """,
        },
        {
            "docker-compose.yml": """
                services:
                  updater:
                    image: containrrr/watchtower:1.7.1
                    command: --debug --cleanup
                """,
            "docker-compose.prod.yml": "services:\n  updater:\n    restart: unless-stopped\n",
        },
        """
        services:
          app:
            command: npm run dev
        """,
    ),
    source=_DEVELOPMENT,
)
def development_server_in_production(project: Project) -> Iterator[Report]:
    """
    A server for development in the production stack: it reloads, answers one request at a time, shows its sources.

    Reported where the file for production does not replace the command of the base. A base alone may be meant for
    development.
    """
    for service in _services(project):
        command = service.command
        if command is None:
            continue
        match = _RELOADERS.search(" ".join(word for word in command.words if isinstance(word, str)))
        if match:
            message = f'service "{service.name}" runs "{match[0].strip()}" in production; replace its command there'
            yield command.place, message


_DEBUG = regex(r"(?:\w+_)?(?:DEBUG|FLASK_DEBUG|WP_DEBUG)|RELOAD|(?:\w+_)?RELOAD")
_ENVIRONMENTS = {
    "NODE_ENV": "production",
    "FLASK_ENV": "production",
    "APP_ENV": "production",
    "RAILS_ENV": "production",
    "ASPNETCORE_ENVIRONMENT": "Production",
    "DJANGO_ENV": "production",
}


@rule(
    "compose/debug-in-production",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                environment:
                  DEBUG: "true"  # <-
                  NODE_ENV: development  # <-
                  RELOAD: 1  # <-
            """,
        "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                environment:
                  DEBUG: "true"
                  FLASK_DEBUG: ${FLASK_DEBUG:-0}
                  NODE_ENV: staging
            """,
        "docker-compose.prod.yml": """
            services:
              app:
                environment:
                  DEBUG: "false"
            """,
    },
    source="https://docs.djangoproject.com/en/stable/howto/deployment/checklist/#debug",
)
def debug_in_production(project: Project) -> Iterator[Report]:
    """A switch for development that the file for production leaves on: pages of errors show code and settings."""
    for service in _services(project):
        for name, variable in service.own_environment.items():
            value = variable.value.strip("'\"").lower() if isinstance(variable.value, str) else ""
            if name in _ENVIRONMENTS and value in ("development", "dev", "debug", "local"):
                message = f'"{name}" is "{value}" in production; set it to "{_ENVIRONMENTS[name]}" there'
                yield variable.value_place, message
            elif _DEBUG.fullmatch(name) and value in ("true", "1", "yes", "on"):
                yield variable.value_place, f'"{name}" is on in production; switch it off there'


_CODE = regex(r"\.{1,2}/?|\.{1,2}/(?:src|app|backend|frontend|server|client|code|api|web)(?:/[\w./-]*)?")


@rule(
    "compose/source-mounted-in-production",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              app:
                build: .
                volumes:
                  - .:/app  # <-
                  - data:/data
            volumes: {data: {}}
            """,
        "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n",
    },
    fixed={
        "docker-compose.yml": """
            services:
              app:
                build: .
                volumes:
                  - .:/app
                  - data:/data
            volumes: {data: {}}
            """,
        "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n"
        '    volumes: !override ["data:/data"]\n',
    },
    unsafe=True,
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                user: "1000"
                volumes: [".:/app"]
                healthcheck: {test: [CMD, "true"]}
            """,
        "docker-compose.prod.yml": """
            services:
              app:
                volumes: !override
                  - ./nginx.conf:/app/nginx.conf:ro
            """,
    },
    source=_DEVELOPMENT,
)
def source_mounted_in_production(project: Project) -> Iterator[Report]:
    """
    The source code mounted over the one in the image, in production.

    What runs is whatever lies in the folder of the host, not what was built and tested. The file for production takes
    the mount away with `volumes: !reset []` or `!override`.
    """
    for service in _services(project):
        found = [mount for mount in service.mounts if service.build is not None and _is_source(service, mount)]
        for mount in found:
            message = f'"{mount.source}" covers the code in the image of service "{service.name}" in production; '
            edits = taken_away(project, service, "volumes", [each.place for each in found])
            yield place_of(mount), message + "take it away there with !reset", edits


def _is_source(service: Service, mount: Mount) -> bool:
    folder = service.build.folder if service.build is not None else None
    if mount.type != "bind" or not isinstance(mount.source, str) or mount.path is None:
        return False
    return mount.path == folder or _CODE.fullmatch(mount.source) is not None


@rule(
    "compose/console-in-production",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              admin:  # <-
                image: phpmyadmin:5.2.2
            """,
        "docker-compose.prod.yml": "services:\n  admin:\n    restart: unless-stopped\n",
    },
    good={
        "docker-compose.yml": """
            services:
              admin:
                image: phpmyadmin:5.2.2
                profiles: [tools]
            """,
        "docker-compose.prod.yml": "services:\n  admin:\n    restart: unless-stopped\n",
    },
    source=_DEVELOPMENT,
    preset="strict",
    lacks=True,
)
def console_in_production(project: Project) -> Iterator[Report]:
    """A console for the database in the production stack: one more way in. A profile keeps it for when it is needed."""
    for service in _services(project):
        image = service.image
        name = image.name.basename if image is not None else ""
        if isinstance(name, str) and name in CONSOLES:
            yield service.place, f'service "{service.name}" is a console; put it into a profile such as "tools"'


@rule(
    "compose/terminal-in-production",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:1.2.3
                tty: true  # <-
                stdin_open: true  # <-
                develop:  # <-
                  watch: [{path: ./src, action: rebuild}]
            """,
        "docker-compose.prod.yml": "services:\n  app:\n    restart: unless-stopped\n",
    },
    good="""
        services:
          app:
            tty: true
    """,
    source=_DEVELOPMENT,
    preset="strict",
)
def terminal_in_production(project: Project) -> Iterator[Report]:
    """Settings for somebody who sits before the container: a terminal, an open input, a watch on the sources."""
    for service in _services(project):
        for key in ("tty", "stdin_open"):
            value = service.get(key)
            if value is not None and value.data is True:
                yield value.place, f'service "{service.name}" has "{key}" in production; remove it there'
        value = service.get("develop.watch")
        if value is not None and list(value.entries()):
            develop = service.get("develop")
            place = develop.key_place if develop is not None else value.key_place
            yield place, f'service "{service.name}" watches its sources in production; remove "develop" there'
