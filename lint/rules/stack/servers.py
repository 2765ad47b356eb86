"""Servers that nobody reaches or stops, because of how a container starts them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...finding import Edit, Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule
from ...source import Source
from ...stack import Container, Stack
from ...stack.gunicorn import setting
from ...stack.starting import SERVERS, Started, started, variable

_LOOPBACK = regex(r"(?:127\.0\.0\.1|localhost|\[::1\]|::1)(?::\d+)?")
_HOSTS = {
    "uvicorn": (("--host",), "UVICORN_HOST"),
    "flask": (("--host", "-h"), "FLASK_RUN_HOST"),
    "vite": (("--host",), ""),
}
_SOCKETS = ("--uds", "--fd", "--unix-socket", "--config", "-c", "--env-file")
_GUNICORN = 'FROM python:3.13.5-slim\nWORKDIR /app\nUSER 1000\nCMD ["gunicorn", %s"app:app"]%s\n'


@rule(
    "stack/server-on-loopback",
    Severity.ERROR,
    bad=(
        {
            "docker-compose.yml": """
                services:
                  app:
                    build: .
                    ports: ["127.0.0.1:8000:8000"]
                  api:
                    image: ghcr.io/acme/api:1.2.3
                    command: uvicorn main:app --port 8000  # <-
                    ports: ["127.0.0.1:8001:8000"]
            """,
            "Dockerfile": _GUNICORN % ("", "  # <-"),
        },
        {
            "docker-compose.yml": """
                services:
                  app:
                    image: ghcr.io/acme/app:1.2.3
                    command: [python, manage.py, runserver]  # <-
                  web:
                    image: ghcr.io/acme/web:1.2.3
            """,
        },
    ),
    good={
        "docker-compose.yml": """
            services:
              app:
                build: .
                ports: ["127.0.0.1:8000:8000"]
              port:
                image: ghcr.io/acme/api:1.2.3
                command: gunicorn app:app
                environment: {PORT: 8000}
                ports: ["127.0.0.1:8001:8000"]
              told:
                image: ghcr.io/acme/api:1.2.3
                command: uvicorn main:app
                environment: {UVICORN_HOST: 0.0.0.0}
              beside:
                image: ghcr.io/acme/api:1.2.3
                command: uvicorn main:app
                network_mode: service:app
        """,
        "Dockerfile": _GUNICORN % ('"--bind", "0.0.0.0:8000", ', ""),
    },
    source="https://docs.gunicorn.org/en/stable/settings.html#bind",
)
def server_on_loopback(stack: Stack) -> Iterator[Report]:
    """
    A server listens on 127.0.0.1 of its container, where no other container and no published port reaches it.

    It is where gunicorn, uvicorn, Flask, Django's and Vite's servers listen unless they are told otherwise. Bind to
    0.0.0.0; what the world reaches is decided by `ports`.
    """
    joined = {str(each.service.data("network_mode", default="")) for each in stack.containers.values()}
    seen: set[Place] = set()
    for container in stack.containers.values():
        service, server = container.service, started(container)
        is_alone = len(stack.containers) == 1 and not service.ports
        if server is None or is_alone or service.get("network_mode") or f"service:{container.name}" in joined:
            continue
        place = _place(container, server)
        if place is not None and place not in seen and _is_on_loopback(container, server):
            seen.add(place)
            yield place, f"{server.name} listens to its own container alone; bind it to 0.0.0.0"


def _place(container: Container, server: Started) -> Place | None:
    """Where it is started; of Dockerfiles only gunicorn's, since their own rule reports the others."""
    own = container.service.command or container.service.entrypoint
    if own is not None:
        return own.place
    image = (container.stage.cmd or container.stage.entrypoint) if container.stage is not None else None
    return image.place if image is not None and server.name == "gunicorn" else None


def _is_on_loopback(container: Container, server: Started) -> bool:
    if server.name == "gunicorn":
        return _is_gunicorn_on_loopback(container, server)
    if server.name == "manage.py":
        words = [word for word in server.arguments if not word.startswith("-")]
        return words[:1] == ["runserver"] and (len(words) == 1 or _LOOPBACK.fullmatch(words[1]) is not None)
    if (
        server.name not in _HOSTS
        or _is_told_elsewhere(server)
        or (server.name == "flask" and _has_flask_file(container))
    ):
        return False
    options, name = _HOSTS[server.name]
    given = server.option(*options)
    if given is not None:
        return _LOOPBACK.fullmatch(given) is not None
    return not name or variable(container, name) == ""


def _is_gunicorn_on_loopback(container: Container, server: Started) -> bool:
    binds = setting(container, server, "bind", "-b")
    if not binds:
        return binds is not None and variable(container, "PORT") == ""
    is_of_service = (container.service.command or container.service.entrypoint) is not None
    return is_of_service and all(_LOOPBACK.fullmatch(each) for each in binds)


def _is_told_elsewhere(server: Started) -> bool:
    """Whether a file or a bare switch may say where it listens, or it is no server that is started."""
    if server.name == "vite":
        return "--host" in server.arguments or server.arguments[:1] in (("build",), ("optimize",))
    is_other = server.name == "flask" and "run" not in server.arguments
    return is_other or any(server.option(each) for each in _SOCKETS)


def _has_flask_file(container: Container) -> bool:
    """Whether a .flaskenv, which Flask reads where it starts, may say where to listen."""
    folder = container.build.folder if container.build is not None else None
    folders = {
        container.stack.project.directory,
        folder or "",
        *(mount.path or "" for mount in container.service.mounts),
    }
    return any(container.stack.reader.exists(posixpath.join(each, ".flaskenv")) for each in folders)


_SHEBANG = regex(r"#!\s*(?:/usr)?/bin/(?:env\s+)?(?:ba|da|a)?sh\b")
_STARTS = (
    *(name for name in SERVERS if name not in ("serve", "next", "php")),
    "node",
    "java",
    "dotnet",
    "celery",
    "npm",
)
_COMPOSE = "services:\n  app:\n    build: .\n"
_WITH_SCRIPT = 'FROM python:3.13.5-slim\nWORKDIR /app\nCOPY run.sh ./\nUSER 1000\nENTRYPOINT ["/app/run.sh"]\n'


@rule(
    "stack/script-without-exec",
    Severity.WARNING,
    bad={
        "docker-compose.yml": _COMPOSE,
        "Dockerfile": _WITH_SCRIPT,
        "run.sh": "#!/bin/sh\nset -e\npython manage.py migrate\ngunicorn --bind 0.0.0.0:8000 app:app  # <-\n",
    },
    fixed={
        "docker-compose.yml": _COMPOSE,
        "Dockerfile": _WITH_SCRIPT,
        "run.sh": "#!/bin/sh\nset -e\npython manage.py migrate\nexec gunicorn --bind 0.0.0.0:8000 app:app\n",
    },
    good=(
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": _WITH_SCRIPT,
            "run.sh": "#!/bin/sh\npython manage.py migrate\nexec gunicorn --bind 0.0.0.0:8000 app:app\n",
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": _WITH_SCRIPT,
            "run.sh": "#!/bin/sh\ntrap 'kill $!' TERM\ngunicorn --bind 0.0.0.0:8000 app:app & wait\n",
        },
        {
            "docker-compose.yml": _COMPOSE,
            "Dockerfile": _WITH_SCRIPT,
            "run.sh": '#!/bin/sh\npython manage.py migrate\nexec "$@"\n',
        },
    ),
    source="https://github.com/geopython/GeoHealthCheck/issues/372",
)
def script_without_exec(stack: Stack) -> Iterator[Report]:
    """
    A start script runs its server without `exec`, so that the shell stays in front of it.

    The engine tells the shell to stop, which hands nothing on: after ten seconds everything is killed in the middle of
    its work. `exec` puts the server in the shell's place.
    """
    seen: set[Place] = set()
    for container in stack.containers.values():
        source = _script(container)
        if source is None or not _SHEBANG.match(source.text) or "trap " in source.text:
            continue
        found = _last_command(source)
        if found is not None and (place := source.place(*found)) not in seen:
            seen.add(place)
            stack.report_in(source)
            start = source.place(found[0], found[0])
            message = f'"{source.text[found[0] : found[1]].split()[0]}" never hears that it is to stop; '
            yield place, message + 'write "exec" before it', (Edit(start, "exec "),)


def _script(container: Container) -> Source | None:
    """The script that it starts with, where it is at hand."""
    words = [word for word in container.words or () if word not in ("sh", "bash", "/bin/sh", "/bin/bash", "-e", "-x")]
    if not words or not words[0].endswith(".sh"):
        return None
    folder = container.service.data("working_dir") or (container.stage.workdir if container.stage else None) or "/"
    here = container.tree.source(posixpath.normpath(posixpath.join(str(folder), words[0])))
    return container.stack.text(here) if here is not None else None


def _last_command(source: Source) -> tuple[int, int] | None:
    """Where the last command of the script stands, if it is one line at its top that starts a server."""
    text = source.text.rstrip()
    start = text.rfind("\n") + 1
    line = text[start:]
    above = text[:start].rstrip()
    name = posixpath.basename(line.split()[0]) if line.split() else ""
    is_single = not above.endswith("\\") and not any(sign in line for sign in ("&", "|", ";", ">(", "<<"))
    is_server = name in _STARTS or (name.startswith("python") and any(f" {each}" in line for each in SERVERS))
    return (start, start + len(line)) if is_single and is_server and not line[:1].isspace() else None
