"""CMD, ENTRYPOINT and HEALTHCHECK: how the container starts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile, Instruction, Stage
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule

_EXEC_FORM = "https://docs.docker.com/reference/build-checks/json-args-recommended/"


@rule(
    "dockerfile/shell-form-command",
    Severity.WARNING,
    bad=(
        """
        FROM python:3.13
        USER 1000
        CMD gunicorn app:app -b 0.0.0.0:8000  # <-
        """,
        """
        FROM python:3.13
        USER 1000
        ENTRYPOINT python migrate.py && gunicorn app:app -b 0.0.0.0:$PORT  # <-
        """,
    ),
    good=(
        """
        FROM python:3.13
        USER 1000
        CMD ["gunicorn", "app:app", "-b", "0.0.0.0:8000"]
        """,
        """
        FROM python:3.13
        USER 1000
        CMD exec gunicorn app:app -b 0.0.0.0:$PORT
        """,
        """
        FROM python:3.13
        USER 1000
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        CMD gunicorn app:app -b 0.0.0.0:$PORT
        """,
    ),
    fixed="""
        FROM python:3.13
        USER 1000
        CMD ["gunicorn", "app:app", "-b", "0.0.0.0:8000"]
    """,
    source=_EXEC_FORM,
    covers=("buildkit:JSONArgsRecommended", "hadolint:DL3025", "kics:not_using_json_in_cmd_and_entrypoint_arguments"),
)
def shell_form_command(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    CMD or ENTRYPOINT as a line for a shell.

    The shell is then process 1 and does not hand SIGTERM on: `docker stop` waits its ten seconds and kills the program
    in the middle of a request. A line that starts with `exec` replaces the shell; one below a SHELL of its own is
    meant so.
    """
    for stage, each in dockerfile.in_stages("CMD", "ENTRYPOINT"):
        if each.json is not None or not each.text or each.end in stage.shells or _looks_like_json(each):
            continue
        script = stage.script(each)
        last = [command for command in script.commands if not command.depth][-1:]
        if not script.is_understood or not last or (last[0].words and last[0].words[0].text == "exec"):
            continue
        array = _as_array(stage, each)
        edits = (Edit(each.argument.place, array),) if array else ()
        hint = f"write {each.name} [...]" if array else 'put "exec" before the program'
        yield each.argument.place, f"a shell runs this and keeps SIGTERM from the program; {hint}", edits


def _as_array(stage: Stage, each: Instruction) -> str | None:
    """The exec form that does the same; None where the shell does more than to start a program."""
    commands = stage.script(each).commands
    if len(commands) != 1 or commands[0].assignments or commands[0].redirects or len(each.passage.origins) > 1:
        return None
    texts = [word.text for word in commands[0].words]
    if None in texts or any("*" in word.raw or "~" in word.raw for word in commands[0].words):
        return None
    return json.dumps(texts, ensure_ascii=False)


_JSON_LIKE = regex(r"\[\s*['\"“]")
_TEST = regex(r"\[\s+(?:\"[^\"]*\"|'[^']*')\s*(?:\]\s*(?:&|\||;)|[^\s,\]\"'])")
"""The shell's own ``[``, a test of a quoted value."""


def _looks_like_json(each: Instruction) -> bool:
    text, start = each.passage.text, each.command_start
    return bool(_JSON_LIKE.match(text, start)) and not _TEST.match(text, start)


@rule(
    "dockerfile/malformed-exec-form",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        USER 1000
        ENTRYPOINT ['python', '-m', 'app']  # <-
        CMD ["--port", "80",]  # <-
        HEALTHCHECK CMD ["python", "check.py"  # <-
    """,
    good="""
        FROM python:3.13
        USER 1000
        RUN [ -f /etc/hosts ] || exit 1
        RUN [ "$(uname -m)" = "x86_64" ] && echo ok || true
        RUN [ "$HOME" ] && [ '$HOME' != "/" ] || exit 1
        ENTRYPOINT ["python", "-m", "it's"]
        CMD []
    """,
    fixed="""
        FROM python:3.13
        USER 1000
        ENTRYPOINT ["python", "-m", "app"]
        CMD ["--port", "80"]
        HEALTHCHECK CMD ["python", "check.py"]
    """,
    source="https://docs.docker.com/reference/dockerfile/#exec-form",
    covers=("hadolint:DL3025",),
)
def malformed_exec_form(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    An array that is not JSON: single quotes, a comma too many, a bracket missing.

    Docker then takes the line for shell text and starts a program named `[python,`.
    """
    for _, each in dockerfile.in_stages("CMD", "ENTRYPOINT", "RUN", "SHELL", "HEALTHCHECK", "COPY", "ADD", "VOLUME"):
        if (
            each.json is not None
            or not _looks_like_json(each)
            or not _JSON_LIKE.match(each.passage.text[each.command_start :])
        ):
            continue
        text = each.passage.text[each.command_start :].rstrip()
        mended = _mended(text)
        place = each.passage.place(each.command_start, each.command_start + len(text))
        edits = (Edit(place, mended),) if mended and len(each.passage.origins) == 1 else ()
        yield (
            place,
            "this is no JSON array, so a shell gets it; use double quotes, commas between, both brackets",
            edits,
        )


def _mended(text: str) -> str | None:
    if '"' not in text and "\\" not in text:
        text = text.replace("'", '"')
    text = re.sub(r",\s*\]$", "]", text)
    for candidate in (text, text.rstrip(",") + "]"):
        try:
            data = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(data, list) and all(isinstance(item, str) for item in data):
            return candidate
    return None


@rule(
    "dockerfile/overruled-command",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        USER 1000
        CMD ["python", "old.py"]  # <-
        HEALTHCHECK CMD ["python", "old.py"]  # <-
        CMD ["python", "new.py"]
        HEALTHCHECK CMD ["python", "new.py"]
    """,
    good="""
        FROM python:3.13 AS base
        CMD ["python", "old.py"]
        FROM base
        USER 1000
        ENTRYPOINT ["python"]
        CMD ["new.py"]
    """,
    fixed="""
        FROM python:3.13
        USER 1000
        CMD ["python", "new.py"]
        HEALTHCHECK CMD ["python", "new.py"]
    """,
    source="https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/",
    covers=("buildkit:MultipleInstructionsDisallowed", "hadolint:DL4003", "hadolint:DL4004", "hadolint:DL3012",
            "trivy:DS-0016", "trivy:DS-0007", "trivy:DS-0023", "kics:multiple_cmd_instructions_listed",
            "kics:multiple_entrypoint_instructions_listed"),
)  # fmt: skip
def overruled_command(dockerfile: Dockerfile) -> Iterator[Report]:
    """A second CMD, ENTRYPOINT or HEALTHCHECK in one stage: only the last one counts."""
    for stage in dockerfile.stages:
        for name in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for each in list(stage.all(name))[:-1]:
                message = f"a later {name} of this stage takes its place; remove this one"
                yield each.place, message, (Edit(dockerfile.source.whole_lines(each.place), ""),)
