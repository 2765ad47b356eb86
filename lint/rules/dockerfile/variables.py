"""ARG and ENV: what is set where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ...dockerfile import Dockerfile, Instruction, Stage
from ...dockerfile.expansion import Use
from ...dockerfile.faults import nearest
from ...dockerfile.scope import BUILTIN_ARGUMENTS, PLATFORM_ARGUMENTS, replaced_words
from ...finding import Edit, Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule

_UNDEFINED = "https://docs.docker.com/reference/build-checks/undefined-var/"
_ANSWERED = ("-", ":-", "+", ":+", "?", ":?")


@rule(
    "dockerfile/undefined-variable",
    Severity.WARNING,
    bad="""
        ARG VERSION=1.2
        FROM debian:13.1
        LABEL version=$VERSION  # <-
        COPY app-${APP_VERSION}.tgz /srv/  # <-
        ARG APP_VERSION=3
        COPY app-${APP_VERSOIN}.tgz /srv/  # <-
        RUN ./install --version "$VERSION"  # <-
        USER 1000
        FROM scratch
        COPY --from=0 $HOME /home  # <-
        USER 1000
    """,
    good="""
        ARG VERSION=1.2
        ARG PG_MAJOR=17
        FROM debian:13.1
        ARG VERSION
        ENV PATH=/srv/bin:$PATH TARGET=${UNSET:-x}
        LABEL version=$VERSION lang=$LANG
        RUN VERSION=$(cat /v) && for a in b; do echo "$a $VERSION $HTTP_PROXY"; done
        USER 1000
        FROM postgres:17.6
        RUN /build --with pg-$PG_MAJOR
        USER 1000
    """,
    source=_UNDEFINED,
    covers=("buildkit:UndefinedVar",),
)
def undefined_variable(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A variable that nothing sets at this place, so it is empty.

    Reported where it is certain: an ARG above the first FROM that the stage does not declare again, one that is
    declared only below, a misspelt one, and any in an image that starts from nothing. What else is not set here
    may come from the base image.
    """
    for stage in dockerfile.stages:
        below = _declared_below(stage)
        for position, each in enumerate(stage.instructions):
            known = {name for name, at in below.items() if at < position}
            for use in _uses(stage, each):
                if use.operator in _ANSWERED or _is_set(stage, use.name, known, below):
                    continue
                is_set_below = below.get(use.name, -1) > position
                hint = _MOVE if is_set_below else _hint(dockerfile, stage, use.name, known)
                if hint:
                    yield use.place, f'"{use.name}" is empty here; {hint}'


def _declared_below(stage: Stage) -> Mapping[str, int]:
    """Where in the stage each variable is set first."""
    found: dict[str, int] = {}
    for position, each in enumerate(stage.instructions):
        for pair in each.pairs if each.name in ("ARG", "ENV") else ():
            found.setdefault(pair.name.text, position)
    return found


def _is_set(stage: Stage, name: str, known: set[str], below: Mapping[str, int]) -> bool:
    if name in known or name in ("PATH", *BUILTIN_ARGUMENTS) or not re.fullmatch(r"[A-Za-z_]\w*", name):
        return True
    if any(name in scope.environment or name in scope.arguments for scope in list(stage.scope.chain())[1:]):
        return True
    return name in PLATFORM_ARGUMENTS and name in below


_OF_BASE = regex(
    r"(?:PG|PYTHON|NODE|YARN|NGINX|NJS|GOLANG|PHP|RUBY|JAVA|REDIS|VALKEY|MYSQL|MARIADB|MONGO|TOMCAT|HTTPD|RABBITMQ|JDK|ERLANG"
    r"|OTP|ELIXIR|RUST|DOTNET|ASPNET|GRADLE|MAVEN|CADDY|TRAEFIK|BUN|DENO|PERL|SWIFT|JULIA)_(?:MAJOR|VERSION)"
)
"""Variables that official images set themselves, so that they are not empty above them."""

_MOVE = "it is set further down; move that line up"
_SHORT = 4
"""Names up to this long are alike by chance."""


def _hint(dockerfile: Dockerfile, stage: Stage, name: str, known: set[str]) -> str | None:
    if name in dockerfile.outer.arguments:
        if _OF_BASE.fullmatch(name) and not stage.scope.knows_base:
            return None
        return f'write "ARG {name}" in this stage too'
    if stage.scope.knows_base:
        return "set it with ENV or ARG"
    near = nearest(name, known, 0.85) if len(name) > _SHORT else None
    return f'did you mean "{near}"?' if near else None


def _uses(stage: Stage, each: Instruction) -> Iterator[Use]:
    if each.name == "RUN":
        yield from _run_uses(stage, each)
        return
    for word, _ in replaced_words(each):
        yield from stage.expansion(word).uses


_SHELL_USE = regex(r"(?<!\\)\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<named>[A-Za-z_]\w*))")


def _run_uses(stage: Stage, each: Instruction) -> Iterator[Use]:
    """Variables of a RUN that only an ARG above the first FROM could have set."""
    script = stage.script(each)
    if each.json is not None or each.heredocs or not script.is_understood:
        return
    own = set(re.findall(r"\b([A-Za-z_]\w*)=|\bfor\s+([A-Za-z_]\w*)|\bread\s+(?:-\w+\s+)*([A-Za-z_]\w*)", each.text))
    assigned = {name for names in own for name in names if name}
    for command in script.commands:
        for word in command.words if not command.depth else ():
            for match in _SHELL_USE.finditer(word.raw) if "'" not in word.raw else ():
                name = match["braced"] or match["named"]
                if name not in assigned:
                    place = word.passage.place(word.start + match.start(), word.start + match.end())
                    yield Use(name, "" if _is_global_only(stage, name) else "-", place)


def _is_global_only(stage: Stage, name: str) -> bool:
    return name.isupper() and stage.image is not None


@rule(
    "dockerfile/variable-from-same-line",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        ENV HOME_DIR=/srv DATA_DIR=$HOME_DIR/data  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        ENV HOME_DIR=/srv
        ENV DATA_DIR=$HOME_DIR/data PATH=$HOME_DIR/bin:$PATH
        USER 1000
    """,
    source="https://docs.docker.com/reference/dockerfile/#environment-replacement",
    covers=("hadolint:DL3044",),
)
def variable_from_same_line(dockerfile: Dockerfile) -> Iterator[Report]:
    """A variable is used in the ENV that sets it: the value from before the line counts, which often is none."""
    for stage in dockerfile.stages:
        for each in stage.all("ENV"):
            for index, pair in enumerate(each.pairs):
                names = {other.name.text for other in each.pairs[:index]}
                for use in stage.expansion(pair.value).uses if pair.value else ():
                    if use.name in names and use.name != pair.name.text and use.operator not in _ANSWERED:
                        yield (
                            use.place,
                            f'"{use.name}" has its old value on this line; set it in an ENV of its own above',
                        )


@rule(
    "dockerfile/legacy-key-value",
    Severity.INFO,
    bad="""
        FROM debian:13.1
        ENV LANG C.UTF-8  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        ENV LANG=C.UTF-8
        LABEL a=b
        USER 1000
    """,
    fixed="""
        FROM debian:13.1
        ENV LANG=C.UTF-8
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/legacy-key-value-format/",
    covers=("buildkit:LegacyKeyValueFormat",),
    preset="strict",
)
def legacy_key_value(dockerfile: Dockerfile) -> Iterator[Report]:
    """`ENV name value`: everything after the name is the value, so a second setting on the line becomes part of it."""
    for each in dockerfile.instructions:
        if not each.is_legacy_pair or not each.pairs or each.pairs[0].value is None:
            continue
        pair, value = each.pairs[0], each.pairs[0].value
        plain = value.text if re.fullmatch(r"[^\s\"'\\`]+", value.text) else None
        quoted = f'"{value.text}"' if re.fullmatch(r"[^\"'\\`]+", value.text) else None
        mended = plain or quoted
        edits = (Edit(each.argument.place, f"{pair.name.text}={mended}"),) if mended else ()
        yield each.argument.place, f"the old form of {each.name}; write {each.name} {pair.name.text}=...", edits


@rule(
    "dockerfile/python-output-buffered",
    Severity.INFO,
    bad="""
        FROM python:3.13  # <-
        USER 1000
        CMD ["python", "app.py"]
    """,
    fixed="""
        FROM python:3.13
        ENV PYTHONUNBUFFERED=1
        USER 1000
        CMD ["python", "app.py"]
    """,
    good=(
        """
        FROM python:3.13
        ENV PYTHONUNBUFFERED=1
        USER 1000
        CMD ["python", "app.py"]
        """,
        """
        FROM python:3.13
        USER 1000
        CMD ["python", "-u", "app.py"]
        """,
    ),
    source="https://docs.python.org/3/using/cmdline.html#envvar-PYTHONUNBUFFERED",
    preset="strict",
)
def python_output_buffered(dockerfile: Dockerfile) -> Iterator[Report]:
    """What the program prints is kept back until the buffer is full, and lost when it is killed."""
    stage = dockerfile.final_stage
    image = stage.root_image if stage else None
    if stage is None or image is None or image.official != "python" or "PYTHONUNBUFFERED" in stage.environment:
        return
    each = stage.cmd or stage.entrypoint
    for command in stage.script(each).commands if each else ():
        if re.fullmatch(r"python[\d.]*", command.program) and not command.has_short("u") and stage.base_word:
            place = stage.base_word.place
            line = Place(
                place.path,
                stage.opening.place.end_line,
                stage.opening.place.end_column,
                stage.opening.place.end_line,
                stage.opening.place.end_column,
            )
            edit = Edit(line, "\nENV PYTHONUNBUFFERED=1")
            yield place, "output is buffered; add ENV PYTHONUNBUFFERED=1", (edit,)
            return
