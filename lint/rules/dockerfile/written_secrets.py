"""Secrets in the files that a Dockerfile writes itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, Instruction, Stage
from ...envfile.embedded import literal_secrets
from ...finding import Severity
from ...place import Place
from ...policy import Policy
from ...rule import Report, rule

_WRITERS = ("cat", "tee")
_SPEAKERS = ("echo", "printf")


@rule(
    "dockerfile/secret-in-written-file",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        COPY <<EOF /app/config.yaml
        database:
          host: db
          password: h4rdT0Gu3ss  # <-
        EOF
        RUN cat > /app/.env <<'EOF'
        API_KEY=h4rdT0Gu3ss  # <-
        EOF
        RUN echo "db_password = h4rdT0Gu3ss" >> /app/settings.ini  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        COPY <<EOF /app/config.yaml
        database:
          # password: h4rdT0Gu3ss
          password: ${DB_PASSWORD}
          password_file: /run/secrets/db
        EOF
        COPY <<EOF /app/start.sh
        #!/bin/sh
        DB_PASSWORD=$(cat /run/secrets/db) exec app
        EOF
        RUN echo "password: ask the operator" && echo "password_file=/run/secrets/db" > /app/settings.ini
        USER 1000
    """,
    source="https://cwe.mitre.org/data/definitions/798.html",
    conceals=True,
)
def secret_in_written_file(dockerfile: Dockerfile, policy: Policy) -> Iterator[Report]:
    """
    A secret in a file that the Dockerfile writes: by a heredoc, or by `echo` into a file.

    It is in the repository, and in the image of everybody who may pull it. Leave it out, and let the program read it
    from the environment or from a file under /run/secrets.
    """
    for stage in dockerfile.stages:
        for each in stage.instructions:
            for place, name in (*_of_bodies(stage, each, policy), *_of_commands(stage, each, policy)):
                yield place, f'"{name}" is a secret in a file of the image; read it from the environment instead'


def _of_bodies(stage: Stage, each: Instruction, policy: Policy) -> Iterator[tuple[Place, str]]:
    """Secrets in the heredocs that become files."""
    is_copy = each.name in ("COPY", "ADD")
    is_written = each.name == "RUN" and each.heredocs and any(map(_writes, stage.script(each).commands))
    for heredoc in each.heredocs if is_copy or is_written else ():
        for start, end, name in literal_secrets(heredoc.body.text, policy.is_secret_name):
            if not policy.is_placeholder(heredoc.body.text[start:end]):
                yield heredoc.body.place(start, end), name


def _writes(command: Command) -> bool:
    """Whether it puts what it reads into a file."""
    reads = any(redirect.operator.lstrip("0").startswith("<<") for redirect in command.redirects)
    return command.program in _WRITERS and reads


def _of_commands(stage: Stage, each: Instruction, policy: Policy) -> Iterator[tuple[Place, str]]:
    """Secrets that are echoed into a file."""
    for command in stage.script(each).commands if each.name == "RUN" else ():
        is_kept = any(re.fullmatch(r"1?>>?", redirect.operator) for redirect in command.redirects)
        if command.program not in _SPEAKERS or not is_kept:
            continue
        for word in command.arguments:
            text = word.text or ""
            for start, end, name in literal_secrets(text, policy.is_secret_name):
                if "%" not in text[start:end] and not policy.is_placeholder(text[start:end]):
                    yield word.place, name
                    break
