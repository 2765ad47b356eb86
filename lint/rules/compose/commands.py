"""Commands that are not run as they are written: no shell reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ...compose import Command, Project, Service
from ...compose.edits import replaced
from ...compose.nodes import Scalar
from ...finding import Edit, Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule

_COMMAND = "https://docs.docker.com/reference/compose-file/services/#command"
_OPERATOR = regex(r"&&|\|\||\d?>>?|<<|[;&|<]")
_PLAIN = regex(r"[\w ./:=@%+,&;-]+")
_ARGUMENTS = frozenset(["&&", "||", "|", ">", ">>", "2>&1"])


def _commands(project: Project) -> Iterator[tuple[Service, str, Command]]:
    for service in project.services.values():
        for key, command in (("command", service.command), ("entrypoint", service.entrypoint)):
            if command is not None:
                yield service, key, command


@rule(
    "compose/command-cut-off",
    Severity.ERROR,
    bad=(
        """
        services:
          app:
            image: acme/app:1.2.3
            command: python manage.py migrate && gunicorn --bind 0.0.0.0:8000 app:app  # <-
        """,
        """
        services:
          worker:
            image: acme/app:1.2.3
            command: celery -A app worker > /var/log/worker.log 2>&1  # <-
          proxy:
            image: acme/proxy:1.2.3
            entrypoint: >
              /bin/prepare; /bin/proxy  # <-
        """,
    ),
    fixed="""
        services:
          app:
            image: acme/app:1.2.3
            command: sh -c "python manage.py migrate && exec gunicorn --bind 0.0.0.0:8000 app:app"
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            command: sh -c "python manage.py migrate && exec gunicorn app:app"
            init: true
          quoted:
            image: acme/app:1.2.3
            command: fetch "http://example.com/?a=1&b=2" 'x > y' --to a\\;b
          list:
            image: acme/app:1.2.3
            command: [find, /srv, -exec, rm, "{}", ";"]
    """,
    source=_COMMAND,
    unsafe=True,
)
def command_cut_off(project: Project) -> Iterator[Report]:
    """
    A command with `&&`, `;`, `|`, `>` or `<` outside of quotes: Compose drops the rest without a word.

    A text is split into words and no shell runs it. Of `migrate && serve` only `migrate` is left: the container ends
    after it, and starts again, and again. Write `sh -c "..."`, with `exec` before the last command.
    """
    for service, key, command in _commands(project):
        if command.dropped:
            place, operator = _cut(command)
            message = f'"{operator}" ends the {key} of service "{service.name}", and the rest is dropped; '
            yield place, message + 'write sh -c "..."', tuple(_wrapped(command))


def _cut(command: Command) -> tuple[Place, str]:
    """Where the operator stands, and the operator."""
    match = _OPERATOR.match(command.dropped)
    operator = match[0] if match else command.dropped[:1]
    start = command.text.rfind(command.dropped.rstrip())
    if start < 0:
        return command.place, operator
    return command.value.part_place(start, start + len(operator)), operator


def _wrapped(command: Command) -> Iterator[Edit]:
    """The same in a shell, where it is one plain line of programs, each after the other."""
    node = command.value.node
    if not isinstance(node, Scalar) or node.style or not _PLAIN.fullmatch(command.text) or ": " in command.text:
        return
    parts = re.split(r"(\s*(?:&&|;)\s*)", command.text.strip())
    if "&" in "".join(parts[::2]) or not parts[-1] or parts[-1].startswith("exec "):
        return
    yield replaced(command.value, f'sh -c "{"".join(parts[:-1])}exec {parts[-1]}"', safe=False)


@rule(
    "compose/operator-as-argument",
    Severity.ERROR,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            command: [python, migrate.py, "&&", gunicorn, "app:app"]  # <-
            healthcheck:
              test: [CMD, curl, -f, "http://127.0.0.1/", "||", exit, "1"]  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            command: [sh, -c, "python migrate.py && exec gunicorn app:app"]
            healthcheck:
              test: [CMD-SHELL, "curl -f http://127.0.0.1/ || exit 1"]
          other:
            image: acme/app:1.2.3
            entrypoint: [sh, -c]
            command: [find, /srv, -exec, rm, "{}", ";"]
          grep:
            image: acme/app:1.2.3
            command: [awk, -F, "|", /srv/table]
    """,
    source=_COMMAND,
)
def operator_as_argument(project: Project) -> Iterator[Report]:
    """
    An operator of the shell as an item of a list: the program gets it as an argument.

    `curl URL || exit 1` then asks for the addresses `||`, `exit` and `1` too, and a check written so never succeeds.
    Only `CMD-SHELL`, or `sh -c` with all of it in one item, is read by a shell.
    """
    for service in project.services.values():
        for path in ("command", "entrypoint", "healthcheck.test"):
            value = service.get(path)
            words = list(value.entries()) if value is not None else []
            for before, word in pairwise(words):
                text = word.data
                is_value = str(before.data).startswith("-") and text == "|"
                if isinstance(text, str) and text in _ARGUMENTS and not is_value:
                    message = f'"{text}" is an argument of the program here; '
                    yield word.place, message + "put all of it into one item after sh -c, or CMD-SHELL"
                    break
