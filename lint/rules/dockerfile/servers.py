"""Servers that a container starts, and how they listen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, Instruction, ShellWord, Stage
from ...finding import Edit, Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule

_LOOPBACK = regex(r"(?:https?://)?(?P<host>127\.0\.0\.1|localhost|\[::1\]|::1)(?::\d+)?")
_DEFAULT_LOOPBACK = {"uvicorn": "UVICORN_HOST", "flask": "FLASK_RUN_HOST", "hypercorn": ""}


def _started(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Instruction, Command]]:
    """The commands that the image starts with."""
    stage = dockerfile.final_stage
    for each in (stage.entrypoint, stage.cmd) if stage else ():
        if stage is not None and each is not None:
            for command in stage.script(each).commands:
                yield stage, each, command


@rule(
    "dockerfile/server-on-loopback",
    Severity.ERROR,
    bad=(
        """
        FROM python:3.13
        USER 1000
        CMD ["uvicorn", "app:app", "--port", "8000"]  # <-
        """,
        """
        FROM python:3.13
        USER 1000
        CMD ["gunicorn", "-b", "127.0.0.1:8000", "app:app"]  # <-
        """,
        """
        FROM python:3.13
        USER 1000
        CMD ["python", "-m", "hypercorn", "--bind=localhost:8000", "app:app"]  # <-
        """,
    ),
    good=(
        """
        FROM python:3.13
        USER 1000
        CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]
        """,
        """
        FROM python:3.13
        ENV UVICORN_HOST=0.0.0.0
        USER 1000
        CMD ["uvicorn", "app:app"]
        """,
        """
        FROM python:3.13
        USER 1000
        CMD ["gunicorn", "-k", "uvicorn.workers.UvicornWorker", "app:app"]
        """,
        """
        FROM python:3.13
        USER 1000
        CMD ["uvicorn", "app:app", "--uds", "/run/app.sock"]
        """,
    ),
    fixed="""
        FROM python:3.13
        USER 1000
        CMD ["uvicorn", "app:app", "--port", "8000", "--host", "0.0.0.0"]
    """,
    source="https://www.uvicorn.org/settings/#socket-binding",
)
def server_on_loopback(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    The server listens on 127.0.0.1, where only its own container reaches it.

    Neither nginx nor a published port gets through. It is the default of uvicorn, Flask and hypercorn. A gunicorn
    without an address may have one in its configuration file, and is left alone.
    """
    for stage, each, command in _started(dockerfile):
        name, arguments = _server(command)
        if not name:
            continue
        address = _address(name, arguments)
        if address is not None:
            match = _LOOPBACK.fullmatch(address[1])
            if match:
                yield _literal_fault(address[0], match["host"])
        elif name in _DEFAULT_LOOPBACK and _has_default(stage, name, command, arguments):
            message = f'"{name}" listens on 127.0.0.1 unless told; add --host 0.0.0.0'
            yield (arguments or command.argv)[-1].place, message, _added(each, command)


def _server(command: Command) -> tuple[str, tuple[ShellWord, ...]]:
    words = command.argv
    if (re.fullmatch(r"python[\d.]*", command.program) and [word.known for word in words[1:2]] == ["-m"]) or (
        command.program in ("poetry", "uv", "pipenv") and [word.known for word in words[1:2]] == ["run"]
    ):
        words = words[2:]
    name = words[0].known.rpartition("/")[2] if words else ""
    if name == "flask" and "run" not in [word.known for word in words]:
        return "", ()
    return (name, words[1:]) if name in (*_DEFAULT_LOOPBACK, "gunicorn") else ("", ())


def _address(name: str, arguments: tuple[ShellWord, ...]) -> tuple[ShellWord, str] | None:
    """The word that names the address, and the address in it."""
    options = {
        "uvicorn": ("--host",),
        "flask": ("--host", "-h"),
        "gunicorn": ("-b", "--bind"),
        "hypercorn": ("-b", "--bind"),
    }[name]
    for index, word in enumerate(arguments):
        option, equals, value = word.known.partition("=")
        if option in options and equals:
            return word, value
        if word.known in options and index + 1 < len(arguments):
            return arguments[index + 1], arguments[index + 1].known
    return None


_EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container is reached at an address it does not know


def _literal_fault(word: ShellWord, host: str) -> Report:
    at = word.passage.text[word.start : word.end].find(host)
    edits: tuple[Edit, ...] = ()
    if at >= 0:
        start = word.start + at
        edits = (Edit(word.passage.place(start, start + len(host)), _EVERYWHERE),)
    return word.place, f'"{host}" is reached from inside the container only; listen on {_EVERYWHERE}', edits


def _has_default(stage: Stage, name: str, command: Command, arguments: tuple[ShellWord, ...]) -> bool:
    texts = [word.known.partition("=")[0] for word in arguments]
    if any(text in ("--uds", "--fd", "--config", "-c", "--env-file") for text in texts) or any(
        word.text is None for word in arguments
    ):
        return False
    variable = _DEFAULT_LOOPBACK[name]
    return variable not in stage.environment and not any(
        word.known.startswith(f"{variable}=") for word in command.assignments
    )


def _added(each: Instruction, command: Command) -> tuple[Edit, ...]:
    if each.json is None or command.depth:
        return ()
    last = command.words[-1].place
    end = Place(last.path, last.end_line, last.end_column, last.end_line, last.end_column)
    return (Edit(end, ', "--host", "0.0.0.0"'),)


_DEVELOPMENT = {
    ("flask", "run"): "gunicorn",
    ("ng", "serve"): "a build that nginx serves",
    ("next", "dev"): '"next start"',
    ("nuxt", "dev"): "a build",
    ("fastapi", "dev"): '"fastapi run"',
    ("npm", "dev"): "a build",
    ("yarn", "dev"): "a build",
    ("pnpm", "dev"): "a build",
    ("nodemon", ""): '"node"',
    ("webpack-dev-server", ""): "a build that nginx serves",
}


@rule(
    "dockerfile/development-server",
    Severity.ERROR,
    bad=(
        """
        FROM python:3.13
        USER 1000
        CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--reload"]  # <-
        """,
        """
        FROM node:24.4
        USER 1000
        CMD ["npm", "run", "dev"]  # <-
        """,
        """
        FROM python:3.13
        USER 1000
        CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]  # <-
        """,
        {
            "Dockerfile": 'FROM node:24.4\nUSER 1000\nCMD ["npm", "start"]  # <-\n',
            "package.json": '{"scripts": {"start": "react-scripts start"}}\n',
        },
    ),
    good=(
        """
        FROM python:3.13
        USER 1000
        CMD ["gunicorn", "app:app", "--bind", "0.0.0.0:8000"]
        """,
        {"Dockerfile.dev": 'FROM node:24.4\nUSER 1000\nCMD ["npm", "run", "dev"]\n'},
        {
            "Dockerfile": 'FROM node:24.4\nUSER 1000\nCMD ["npm", "start"]\n',
            "package.json": '{"scripts": {"start": "node server.js"}}\n',
        },
        """
        FROM python:3.13 AS production
        USER 1000
        FROM production AS development
        USER 1000
        CMD ["flask", "run", "--host", "0.0.0.0"]
        """,
    ),
    source="https://flask.palletsprojects.com/en/stable/deploying/",
)
def development_server(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    The image starts a server made for developing.

    It watches files, shows its inside in errors, and serves one request at a time.
    A file or a final stage whose name says that it is for development is left alone.
    """
    stage = dockerfile.final_stage
    names = re.split(r"[^a-z]+", f"{dockerfile.path} {stage.name if stage else ''}".lower())
    if set(names) & {"dev", "development", "local", "test", "debug", "devcontainer", "playground"}:
        return
    for _, _, command in _started(dockerfile):
        reload = command.option("--reload")
        if reload and reload.known in ("--reload", "--reload=true") and _server(command)[0]:
            yield reload.place, '"--reload" watches files and restarts; leave it out of an image'
        elif instead := _development(command) or _of_manifest(dockerfile, command):
            yield command.place, f"a server made for developing; start {instead}"


_SCRIPTS = regex(
    r"(?:^|&&\s*|;\s*)(?:[A-Z_]+=\S+\s+)*(?:cross-env\s+(?:\S+=\S+\s+)*)?(?:react-scripts start|vue-cli-service serve"
    r"|ng serve|next dev|nuxt dev|astro dev|gatsby develop|webpack(?:-dev-server| serve)|nodemon|ts-node-dev"
    r"|vite(?: dev| serve)?(?=\s*$|\s+-))\b"
)


def _of_manifest(dockerfile: Dockerfile, command: Command) -> str | None:
    """What to start instead, where the package.json at hand says that the script starts a server for developing."""
    words = [word.known for word in command.argv]
    if words[:1] not in (["npm"], ["yarn"], ["pnpm"]) or dockerfile.manifest is None:
        return None
    names = [word for word in words[1:] if word != "run" and not word.startswith("-")]
    import json  # noqa: PLC0415 - few Dockerfiles have a package.json beside them

    try:
        data = json.loads(dockerfile.manifest)
    except (ValueError, RecursionError):
        return None
    scripts = data.get("scripts") if isinstance(data, dict) else None
    script = scripts.get(names[0]) if isinstance(scripts, dict) and names else None
    return "a build that nginx serves" if isinstance(script, str) and _SCRIPTS.search(script) else None


def _development(command: Command) -> str | None:
    words = [word.known.rpartition("/")[2] for word in command.argv]
    words = words[1:] if words[:1] == ["npx"] else words
    if words[1:2] == ["run"] and words[:1] in (["npm"], ["yarn"], ["pnpm"]):
        words = [words[0], *words[2:]]
    if "manage.py" in words[:2] and "runserver" in words[:4]:
        return "gunicorn"
    if words[:1] == ["vite"] and words[1:2] not in (["build"], ["preview"], ["optimize"]):
        return "a build that nginx serves"
    if _server(command)[0] == "flask":
        return "gunicorn"
    return (
        _DEVELOPMENT.get((words[0], words[1] if len(words) > 1 else "")) or _DEVELOPMENT.get((words[0], ""))
        if words
        else None
    )
