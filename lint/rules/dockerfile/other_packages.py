"""Packages of Red Hat's and SUSE's distributions."""

from __future__ import annotations

from collections.abc import Iterator

from ...dockerfile import Command, Dockerfile, Script
from ...finding import Severity
from ...rule import Report, rule
from .running import after, bodies, has_cache, kept_runs, runs, verb_of

_ASKING = {
    "yum": ("install", "update", "upgrade", "reinstall", "remove", "erase", "groupinstall", "localinstall", "swap"),
    "dnf": ("install", "update", "upgrade", "reinstall", "remove", "erase", "groupinstall", "swap"),
    "zypper": ("install", "in", "update", "up", "dist-upgrade", "dup", "remove", "rm", "patch"),
}
_YES = ("--assumeyes", "--assume-yes", "--non-interactive", "--no-confirm")


@rule(
    "dockerfile/install-without-yes",
    Severity.WARNING,
    bad="""
        FROM almalinux:9.6
        RUN dnf install git && dnf clean all  # <-
        RUN yum -q update && yum clean all  # <-
        USER 1000
    """,
    fixed="""
        FROM almalinux:9.6
        RUN dnf install -y git && dnf clean all
        RUN yum -q update -y && yum clean all
        USER 1000
    """,
    good=(
        """
        FROM almalinux:9.6
        RUN dnf -y install git && yes | dnf install curl && dnf clean all
        RUN echo assumeyes=1 >> /etc/dnf/dnf.conf && dnf install tar && dnf clean all
        RUN yum clean all && yum makecache && yum clean all
        USER 1000
        """,
        """
        FROM opensuse/leap:15.6
        RUN zypper --non-interactive install git && zypper in -y curl && zypper -n up && zypper clean --all
        USER 1000
        """,
    ),
    source="https://docs.redhat.com/en/documentation/red_hat_enterprise_linux/9/html/managing_software_with_the_dnf_tool",
    covers=(
        "hadolint:DL3030",
        "hadolint:DL3034",
        "hadolint:DL3038",
        "kics:missing_flag_from_dnf_install",
        "kics:missing_zypper_non_interactive_switch",
        "kics:yum_install_allows_manual_input",
    ),
)
def install_without_yes(dockerfile: Dockerfile) -> Iterator[Report]:
    """`dnf`, `yum` or `zypper` ask a question that nobody answers in a build, and it ends there."""
    for _, each, script in runs(dockerfile):
        if "assumeyes" in each.text + bodies(each):
            continue
        for command in script.commands:
            verb = verb_of(command) if command.program in _ASKING else None
            if verb is None or verb.text not in _ASKING[command.program] or command.piped_from:
                continue
            if not command.has_short("y") and not command.option(*_YES) and not _is_told(command):
                yield verb.place, "nobody can answer in a build; add -y", after(verb, " -y")


def _is_told(command: Command) -> bool:
    return command.program == "zypper" and command.has_short("n")


_KEEPING = {"dnf": "/var/cache/dnf", "yum": "/var/cache/yum", "microdnf": "/var/cache", "zypper": "/var/cache/zypp"}


@rule(
    "dockerfile/dnf-cache-left",
    Severity.INFO,
    bad="""
        FROM almalinux:9.6
        RUN dnf install -y git  # <-
        USER 1000
    """,
    good=(
        """
        FROM almalinux:9.6
        RUN dnf install -y git && dnf clean all
        RUN microdnf install -y curl && rm -rf /var/cache/*
        RUN --mount=type=cache,target=/var/cache/dnf dnf install -y tar
        USER 1000
        """,
        """
        FROM almalinux:9.6 AS build
        RUN dnf install -y gcc
        FROM almalinux:9.6
        COPY --from=build /a /b
        USER 1000
        """,
    ),
    source="https://docs.docker.com/build/building/best-practices/#run",
    covers=(
        "hadolint:DL3032",
        "hadolint:DL3036",
        "hadolint:DL3040",
        "trivy:DS-0015",
        "trivy:DS-0019",
        "trivy:DS-0020",
        "trivy:DS-0027",
        "kics:missing_dnf_clean_all",
        "kics:missing_zypper_clean",
        "kics:yum_clean_all_missing",
    ),
    preset="strict",
)
def dnf_cache_left(dockerfile: Dockerfile) -> Iterator[Report]:
    """What `dnf`, `yum`, `microdnf` or `zypper` fetched stays in the layer, where nobody reads it again."""
    for _, each, script in kept_runs(dockerfile):
        text = each.text + bodies(each)
        if "/var/cache" in text or not script.is_understood or _cleans(script):
            continue
        for command in script.commands:
            verb = verb_of(command) if command.program in _KEEPING else None
            folder = _KEEPING.get(command.program, "")
            if verb is None or verb.text not in ("install", "in", "groupinstall") or has_cache(each, folder):
                continue
            clean = "clean --all" if command.program == "zypper" else "clean all"
            yield verb.place, f"what was fetched stays in this layer; end it with {command.program} {clean}"
            break


def _cleans(script: Script) -> bool:
    verbs = (verb_of(command) for command in script.commands if command.program in _KEEPING)
    return any(verb is not None and verb.text in ("clean", "cc") for verb in verbs)
