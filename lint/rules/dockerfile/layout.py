"""Folders, ports and steps without effect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile, Script, Stage, Word
from ...dockerfile.ports import LARGEST_PORT
from ...finding import Edit, Severity
from ...regex import regex
from ...rule import Report, rule


@rule(
    "dockerfile/relative-workdir",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        WORKDIR app  # <-
        USER 1000
    """,
    fixed="""
        FROM python:3.13
        WORKDIR /app
        USER 1000
    """,
    unsafe=True,
    good="""
        FROM python:3.13
        ARG DIR
        WORKDIR /srv
        WORKDIR app
        FROM python:3.13
        WORKDIR ${DIR}
        WORKDIR "C:\\\\app"
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/workdir-relative-path/",
    covers=("buildkit:WorkdirRelativePath", "hadolint:DL3000", "trivy:DS-0009", "checkov:CKV_DOCKER_10",
            "kics:workdir_path_not_absolute"),
)  # fmt: skip
def relative_workdir(dockerfile: Dockerfile) -> Iterator[Report]:
    """A folder below whatever folder the base image ends in: another base, or a newer one, moves it."""
    for stage in dockerfile.stages:
        if any(any(below.all("WORKDIR")) for below in list(stage.chain())[1:]):
            continue
        for each in stage.all("WORKDIR"):
            text = stage.text(each.argument)
            if text is None or text.startswith("/") or re.match(r"[A-Za-z]:", text) or not text:
                break
            place = each.argument.place
            edits = (Edit(place, f"/{each.argument.text}", safe=False),) if each.argument.text == text else ()
            yield place, f'"{each.argument.text}" lies below the folder of the base image; start it with a slash', edits


_STATE = {"cd", "export", "source", ".", "alias", "umask", "set", "ulimit", "pushd"}


@rule(
    "dockerfile/lost-state",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        RUN cd /srv  # <-
        RUN mkdir /data && export DATA=/data  # <-
        RUN . /venv/bin/activate  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        RUN cd /srv && touch a
        RUN export DATA=/data; echo "$DATA" > /data
        RUN set -e; . /venv/bin/activate; pip check
        RUN (cd /srv)
        USER 1000
    """,
    source="https://docs.docker.com/reference/dockerfile/#run",
    covers=("hadolint:DL3003", "trivy:DS-0013", "kics:run_command_cd_instead_of_workdir"),
)
def lost_state(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    A RUN that ends with `cd`, `export` or the like: the shell is gone after it, and the next RUN knows nothing of it.

    A folder is kept by WORKDIR, a variable by ENV.
    """
    instead = {"cd": "WORKDIR", "pushd": "WORKDIR", "export": "ENV", "umask": "--chmod"}
    for stage in dockerfile.stages:
        for each, script in stage.runs():
            top = [command for command in script.commands if not command.depth and command.words]
            if not top or each.json is not None or not script.is_understood or "(" in each.text:
                continue
            last = top[-1]
            name = last.words[0].text or ""
            if name in _STATE and not last.redirects and not last.is_conditional and last.before != "||":
                hint = f"use {instead[name]}" if name in instead else "do it in the RUN that needs it"
                yield last.place, f'"{name}" is forgotten when this RUN ends; {hint}'


@rule(
    "dockerfile/maintainer",
    Severity.INFO,
    bad="""
        FROM python:3.13
        MAINTAINER Jane Doe <jane@example.com>  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        LABEL org.opencontainers.image.authors="Jane Doe <jane@example.com>"
        USER 1000
    """,
    fixed="""
        FROM python:3.13
        LABEL org.opencontainers.image.authors="Jane Doe <jane@example.com>"
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/maintainer-deprecated/",
    covers=("buildkit:MaintainerDeprecated", "hadolint:DL4000", "trivy:DS-0022", "checkov:CKV_DOCKER_6",
            "kics:maintainer_instruction_being_used"),
    preset="strict",
)  # fmt: skip
def maintainer(dockerfile: Dockerfile) -> Iterator[Report]:
    """MAINTAINER is deprecated; a label says the same and can be asked for."""
    for _, each in dockerfile.in_stages("MAINTAINER"):
        text = each.text.strip("\"'")
        edits: tuple[Edit, ...] = ()
        if not set(text) & set('$\\`"'):
            edits = (
                Edit(each.place, f"LABEL org.opencontainers.image.authors={json.dumps(text, ensure_ascii=False)}"),
            )
        yield each.word.place, "MAINTAINER is deprecated; write LABEL org.opencontainers.image.authors=...", edits


_PORT = regex(r"(?P<first>\d{1,6})(?:-(?P<last>\d{1,6}))?(?P<protocol>/[A-Za-z]+)?")


def _exposed(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Word, str]]:
    for stage, each in dockerfile.in_stages("EXPOSE"):
        for word in each.words:
            text = stage.text(word)
            if text is not None:
                yield stage, word, text


@rule(
    "dockerfile/invalid-port",
    Severity.ERROR,
    bad="""
        FROM python:3.13
        EXPOSE 80800  # <-
        EXPOSE 8080:80  # <-
        EXPOSE 127.0.0.1:80  # <-
        EXPOSE 80/http  # <-
        EXPOSE 9000-8000  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        ARG PORT
        EXPOSE 80 443/tcp 53/udp 8000-8010 $PORT
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/expose-invalid-format/",
    covers=("buildkit:ExposeInvalidFormat", "hadolint:DL3011", "trivy:DS-0008",
            "kics:unix_ports_out_of_range"),
)  # fmt: skip
def invalid_port(dockerfile: Dockerfile) -> Iterator[Report]:
    """EXPOSE names no port of the container: an address, a pair of ports, a number too large, an unknown protocol."""
    for _, word, text in _exposed(dockerfile):
        match = _PORT.fullmatch(text)
        if match is None:
            yield (
                word.place,
                f'"{word.text}" is no port; EXPOSE takes the port in the container, such as 8000 or 53/udp',
            )
            continue
        first, last = int(match["first"]), int(match["last"] or match["first"])
        if not 0 < first <= last <= LARGEST_PORT:
            yield word.place, f'"{word.text}" is out of range; ports go from 1 to {LARGEST_PORT}, ranges upwards'
        elif match["protocol"] and match["protocol"].lower() not in ("/tcp", "/udp", "/sctp"):
            yield word.place, f'protocol "{match["protocol"][1:]}" is unknown; write tcp, udp or sctp'


@rule(
    "dockerfile/protocol-casing",
    Severity.INFO,
    bad="""
        FROM python:3.13
        EXPOSE 53/UDP  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        EXPOSE 53/udp
        USER 1000
    """,
    fixed="""
        FROM python:3.13
        EXPOSE 53/udp
        USER 1000
    """,
    source="https://docs.docker.com/reference/build-checks/expose-proto-casing/",
    covers=("buildkit:ExposeProtoCasing",),
    preset="strict",
)
def protocol_casing(dockerfile: Dockerfile) -> Iterator[Report]:
    """A protocol in capitals, which not every program that reads the image takes."""
    for _, word, text in _exposed(dockerfile):
        if "/" in text and text != text.lower() and word.text == text and _PORT.fullmatch(text):
            yield word.place, "the protocol is in capitals; write it in lower case", (Edit(word.place, text.lower()),)


@rule(
    "dockerfile/ssh-exposed",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        EXPOSE 22  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        EXPOSE 2222 8022
        USER 1000
    """,
    source="https://avd.aquasec.com/misconfig/ds004",
    covers=("trivy:DS-0004", "checkov:CKV_DOCKER_1", "kics:exposing_port_22"),
)
def ssh_exposed(dockerfile: Dockerfile) -> Iterator[Report]:
    """A server for SSH in a container: `docker exec` gives a shell without keys, accounts and another open port."""
    stage = dockerfile.final_stage
    for port in stage.ports if stage else ():
        if port.first <= 22 <= port.last and port.protocol == "tcp" and port.first == port.last:  # noqa: PLR2004 - the port of SSH
            yield port.word.place, "port 22 is SSH; use docker exec instead"


_FOR_HOSTS = {"systemctl", "service", "shutdown", "reboot", "mount", "modprobe", "sysctl", "swapon"}


@rule(
    "dockerfile/command-for-hosts",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        RUN service nginx start  # <-
        RUN systemctl enable nginx  # <-
        RUN /etc/init.d/postgresql start  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN echo "service nginx start" > /start && /etc/init.d/nginx configtest
        RUN service mysql start && ./load-dump && service mysql stop
        USER 1000
    """,
    source="https://github.com/hadolint/hadolint/wiki/DL3001",
    covers=("hadolint:DL3001", "kics:run_utilities_and_posix_commands"),
)
def command_for_hosts(dockerfile: Dockerfile) -> Iterator[Report]:
    """A command that starts or sets up a service of a host: in a build it ends with the step and leaves nothing."""
    for stage in dockerfile.stages:
        for _, script in stage.runs():
            if script.is_understood and (faulty := _for_hosts(script)):
                yield faulty


def _for_hosts(script: Script) -> Report | None:
    last = [command for command in script.commands if not command.depth and command.words][-1:]
    for command in last:
        name, arguments = command.argv[0].known if command.argv else "", [word.text for word in command.arguments]
        is_script = name.startswith("/etc/init.d/") and bool({"start", "restart"}.intersection(arguments))
        if is_script or (command.program in _FOR_HOSTS and "stop" not in arguments):
            return command.place, f'"{name}" has no effect in an image; start the program with CMD'
    return None
