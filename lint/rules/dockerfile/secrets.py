"""Secrets that end up in an image, its layers or its history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ...dockerfile import Command, Dockerfile, ShellWord
from ...envfile.provider_tokens import provider_tokens
from ...finding import Severity
from ...place import Place
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule

_SECRETS = "https://docs.docker.com/build/building/secrets/"
_FRONT_END = regex(r"(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_")


@rule(
    "dockerfile/secret-in-variable",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        ARG NPM_TOKEN  # <-
        ENV DB_PASSWORD=Sup3rS3cret JWT_SECRET_KEY=$KEY  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        ARG TOKEN_TTL=60
        ENV DB_PASSWORD_FILE=/run/secrets/db_password MAX_TOKENS=100 PASSWORD_MIN_LENGTH=12
        ENV REQUIRE_PASSWORD=true SECRET_KEY=dummy-for-collectstatic
        RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
    covers=(
        "buildkit:SecretsUsedInArgOrEnv",
        "hadolint:DL3064",
        "trivy:DS-0031",
        "docksec:compose-plaintext-secret-env",
    ),
)
def secret_in_variable(dockerfile: Dockerfile, policy: Policy) -> Iterator[Report]:
    """
    A secret in ARG or ENV.

    ENV stays in the image for whoever may pull it, and the value of an ARG stays in its history. A build that needs
    a secret mounts it; a program that needs one reads a file or the environment it is started with.
    """
    for each in dockerfile.instructions:
        if each.name not in ("ARG", "ENV"):
            continue
        for pair in each.pairs:
            name = pair.name.text
            if not policy.is_secret_name(name) or _FRONT_END.match(name):
                continue
            value = pair.value.text.strip("'\"") if pair.value is not None else ""
            if value and _NO_SECRET.fullmatch(value):
                continue
            if each.name == "ARG":
                yield pair.name.place, f'argument "{name}" stays in the history; use RUN --mount=type=secret'
            elif value:
                yield pair.name.place, f'"{name}" stays in the image; leave it out and set it when the container starts'


_NO_SECRET = regex(r"true|false|yes|no|on|off|[01]|(?:dummy|fake|unused|notused|precompile)(?:[-_ ].*)?", re.I)
"""A switch, or what only lets a build go on."""

_TELLING = regex(
    r".*(?:SECRET|PASSWORD|PASSWD|PRIVATE)(?!.*PUBLI[CSH]).*|.*(?:OPENAI|ANTHROPIC|AWS|SENDGRID|TWILIO)\w*_KEY", re.I
)


@rule(
    "dockerfile/secret-in-front-end",
    Severity.ERROR,
    bad="""
        FROM node:24.4 AS build
        ARG VITE_OPENAI_API_KEY  # <-
        ENV REACT_APP_JWT_SECRET=$KEY  # <-
        FROM nginxinc/nginx-unprivileged:1.29.4
        COPY --from=build /dist /srv
        USER 101
    """,
    good="""
        FROM node:24.4 AS build
        ARG VITE_API_BASE_URL VITE_STRIPE_PUBLISHABLE_KEY VITE_GOOGLE_MAPS_API_KEY
        FROM nginxinc/nginx-unprivileged:1.29.4
        COPY --from=build /dist /srv
        USER 101
    """,
    source="https://vite.dev/guide/env-and-mode#env-files",
)
def secret_in_front_end(dockerfile: Dockerfile) -> Iterator[Report]:
    """A secret under a name that the front end's build writes into its JavaScript, where every visitor reads it."""
    for each in dockerfile.instructions:
        if each.name not in ("ARG", "ENV"):
            continue
        for pair in each.pairs:
            name = pair.name.text
            if _FRONT_END.match(name) and _TELLING.fullmatch(name):
                yield pair.name.place, f'"{name}" becomes part of the page; keep it in the back end'


@rule(
    "dockerfile/provider-token",
    Severity.ERROR,
    bad="FROM python:3.13\nLABEL token=ghp_" + "aB3dE5fG7hJ9kL2mN4pQ6rS8tV0wX1yZ3bC5" + "  # <-\nUSER 1000",
    good="""
        FROM python:3.13
        LABEL key=AKIAIOSFODNN7EXAMPLE token=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        USER 1000
    """,
    source="https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",
    covers=(
        "detect-secrets:aws",
        "detect-secrets:github_token",
        "detect-secrets:gitlab_token",
        "detect-secrets:npm",
        "detect-secrets:openai",
        "detect-secrets:private_key",
        "detect-secrets:pypi_token",
        "detect-secrets:sendgrid",
        "detect-secrets:slack",
        "detect-secrets:stripe",
    ),
)
def provider_token(dockerfile: Dockerfile) -> Iterator[Report]:
    """A token that shows by its shape that a provider gave it out; also in comments and heredocs."""
    for start, end, kind in provider_tokens(dockerfile.text):
        yield dockerfile.source.place(start, end), f"this is {kind}; revoke it and pass the new one as a secret"


_ADDRESS = regex(r"[a-z][a-z0-9+.-]*://[^/\s:@'\"]*:(?P<password>[^/\s@'\"]+)@", re.IGNORECASE)
_PASSWORD_OPTION = regex(r"--(?:password|passwd|token|secret|api-key|auth-token)(?:=(?P<value>.+))?")


@rule(
    "dockerfile/secret-in-command",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        RUN git clone https://bot:h4rdT0Gu3ss@git.example.com/app.git  # <-
        RUN DB_PASSWORD=h4rdT0Gu3ss ./migrate  # <-
        RUN export API_TOKEN=h4rdT0Gu3ss && ./fetch  # <-
        RUN ./login --password h4rdT0Gu3ss  # <-
        RUN useradd app && echo "app:h4rdT0Gu3ss" | chpasswd  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        RUN SECRET_KEY=dummy python manage.py collectstatic
        RUN SECRET_KEY_BASE=precompile_placeholder rails assets:precompile
        RUN git clone https://${USER}:${TOKEN}@git.example.com/app.git
        RUN --mount=type=secret,id=token ./login --password "$(cat /run/secrets/token)" --password-file /run/p
        RUN echo "app:$(cat /run/secrets/app)" | chpasswd && echo name:h4rdT0Gu3ss
        USER 1000
    """,
    source=_SECRETS,
    covers=("kics:passwords_and_secrets", "checkov:CKV2_DOCKER_17"),
    conceals=True,
)
def secret_in_command(dockerfile: Dockerfile, policy: Policy) -> Iterator[Report]:
    """A password written into a RUN: it can be read in the history of the image, whatever the next RUN deletes."""
    for stage in dockerfile.stages:
        for _, script in stage.runs():
            found = [place for command in script.commands for place in _literals(command, policy)]
            for place in (*found, *_logins(script.commands, policy)):
                yield place, "a secret in the history of the image; use RUN --mount=type=secret"


def _logins(commands: Sequence[Command], policy: Policy) -> Iterator[Place]:
    """What is piped into ``chpasswd``."""
    for first, second in pairwise(commands):
        if second.program == "chpasswd" and first.program in ("echo", "printf"):
            for word in first.arguments:
                user, colon, password = (word.text or "").partition(":")
                if user and colon and _is_real(password, policy):
                    yield word.place


def _literals(command: Command, policy: Policy) -> Iterator[Place]:
    settings = command.arguments if command.program in ("export", "declare") else ()
    for word in (*command.assignments, *settings):
        name, equals, value = (word.text or "").partition("=")
        if equals and policy.is_secret_name(name) and _is_real(value, policy):
            yield word.place
    for word in command.words:
        match = _ADDRESS.search(word.text or "")
        if match and _is_real(match["password"], policy):
            yield word.place
    yield from (word.place for word in _option_values(command) if _is_real(_option_value(word), policy))


def _option_values(command: Command) -> Iterator[ShellWord]:
    for index, word in enumerate(command.arguments):
        match = _PASSWORD_OPTION.fullmatch(word.text or "")
        if match and match["value"]:
            yield word
        elif match and index + 1 < len(command.arguments):
            yield command.arguments[index + 1]


def _option_value(word: ShellWord) -> str:
    text = word.text or ""
    return text.partition("=")[2] if text.startswith("--") else text


_NOT_REAL = regex(
    r"[/.-].*|.*(?:dummy|placeholder|precompile|fake|example|unused|notused|not[-_]?real|test|build).*", re.I
)
_SHORTEST = 8
"""Shorter words after a secret's name are seldom secrets."""


def _is_real(value: str, policy: Policy) -> bool:
    return len(value) >= _SHORTEST and not _NOT_REAL.fullmatch(value) and not policy.is_placeholder(value)


_SECRET_FILES = regex(
    r"(?:.*/)?(?:\.env|\.env\.(?:local|prod|production\.local)|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.git-credentials"
    r"|\.pgpass|\.my\.cnf|\.aws/credentials|credentials\.json|service[-_]account.*\.json|privkey\.pem"
    r"|(?:server|private|tls|ssl)[._-]?key(?:\.pem)?|(?:server|private|tls|ssl)\.key|.*\.(?:p12|pfx|jks|kdbx))"
)


@rule(
    "dockerfile/secret-file-copied",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        COPY app.py .env /srv/  # <-
        COPY certs/privkey.pem /etc/ssl/  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        COPY .env.example certs/ca.pem id_rsa.pub /srv/
        COPY --from=python:3.13 /etc/ssl/private.key /nowhere
        RUN --mount=type=secret,id=env,target=/srv/.env ./build
        USER 1000
    """,
    source=_SECRETS,
    covers=("trivy:DS-0031", "docksec:compose-env-file-secret-risk"),
)
def secret_file_copied(dockerfile: Dockerfile) -> Iterator[Report]:
    """An env file or a private key copied into the image: whoever may pull the image has it, in every layer after."""
    for stage in dockerfile.stages:
        for copy in stage.copies:
            for word in copy.sources if copy.origin is None else ():
                text = stage.text(word)
                if text and _SECRET_FILES.fullmatch(text):
                    name = text.rpartition("/")[2]
                    yield word.place, f'"{name}" becomes part of the image; mount it as a secret instead'
