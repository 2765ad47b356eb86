"""Packages of Debian and Ubuntu."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, Script
from ...dockerfile.packages import packages_of
from ...finding import Edit, Severity
from ...rule import Report, rule
from .running import after, bodies, has_cache, kept_runs, runs, verb_of

_PRACTICES = "https://docs.docker.com/build/building/best-practices/#apt-get"
_APT = ("apt-get", "apt")


def _apt(script: Script, *verbs: str) -> Iterator[Command]:
    for command in script.named(*_APT):
        verb = verb_of(command)
        if verb is not None and verb.text in verbs:
            yield command


@rule(
    "dockerfile/apt-lists-left",
    Severity.INFO,
    bad="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends git  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        RUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt \\
            apt-get update && apt-get install -y --no-install-recommends curl
        USER 1000
    """,
    fixed="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    source=_PRACTICES,
    covers=("hadolint:DL3009", "kics:apt_get_install_lists_were_not_deleted"),
    preset="strict",
)
def apt_lists_left(dockerfile: Dockerfile) -> Iterator[Report]:
    """The lists of packages that `apt-get update` fetched stay in the layer: some 20 MB that nobody reads again."""
    for _, each, script in kept_runs(dockerfile):
        updates = list(_apt(script, "update"))
        if not updates or not script.is_understood or "/var/lib/apt" in each.text + bodies(each):
            continue
        if has_cache(each, "/var/lib/apt/lists", "/var/cache/apt"):
            continue
        last = [command for command in script.commands if not command.depth][-1]
        edits: tuple[Edit, ...] = ()
        if not each.heredocs and not last.is_conditional and last.before in ("", "&&") and not _goes_on(last):
            edits = after((last.words or last.assignments)[-1], " && rm -rf /var/lib/apt/lists/*")
        yield updates[-1].place, "the package lists stay in this layer; end it with rm -rf /var/lib/apt/lists/*", edits


def _goes_on(last: Command) -> bool:
    """Whether something stands behind the last command: a redirection, a bracket, a comment."""
    word = (last.words or last.assignments)[-1]
    return bool(word.passage.text[word.end :].strip()) or bool(last.redirects)


@rule(
    "dockerfile/apt-recommends-installed",
    Severity.INFO,
    bad="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN apt-get update && apt-get -y install -o APT::Install-Recommends=0 git && rm -rf /var/lib/apt/lists/*
        RUN apt-get update && apt-get install --no-install-recommends -y git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    fixed="""
        FROM debian:13.1
        RUN apt-get update && apt-get install --no-install-recommends -y git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    unsafe=True,
    source=_PRACTICES,
    covers=("hadolint:DL3015", "trivy:DS-0029", "kics:apt_get_not_avoiding_additional_packages"),
    preset="strict",
)
def apt_recommends_installed(dockerfile: Dockerfile) -> Iterator[Report]:
    """Packages that others merely recommend are installed too; a build that needs one of them should name it."""
    for _, each, script in kept_runs(dockerfile):
        if "Install-Recommends" in each.text + bodies(each):
            continue
        for command in _apt(script, "install"):
            verb = verb_of(command)
            if verb and not command.option("--no-install-recommends") and any(packages_of(command)):
                edits = after(verb, " --no-install-recommends", False)
                yield verb.place, "recommended packages come along; add --no-install-recommends", edits


@rule(
    "dockerfile/apt-update-alone",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        RUN apt-get update  # <-
        RUN apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        RUN apt-get update && ./install-everything && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    source=_PRACTICES,
    covers=("trivy:DS-0017", "checkov:CKV_DOCKER_5", "kics:update_instruction_alone"),
)
def apt_update_alone(dockerfile: Dockerfile) -> Iterator[Report]:
    """
    `apt-get update` in a RUN by itself.

    The layer is kept from the cache for weeks, and the install below asks for versions that the mirror no longer has.
    """
    for _, _, script in runs(dockerfile):
        commands = [command for command in script.commands if command.words]
        if commands and script.is_understood and all(command.program in _APT for command in commands):
            verbs = [verb.text if (verb := verb_of(command)) else None for command in commands]
            if verbs and set(verbs) == {"update"}:
                yield commands[0].place, "this layer grows old in the cache; update and install in one RUN"


@rule(
    "dockerfile/apt-without-yes",
    Severity.WARNING,
    bad="""
        FROM debian:13.1
        RUN apt-get update && apt-get install --no-install-recommends git && rm -rf /var/lib/apt/lists/*  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN apt-get update && apt-get -qq install --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        RUN apt-get update && yes | apt-get install --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    fixed="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    source=_PRACTICES,
    covers=("hadolint:DL3014", "trivy:DS-0021", "kics:apt_get_missing_flags_to_avoid_manual_input"),
)
def apt_without_yes(dockerfile: Dockerfile) -> Iterator[Report]:
    """`apt-get install` without `-y` asks a question that nobody answers in a build, and ends with "Abort."."""
    for _, each, script in runs(dockerfile):
        if "Assume-Yes" in each.text + bodies(each):
            continue
        for command in _apt(script, "install", "upgrade", "dist-upgrade", "remove", "purge", "autoremove"):
            verb = verb_of(command)
            if verb is None or command.piped_from or any(word.text is None for word in command.words[:1]):
                continue
            if (
                not command.has_short("y")
                and not _is_quiet(command)
                and not command.option("--yes", "--assume-yes", "--force-yes")
            ):
                yield verb.place, "nobody can answer in a build; add -y", after(verb, " -y")


def _is_quiet(command: Command) -> bool:
    return any(re.fullmatch(r"-q=2|-[a-z]*qq[a-z]*", word.known) for word in command.arguments)


_SAME_IN_BOTH = {"update", "install", "remove", "purge", "upgrade", "autoremove", "clean", "autoclean", "full-upgrade"}


@rule(
    "dockerfile/apt-for-people",
    Severity.INFO,
    bad="""
        FROM debian:13.1
        RUN apt update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*  # <-
        USER 1000
    """,
    good="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends apt && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    fixed="""
        FROM debian:13.1
        RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
        USER 1000
    """,
    source="https://manpages.debian.org/trixie/apt/apt.8.en.html#SCRIPT_USAGE_AND_DIFFERENCES_FROM_OTHER_APT_TOOLS",
    covers=("hadolint:DL3027", "checkov:CKV_DOCKER_9", "kics:run_using_apt"),
    preset="strict",
)
def apt_for_people(dockerfile: Dockerfile) -> Iterator[Report]:
    """`apt` is for people at a terminal: it says that its output may change. Scripts use `apt-get`."""
    for _, _, script in runs(dockerfile):
        for command in script.named("apt"):
            verb = verb_of(command)
            word = command.argv[0]
            if verb is not None and verb.text in _SAME_IN_BOTH and word.raw == "apt":
                edits = (Edit(word.place, "apt-get"),) if verb.text != "full-upgrade" else ()
                yield word.place, '"apt" is made for people; write "apt-get"', edits
