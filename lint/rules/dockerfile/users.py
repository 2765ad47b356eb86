"""Who the container runs as, and who may write its files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Dockerfile, Stage
from ...finding import Severity
from ...place import Place
from ...regex import regex
from ...rule import Report, rule

_ROOT = ("root", "0")

RUN_AS_ROOT = frozenset(
    {"almalinux", "alpine", "amazoncorretto", "amazonlinux", "bash", "busybox", "buildpack-deps", "clojure", "composer",
     "dart", "debian", "eclipse-temurin", "elixir", "erlang", "fedora", "golang", "gradle", "haskell", "httpd",
     "ibmjava", "julia", "maven", "nginx", "node", "oraclelinux", "perl", "photon", "php", "pypy", "python", "r-base",
     "rockylinux", "ruby", "rust", "sapmachine", "swift", "tomcat", "ubuntu"}
)  # fmt: skip
"""Official images whose default user is root and stays it; from each image's own Dockerfile, 2026-11."""


@rule(
    "dockerfile/root-user",
    Severity.WARNING,
    bad=(
        """
        FROM python:3.13  # <-
        CMD ["python", "app.py"]
        """,
        """
        FROM registry.example.com/base:1.2
        USER app
        RUN touch /srv/a
        USER root  # <-
        """,
        """
        FROM nginx:1.29.4
        USER 0:101  # <-
        """,
    ),
    good=(
        """
        FROM node:24.4 AS build
        USER root
        FROM python:3.13
        COPY --from=build /a /b
        USER 10001
        """,
        """
        FROM registry.example.com/base:1.2
        CMD ["who", "knows"]
        """,
        """
        FROM python:3.13
        ARG NAME
        USER $NAME
        """,
        """
        FROM mysql:8.4.6
        COPY my.cnf /etc/mysql/conf.d/
        """,
        """
        FROM debian:13.1
        COPY --from=tianon/gosu:1.19 /usr/local/bin/gosu /usr/local/bin/
        ENTRYPOINT ["/entrypoint.sh"]
        """,
        """
        FROM python:3.13 AS production
        USER 10001:10001
        FROM production AS test
        USER root
        """,
    ),
    source="https://docs.docker.com/build/building/best-practices/#user",
    covers=("hadolint:DL3002", "trivy:DS-0002", "checkov:CKV_DOCKER_3", "checkov:CKV_DOCKER_8",
            "kics:missing_user_instruction", "kics:last_user_is_root", "docksec:compose-no-non-root-user"),
)  # fmt: skip
def root_user(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    The image that is built runs as root.

    Whoever gets into the program then owns all in the container, and a hole in the kernel or a mount is enough for
    the host. An image that is not an official one may set its own user, and database images give root up themselves.
    """
    stage = dockerfile.final_stage
    if stage is None or (len(dockerfile.stages) > 1 and _FOR_DEVELOPMENT.fullmatch(stage.name or "")):
        return
    user = stage.user
    if user is not None:
        name = (stage.user_text or "").partition(":")[0]
        if name in _ROOT:
            yield user.argument.place, f'the image runs as "{name}"; end the stage with USER and a number such as 10001'
        return
    image = stage.root_image
    if image and image.official in RUN_AS_ROOT and stage.base_word and not _changes_user(dockerfile, stage):
        yield _base_place(stage), "the image runs as root; add USER and a number such as 10001"


_FOR_DEVELOPMENT = regex(r"(?:.*[-_])?(?:dev|devel|develop|development|debug|tests?|testing|ci|lint)(?:[-_].*)?")
"""The names of stages that nobody runs in production, wherever they stand."""


def _changes_user(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether the entry point may give root up by itself: a program for that is brought along."""
    return stage.entrypoint is not None and bool(re.search(r"\b(?:gosu|su-exec|setpriv|runuser)\b", dockerfile.text))


def _base_place(stage: Stage) -> Place:
    return stage.base_word.place if stage.base_word else stage.opening.place


@rule(
    "dockerfile/user-by-name",
    Severity.INFO,
    bad="""
        FROM python:3.13
        USER app  # <-
    """,
    good="""
        FROM python:3.13
        USER 10001:10001
    """,
    source="https://github.com/hadolint/hadolint/wiki/DL3066",
    covers=("hadolint:DL3066",),
    preset="strict",
)
def user_by_name(dockerfile: Dockerfile) -> Iterator[Report]:
    """A user by name: an orchestrator that must see that it is not root can only judge a number."""
    stage = dockerfile.final_stage
    if stage is None or stage.user is None or not stage.user_text:
        return
    name = stage.user_text.partition(":")[0]
    if name and not name.isdecimal() and name != "root":
        yield stage.user.argument.place, "this user is a name; write its number"


@rule(
    "dockerfile/sudo-in-run",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        RUN sudo rm /etc/motd  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN rm /etc/motd && echo "no sudo here"
        USER 1000
    """,
    source="https://github.com/hadolint/hadolint/wiki/DL3004",
    covers=("hadolint:DL3004", "trivy:DS-0010", "checkov:CKV2_DOCKER_1", "kics:run_using_sudo"),
)
def sudo_in_run(dockerfile: Dockerfile) -> Iterator[Report]:
    """`sudo` in a build: USER says who runs a step, and a program that makes root of anybody stays in the image."""
    for stage in dockerfile.stages:
        for _, script in stage.runs():
            for command in script.commands:
                if command.words and command.words[0].text == "sudo":
                    yield command.words[0].place, "sudo in a build; put USER root above and USER with a number below"


_EVERYBODY = regex(r"0?[0-7]?[0-7][0-7][2367]|(?:[ugo]*[ao][ugo]*|)[+=][rx]*w[rwxX]*")


@rule(
    "dockerfile/world-writable",
    Severity.WARNING,
    bad="""
        FROM python:3.13
        COPY --chmod=777 start.sh /start.sh  # <-
        RUN mkdir /data && chmod -R a+rwx /data  # <-
        RUN chmod 0666 /etc/app.conf  # <-
        USER 1000
    """,
    good="""
        FROM python:3.13
        COPY --chmod=755 start.sh /start.sh
        RUN chmod 1777 /tmp && chmod u+w /etc/app.conf && chmod 770 /data
        USER 1000
    """,
    source="https://cwe.mitre.org/data/definitions/732.html",
)
def world_writable(dockerfile: Dockerfile) -> Iterator[Report]:
    """Files that every user of the container may change: one hole in one program is enough to change the others."""
    for stage in dockerfile.stages:
        for each in stage.all("COPY", "ADD"):
            flag = each.flag("chmod")
            if flag and flag.value and _EVERYBODY.fullmatch(flag.value):
                yield flag.place, f'mode "{flag.value}" lets everybody write; use 755 or 644 and --chown'
        for _, script in stage.runs():
            for command in script.named("chmod"):
                operands = command.operands()
                mode = operands[0].text if operands else None
                if mode and not mode.startswith("1") and _EVERYBODY.fullmatch(mode):
                    yield operands[0].place, f'mode "{mode}" lets everybody write; use 770 and chown, or 755'
