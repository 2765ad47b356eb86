"""How CMD, ENTRYPOINT and HEALTHCHECK come together when the container starts."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Dockerfile
from ...finding import Severity
from ...regex import regex
from ...rule import Report, rule


@rule(
    "dockerfile/command-never-used",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        USER 1000
        ENTRYPOINT exec python app.py
        CMD ["--port", "80"]  # <-
    """,
    good="""
        FROM python:3.13
        USER 1000
        ENTRYPOINT ["python", "app.py"]
        CMD ["--port", "80"]
    """,
    source="https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",
)
def command_never_used(dockerfile: Dockerfile) -> Iterator[Report]:
    """A CMD beside an ENTRYPOINT in shell form, which takes no arguments: it is dropped without a word."""
    for stage in dockerfile.stages:
        entrypoints, commands = list(stage.all("ENTRYPOINT")), list(stage.all("CMD"))
        if entrypoints and commands and entrypoints[-1].json is None and not entrypoints[-1].text.startswith("["):
            if "$@" in entrypoints[-1].text or "$0" in entrypoints[-1].text:
                continue
            message = "an ENTRYPOINT in shell form takes no arguments; write the ENTRYPOINT as a JSON array"
            yield commands[-1].place, message


@rule(
    "dockerfile/variable-in-exec-form",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        ENV PORT=8000
        USER 1000
        CMD ["gunicorn", "-b", "0.0.0.0:$PORT", "app:app"]  # <-
    """,
    good=(
        """
        FROM python:3.13
        USER 1000
        CMD ["sh", "-c", "exec gunicorn -b 0.0.0.0:$PORT app:app"]
        """,
        """
        FROM python:3.13
        USER 1000
        ENTRYPOINT ["/entrypoint.sh"]
        CMD ["serve", "$PORT"]
        """,
        """
        FROM nginx:1.30.1
        USER 101
        CMD ["awk", "{print $1}", "/etc/hosts"]
        """,
    ),
    source="https://docs.docker.com/reference/dockerfile/#variable-substitution",
)
def variable_in_exec_form(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A variable in a JSON array: no shell is there to replace it.

    The program gets the dollar and the name. Another ENTRYPOINT might replace it and is given the benefit of doubt.
    """
    for stage, each in dockerfile.in_stages("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        words = each.json or ()
        if not words or (each.name == "CMD" and any(stage.all("ENTRYPOINT"))):
            continue
        if any(command.depth for command in stage.script(each).commands) or _starts_script(words[0].text):
            continue
        for word in words[1:]:
            if _VARIABLE.search(word.text):
                yield word.place, 'no shell replaces this variable; write ["sh", "-c", "exec ..."], or the value itself'


_VARIABLE = regex(r"\$(?:[A-Z_][A-Z0-9_]+|\{[A-Z_][A-Z0-9_]+[}:-])")


def _starts_script(program: str) -> bool:
    return program.rpartition("/")[2] in ("sh", "bash", "ash", "dash", "envsubst", "eval") or program.endswith(".sh")


@rule(
    "dockerfile/operator-in-exec-form",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        USER 1000
        HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1/", "||", "exit", "1"]  # <-
        CMD ["python", "migrate.py", "&&", "python", "app.py"]  # <-
    """,
    good="""
        FROM node:24.4
        USER 1000
        HEALTHCHECK CMD curl -f http://127.0.0.1/ || exit 1
        ENTRYPOINT ["find", "/srv", "-name", "a", "-exec", "rm", "{}", ";"]
        CMD ["sh", "-c", "python migrate.py && exec python app.py"]
    """,
    source="https://docs.docker.com/reference/dockerfile/#exec-form",
)
def operator_in_exec_form(dockerfile: Dockerfile) -> Iterator[Report]:
    """An operator of the shell in a JSON array: no shell is there, and the program gets it as an argument."""
    for _, each in dockerfile.in_stages("CMD", "ENTRYPOINT", "HEALTHCHECK", "RUN"):
        for word in each.json or ():
            if word.text in ("&&", "||", "|", ">", ">>", "2>&1"):
                yield word.place, f'"{word.text}" is an argument here; write ["sh", "-c", "..."], or the shell form'
                break


@rule(
    "dockerfile/healthcheck-cannot-fail",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        USER 1000
        HEALTHCHECK CMD curl -f http://127.0.0.1/ || true  # <-
    """,
    good="""
        FROM python:3.13
        USER 1000
        HEALTHCHECK CMD curl -f http://127.0.0.1/ || exit 1
    """,
    source="https://docs.docker.com/reference/dockerfile/#healthcheck",
)
def healthcheck_cannot_fail(dockerfile: Dockerfile) -> Iterator[Report]:
    """A health check whose last word is always yes, such as `|| true` or `; exit 0`."""
    for stage, each in dockerfile.in_stages("HEALTHCHECK"):
        script = stage.script(each)
        top = [command for command in script.commands if not command.is_conditional]
        if len(top) < 2 or not script.is_understood or top[-1].before not in ("||", ";"):  # noqa: PLR2004 - a check and its end
            continue
        end = [word.known for word in top[-1].words]
        if end in (["true"], [":"], ["exit", "0"]):
            yield top[-1].place, "this health check never fails; end it with || exit 1"
