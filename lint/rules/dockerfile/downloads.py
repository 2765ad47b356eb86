"""What a build fetches, and whether it looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, ShellWord
from ...finding import Severity
from ...rule import Report, rule
from .running import bodies, runs


@rule(
    "dockerfile/download-piped-to-shell",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        RUN curl -fsSL https://example.com/install.sh | sh  # <-
        RUN bash -c "$(wget -qO- https://example.com/install.sh)"  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        RUN set -o pipefail; curl -fsSL https://example.com/a.tgz | tar -xz && wget -qO- https://example.com/list | sort
        RUN curl -fsSLo i.sh https://example.com/install.sh && echo "ab12  i.sh" | sha256sum -c && sh i.sh
        USER 1000
    """,
    source="https://cwe.mitre.org/data/definitions/494.html",
)
def download_piped_to_shell(dockerfile: Dockerfile) -> Iterator[Report]:
    """What an address answers today is run as root, unseen; half an answer is run as well."""
    for _, _, script in runs(dockerfile):
        for command in script.commands:
            if _is_fed_by_download(command) or _runs_download(command):
                yield command.place, "a download is run unseen; fetch it, compare its sha256sum, then run it"


_RUNNERS = ("sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "node", "php", "ruby")


def _is_fed_by_download(command: Command) -> bool:
    source = command.piped_from
    return source is not None and source.program in ("curl", "wget") and command.program in _RUNNERS


def _runs_download(command: Command) -> bool:
    starts = (re.match(r"[\"']?\$\((?:curl|wget)\s", word.raw) for word in command.arguments)
    return command.program in ("sh", "bash") and any(starts)


@rule(
    "dockerfile/certificates-not-checked",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        ENV NODE_TLS_REJECT_UNAUTHORIZED=0  # <-
        RUN curl -fkLo /a https://example.com/a  # <-
        RUN wget --no-check-certificate https://example.com/a  # <-
        RUN pip install --no-cache-dir --trusted-host pypi.org a==1  # <-
        RUN npm config set strict-ssl false  # <-
        RUN git -c http.sslVerify=false clone https://example.com/a  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        ENV NODE_TLS_REJECT_UNAUTHORIZED=1
        RUN curl -fLo /k https://example.com/a && npm config set strict-ssl true
        RUN grep -k pattern file && git config --global http.sslVerify true
        USER 1000
    """,
    source="https://cwe.mitre.org/data/definitions/295.html",
    covers=("checkov:CKV2_DOCKER_2", "checkov:CKV2_DOCKER_3", "checkov:CKV2_DOCKER_4", "checkov:CKV2_DOCKER_5",
            "checkov:CKV2_DOCKER_6", "checkov:CKV2_DOCKER_7", "checkov:CKV2_DOCKER_8", "checkov:CKV2_DOCKER_9",
            "checkov:CKV2_DOCKER_10", "checkov:CKV2_DOCKER_11", "checkov:CKV2_DOCKER_12", "checkov:CKV2_DOCKER_13",
            "checkov:CKV2_DOCKER_14", "checkov:CKV2_DOCKER_16"),
)  # fmt: skip
def certificates_not_checked(dockerfile: Dockerfile) -> Iterator[Report]:
    """Certificates or signatures of what is fetched are not checked: whoever sits between can put in what he likes."""
    for each in dockerfile.instructions:
        for pair in each.pairs if each.name in ("ENV", "ARG") else ():
            value = pair.value.text.strip("'\"") if pair.value else ""
            if (pair.name.text, value.lower()) in _SETTINGS_OFF and pair.value:
                yield pair.name.place, f'"{pair.name.text}={value}" turns the check of certificates off; remove it'
    for _, _, script in runs(dockerfile):
        for command in script.commands:
            for word in _switches(command):
                yield word.place, f'"{word.known}" turns a check off; add the CA to the image instead'


_SETTINGS_OFF = {
    ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
    ("PYTHONHTTPSVERIFY", "0"),
    ("GIT_SSL_NO_VERIFY", "1"),
    ("GIT_SSL_NO_VERIFY", "true"),
    ("NPM_CONFIG_STRICT_SSL", "false"),
    ("npm_config_strict_ssl", "false"),
}
_OPTIONS_OFF = {
    "curl": ("--insecure", "--proxy-insecure"),
    "wget": ("--no-check-certificate",),
    "pip": ("--trusted-host",),
    "pip3": ("--trusted-host",),
    "apt-get": ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    "apt": ("--allow-unauthenticated",),
    "apk": ("--allow-untrusted",),
    "yum": ("--nogpgcheck",),
    "dnf": ("--nogpgcheck",),
    "rpm": ("--nodigest", "--nosignature"),
}


def _switches(command: Command) -> Iterator[ShellWord]:
    if option := command.option(*_OPTIONS_OFF.get(command.program, ("\0",))):
        yield option
    words = [word.known for word in command.arguments]
    for index, word in enumerate(command.arguments):
        following = words[index + 1] if index + 1 < len(words) else ""
        if _is_switch(command.program, words, index, following):
            yield word


def _is_switch(program: str, words: list[str], index: int, following: str) -> bool:
    word = words[index]
    if program == "curl":
        return bool(re.fullmatch(r"-[a-zA-Z]*k[a-zA-Z]*", word)) and not _is_value(words, index)
    if program in ("npm", "yarn", "pnpm"):
        return word == "strict-ssl" and following == "false"
    if program == "git":
        name, equals, value = word.lower().partition("=")
        return name == "http.sslverify" and (value if equals else following) in ("false", "0")
    return False


def _is_value(words: list[str], index: int) -> bool:
    """Whether the option before takes this word as its value."""
    return index > 0 and bool(re.fullmatch(r"-[a-zA-Z]*[oHdAeuxXFTbcm]", words[index - 1]))


_QUIET_PRODUCERS = {
    "echo",
    "printf",
    "yes",
    "true",
    "cat",
    "seq",
    "ls",
    "env",
    "pwd",
    "date",
    "uname",
    "dpkg",
    "awk",
    "sed",
}


@rule(
    "dockerfile/pipe-without-pipefail",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        RUN curl -fsSL https://example.com/a.tgz | tar -xz  # <-
        USER 1000
    """,
    good=(
        """
        FROM python:3.13
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        RUN curl -fsSL https://example.com/a.tgz | tar -xz
        USER 1000
        """,
        """
        FROM alpine:3.22
        RUN set -eo pipefail; curl -fsSL https://example.com/a.tgz | tar -xz
        RUN echo a | tee /b && (curl -fsSL https://example.com/a.tgz || exit 1)
        USER 1000
        """,
    ),
    source="https://docs.docker.com/build/building/best-practices/#using-pipes",
    covers=("hadolint:DL4006", "kics:shell_running_a_pipe_without_pipefail_flag"),
    preset="strict",
)
def pipe_without_pipefail(dockerfile: Dockerfile) -> Iterator[Report]:
    """A step counts as good when the last program of a pipe is content, whatever became of the download before it."""
    for stage, each, script in runs(dockerfile):
        if each.json is not None or "pipefail" in " ".join(stage.shell(each)) or "pipefail" in each.text + bodies(each):
            continue
        for command in script.commands:
            source = command.piped_from
            if _is_fed_by_download(command):
                continue  # dockerfile/download-piped-to-shell says worse of it
            if source and source.program and source.program not in _QUIET_PRODUCERS and not command.depth:
                yield (
                    source.place,
                    f'a failing "{source.program}" goes unseen; set -o pipefail in a shell that knows it',
                )
                break
